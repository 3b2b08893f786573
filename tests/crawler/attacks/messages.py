"""Attacks on the protocol: answers to other questions, questions for answers, and JSON that is not quite JSON."""

from __future__ import annotations

import json
from typing import Any

from crawler.records import Reason
from tests.crawler.attacks.attack import Lists, Refused, lists, messages, results, says, serves
from tests.crawler.peers.remotes import MODERN, TOOLS, Request, healthy, opened, page

_PAGE = json.dumps(page(TOOLS)).encode()
_ANSWER = b'{"jsonrpc":"2.0","id":%d,"result":' + _PAGE + b"}"
_ELSE = Refused(Reason.PROTOCOL_ERROR, "does not answer the question")
_NEITHER = Refused(Reason.PROTOCOL_ERROR, "neither a result object nor an error object")


def _error(words: str) -> Refused:
    return Refused(Reason.PROTOCOL_ERROR, words)


for _name, _does, _ends, _message in (
    ("answers-for-another-id", "answers a question that nobody asked", _ELSE, _ANSWER.replace(b"%d", b"4711")),
    ("answers-for-the-id-true", "takes true for 1", _ELSE, _ANSWER.replace(b"%d", b"true")),
    ("answers-for-the-id-as-text", "writes the id as text", _ELSE, _ANSWER.replace(b"%d", b'"%d"')),
    ("answers-for-the-id-as-a-fraction", "writes the id as a fraction", _ELSE, _ANSWER.replace(b"%d", b"%d.0")),
    ("answers-for-no-id", "answers without an id", _ELSE, _ANSWER.replace(b"%d", b"null")),
    ("answers-for-two-ids", "names two ids, for two readers", _error('says "id" twice'),
     _ANSWER.replace(b'"id":%d', b'"id":%d,"id":4711')),
    ("answers-with-a-batch", "answers with a batch", _error("answered one question with a batch"),
     b"[" + _ANSWER + b"]"),
    ("answers-with-a-list", "answers with a list of numbers", Refused(Reason.NOT_MCP, "no JSON-RPC"), b"[1,2,3]"),
    ("answers-with-a-number", "answers with a number", Refused(Reason.NOT_MCP, "no JSON-RPC"), b"42"),
    ("answers-with-other-json", "answers in JSON of another protocol", Refused(Reason.NOT_MCP, "no JSON-RPC"),
     b'{"status":"ok"}'),
    ("answers-with-a-question", "sends our question back to us", _ELSE,
     b'{"jsonrpc":"2.0","id":%d,"method":"tools/list","params":{}}'),
    ("answers-with-text", "has text for a result", _NEITHER, b'{"jsonrpc":"2.0","id":%d,"result":"tools"}'),
    ("answers-with-null", "has null for a result", _NEITHER, b'{"jsonrpc":"2.0","id":%d,"result":null}'),
    ("answers-with-nothing", "has neither result nor error", _NEITHER, b'{"jsonrpc":"2.0","id":%d}'),
    ("fails-in-text", "has text for an error", _NEITHER, b'{"jsonrpc":"2.0","id":%d,"error":"boom"}'),
    ("fails-and-lists", "has a result and an error at once", _error("error -1: both"),
     _ANSWER[:-1] + b',"error":{"code":-1,"message":"both"}}'),
    ("fails-without-a-code", "has an error without code or message", _error("error 0: (no message)"),
     b'{"jsonrpc":"2.0","id":%d,"error":{}}'),
    ("fails-in-colour", "puts escape sequences and hidden letters into its error",
     _error("error -32603: red and back"),
     b'{"jsonrpc":"2.0","id":%d,"error":{"code":-32603,"message":"\\u001b[31mred\\u001b[0m\\nand\\u202e\\u00adback"}}'),
    ("fails-at-length", "has a megabyte for an error's message", _error("error -32603: aaaa"),
     b'{"jsonrpc":"2.0","id":%d,"error":{"code":-32603,"message":"' + b"a" * 1_000_000 + b'"}}'),
):  # fmt: skip
    messages(_name, _does, _ends, _message)

results("asks-back", "answers with a question of its own", _error("answered tools/list with a question"),
        b'{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create"}}}')  # fmt: skip
results("lists-twice", "lists its tools twice, for two readers", _error('a result that says "tools" twice'),
        b'{"resultType":"complete","tools":[{"name":"good"}],"tools":[{"name":"bad"}]}')  # fmt: skip
results("lists-an-object", "has an object for its list", _error("without a list of tools"), b'{"tools":{"read":{}}}')
results("lists-null", "has null for its list", _error("without a list of tools"), b'{"tools":null}')
results("lists-nothing", "has no list at all", _error("without a list of tools"), b"{}")

