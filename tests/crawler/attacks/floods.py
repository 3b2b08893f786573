"""Attacks on memory and on the processor: more than anyone wants, in every place where something can be sent."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import zlib

from crawler.records import Reason
from tests.crawler.attacks.attack import Lists, Refused, lists, messages, results, serves
from tests.crawler.peers.remotes import TOOLS, Request, healthy, opened, page

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_BOMB = gzip.compress(bytes(64 << 20), 1)


def _too_large(words: str) -> Refused:
    return Refused(Reason.TOO_LARGE, words)


@serves("sends a body without end", _too_large("a message of more than 4194304 bytes"))
async def floods_body(request: Request) -> None:
    await _flood(request, _HEAD + b'\r\n{"a":"', b"a" * 65536)


@serves("sends notifications without end", _too_large("more than 2000 messages"))
async def floods_notifications(request: Request) -> None:
    await _flood(request, _STREAM, b'data: {"jsonrpc": "2.0", "method": "notifications/progress"}\n\n' * 1000)


@serves("sends an event without end", _too_large("an event of more than 4194304 bytes"))
async def floods_event(request: Request) -> None:
    await _flood(request, _STREAM, b"data: a" * 10_000)


@serves("sends comments of two bytes without end", _too_large("more than 50000 chunks and lines"))
async def floods_lines(request: Request) -> None:
    await _flood(request, _STREAM, b":\n\n" * 20_000)


@serves("sends chunks of one byte as fast as it can", _too_large("more than 50000 chunks and lines"))
async def floods_chunks(request: Request) -> None:
    await _flood(request, _HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10_000)


@serves("sends headers without end", _too_large("of headers and interim answers"))
async def floods_headers(request: Request) -> None:
    await _flood(request, b"HTTP/1.1 200 OK\r\n", b"X-Header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 1000)


@serves("sends one header without end", _too_large("of headers and interim answers"))
async def floods_one_header(request: Request) -> None:
    await _flood(request, b"HTTP/1.1 200 OK\r\nX-Header: ", b"a" * 65536)


@serves("sends interim answers (HTTP 100) without end", _too_large("of headers and interim answers"))
async def floods_interim_answers(request: Request) -> None:
    await _flood(request, b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


@serves("sends trailers without end", Refused(Reason.NOT_MCP, "does not answer in HTTP"))
async def floods_trailers(request: Request) -> None:
    head = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    await _flood(request, head, b"X-Trailer: aaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 1000)


@serves("answers the notification with a body without end", _too_large("a message of more than"))
async def floods_the_notification(request: Request) -> None:
    if request.asked == "server/discover":
        await request.error(-32601)
    elif request.asked == "initialize":
        await opened(request)
    else:
        await _flood(request, b"HTTP/1.1 202 Accepted\r\n\r\n", b"a" * 65536)


@lists("answers, and then sends events without end", Lists())
async def floods_after_its_answer(request: Request) -> None:
    await request.stream()
    await request.event({"jsonrpc": "2.0", "id": request.message["id"], "result": page(TOOLS)})
    await _flood(request, b"", b'data: {"jsonrpc": "2.0", "method": "notifications/progress"}\n\n' * 1000)


@serves("has a robots.txt without end", Lists(), own_robots=True)
async def floods_robots(request: Request) -> None:
    if request.path != "/robots.txt":
        return await healthy(request)
    return await _flood(request, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"Disallow: /x\n" * 5000)


@serves("asks for a sign-in, and floods whoever reads of it", Refused(Reason.SIGN_IN, "HTTP 401"))
async def floods_its_metadata(request: Request) -> None:
    if request.method == "GET":
        return await _flood(request, _HEAD + b'\r\n{"resource":"', b"a" * 65536)
    return await request.reply(b"", 401, WWW_Authenticate=f'Bearer realm="{"x" * 9000}", scope="{"y " * 1000}"')


@lists("sends five hundred requests, and no answer", Refused(Reason.PROTOCOL_ERROR, "ended without an answer"))
async def floods_requests(request: Request) -> None:
    await request.stream()
    for number in range(500):
        await request.event({"jsonrpc": "2.0", "id": f"q{number}", "method": "sampling/createMessage"})
    request.writer.close()


@lists("sets cookies by the hundred", Lists())
async def floods_cookies(request: Request) -> None:
    cookies = "".join(f"Set-Cookie: c{number}={'v' * 200}; Path=/\r\n" for number in range(100))
    body = json.dumps({"jsonrpc": "2.0", "id": request.message["id"], "result": page(TOOLS)}).encode()
    head = _HEAD.decode() + f"{cookies}Content-Length: {len(body)}\r\n\r\n"
    await request.raw(head.encode() + body)


for _encoding, _bomb in (
    ("gzip", _BOMB),
    ("deflate", zlib.compress(bytes(64 << 20), 1)),
    ("br", _BOMB),
    ("zstd", _BOMB),
    ("gzip, gzip", gzip.compress(_BOMB, 1)),
    ("identity, gzip", _BOMB),
):

    async def _explode(request: Request, encoding: str = _encoding, bomb: bytes = _bomb) -> None:
        await request.reply(bomb, Content_Encoding=encoding)

    _explode.__name__ = f"explodes_{_encoding.replace(', ', '_')}"
    serves(f"answers with a compression bomb ({_encoding})",
           Refused(Reason.PROTOCOL_ERROR, f"answered in the encoding {_encoding}"))(_explode)  # fmt: skip


@serves(
    "has a compression bomb for robots.txt",
    Refused(Reason.DISALLOWED, "cannot be read, which forbids asking"),
    own_robots=True,
)
async def explodes_as_robots(request: Request) -> None:
    await request.reply(_BOMB, Content_Encoding="gzip")


@serves("answers with a compression bomb that it does not call one", Refused(Reason.NOT_MCP, "can't decode"))
async def explodes_unannounced(request: Request) -> None:
    await request.reply(_BOMB[:100_000])


@serves("compresses the transfer in place of the content", Refused(Reason.NOT_MCP, "does not answer in HTTP"))
async def explodes_as_transfer(request: Request) -> None:
    await request.raw(_HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + _BOMB[:1000])


results("nests-objects", "nests objects a hundred thousand deep", _too_large("nested deeper than it can be read"),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000)  # fmt: skip
results("nests-arrays", "nests arrays a hundred thousand deep", _too_large("nested deeper than it can be read"),
        b"[" * 100_000)  # fmt: skip
messages("amplifies-lists", "sends a million empty lists: three bytes of it are ninety in memory",
         _too_large("more than 120000 JSON values"), b'{"a":[' + b"[]," * 1_000_000 + b"0]}")  # fmt: skip
messages("amplifies-keys", "sends objects of one key by the hundred thousand",
         _too_large("more than 120000 JSON values"), b"[" + b'{"a":0},' * 200_000 + b"0]")  # fmt: skip
results("sends-one-huge-message", "sends five megabytes of description", _too_large("a message of more than"),
        json.dumps(page([{**TOOLS[0], "description": "x" * 5_000_000}])).encode())  # fmt: skip
results("lists-six-thousand-tools", "lists six thousand tools", Lists(5_000, complete=False),
        json.dumps(page([{"name": f"t{number}"} for number in range(6_000)])).encode())  # fmt: skip
results("lists-a-hundred-thousand-tools", "lists a hundred thousand tools", _too_large("more than 120000 JSON values"),
        json.dumps(page([{"name": f"t{number}"} for number in range(100_000)])).encode())  # fmt: skip
results("lists-a-hundred-thousand-junk", "lists a hundred thousand numbers", Lists(0, malformed=5_000),
        json.dumps(page(list(range(100_000)))).encode())  # fmt: skip


@lists("nests an event a hundred thousand deep", _too_large("nested deeper than it can be read"))
async def nests_an_event(request: Request) -> None:
    await request.stream()
    await request.event("[" * 100_000)


@lists("lists a tool that takes megabytes of memory, and holds on to it", Lists(1, complete=False))
async def holds_what_it_sent(request: Request) -> None:
    if "cursor" in request.message["params"]:
        await asyncio.sleep(60)
    await request.result(page([{"name": "large", "inputSchema": {"enum": [[]] * 50_000}}], nextCursor="2"))


@lists("lists on and on, page after page", Lists(50, complete=False))
async def floods_pages(request: Request) -> None:
    cursor = int(request.message["params"].get("cursor", "0"))
    await request.result(page([{**TOOLS[0], "name": f"tool{cursor}"}], nextCursor=str(cursor + 1)))


@lists("fills a hundred pages with a megabyte each", Lists(tools=None, complete=False))
async def floods_large_pages(request: Request) -> None:
    cursor = int(request.message["params"].get("cursor", "0"))
    tool = {"name": f"tool{cursor}", "description": "x" * 900_000}
    await request.result(page([tool], nextCursor=str(cursor + 1)))


async def _flood(request: Request, head: bytes, more: bytes) -> None:
    await request.raw(head)
    for _ in itertools.count():
        await request.raw(more)