says("calls-events-json", "calls its event stream JSON", Refused(Reason.NOT_MCP, "application/json that is none"),
     b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\ndata: {}\n\n")  # fmt: skip
says("calls-json-events", "calls its JSON an event stream", _error("ended without an answer"),
     b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + _ANSWER)  # fmt: skip


@lists("calls its answer an image", Lists())
async def calls_json_an_image(request: Request) -> None:
    answer = {"jsonrpc": "2.0", "id": request.message["id"], "result": page(TOOLS)}
    await request.reply(json.dumps(answer).encode(), kind="image/png")


@lists("answers for another id on an event stream", _error("ended without an answer"))
async def streams_another_id(request: Request) -> None:
    await request.stream()
    await request.event({"jsonrpc": "2.0", "id": 4711, "result": page(TOOLS)})
    request.writer.close()


@lists("asks for what is ours before it answers: a sample, our roots, our user's word", Lists())
async def asks_for_what_is_ours(request: Request) -> None:
    await request.stream()
    for number, method in enumerate(("sampling/createMessage", "roots/list", "elicitation/create", "ping", "x" * 999)):
        await request.event({"jsonrpc": "2.0", "id": f"own{number}", "method": method, "params": {}})
    await request.event({"jsonrpc": "2.0", "id": request.message["id"], "method": "roots/list"})  # under our own id
    await request.event({"jsonrpc": "2.0", "id": "x" * 100_000, "method": "roots/list"})
    await request.event({"jsonrpc": "2.0", "id": request.message["id"], "result": page(TOOLS)})
    request.writer.close()


@serves("fails at every question", _error("error -32603"))
async def fails_at_everything(request: Request) -> None:
    await request.error(-32603)


@serves("wants what a modern client could do, and we do not", _error("error -32021"))
async def wants_capabilities(request: Request) -> None:
    await request.error(-32021, 400, requiredCapabilities={"sampling": {}})


@serves("asks for the very revision that it refuses", _error("error -32022"))
async def refuses_what_it_supports(request: Request) -> None:
    await request.error(-32022, 400, supported=[MODERN], requested=MODERN)


async def _initialized(request: Request, version: Any, **more: Any) -> None:
    if request.asked == "server/discover":
        await request.error(-32601, 404)
    elif request.asked == "initialize":
        await request.result({"protocolVersion": version, "capabilities": {"tools": {}}, **more})
    else:
        await healthy(request)


for _name, _does, _version in (
    ("has-a-number-for-a-revision", "has a number for its revision", 7),
    ("has-a-header-for-a-revision", "puts a header of its own into its revision", "2025-06-18\r\nCookie: a=b"),
    ("has-spaces-in-its-revision", "puts spaces around its revision", " 2025-06-18 "),
    ("has-a-long-revision", "has ten thousand letters for its revision", "2" * 10_000),
):

    async def _shakes_hands(request: Request, version: Any = _version) -> None:
        await _initialized(request, version)

    _shakes_hands.__name__ = _name
    serves(_does, _error("without a protocol version"))(_shakes_hands)


@serves("names a revision that nobody has written", Lists())
async def speaks_of_the_future(request: Request) -> None:
    await _initialized(request, "2999-01-01")


@serves("describes itself in a megabyte and half letters", Lists())
async def describes_itself_at_length(request: Request) -> None:
    info = {"name": "\ud800", "version": ["x"] * 1000, "deep": json.loads("[" * 50 + "]" * 50)}
    await _initialized(request, "2025-11-25", serverInfo=info, instructions="x" * 1_100_000)


@serves("has control characters in its session id", Lists())
async def controls_its_session_id(request: Request) -> None:
    await _in_session(request, "a\x01\x7fb")


@serves("has ten thousand letters for a session id", Lists())
async def stretches_its_session_id(request: Request) -> None:
    await _in_session(request, "a" * 10_000)


async def _in_session(request: Request, session_id: str) -> None:
    if request.asked == "server/discover":
        return await request.error(-32601, 404)
    if "mcp-session-id" in request.headers:
        return await request.reply(b"", 500)  # what it gave is nothing to send back
    if request.asked == "initialize":
        result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}}
        return await request.result(result, Mcp_Session_Id=session_id)
    return await healthy(request)


@serves("sets a cookie and wants it back", Lists())
async def sets_a_cookie(request: Request) -> None:
    if request.asked == "tools/list":
        return await request.result(page(TOOLS), Set_Cookie="a=b; Path=/")
    if request.asked == "server/discover":
        result = {"supportedVersions": [MODERN], "capabilities": {"tools": {}}, "resultType": "complete"}
        return await request.result(result, Set_Cookie="session=secret; Domain=.test; Path=/")
    return await opened(request)
