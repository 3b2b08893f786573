"""HTTP servers that behave well or badly, each at a path of its own: `async with serve() as base` gives their origin.

Written against sockets, because a framework would not let us say most of this.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

MODERN = "2026-07-28"
TOOLS: list[Any] = [
    {"name": name, "description": f"{name} a thing", "inputSchema": {"type": "object"}} for name in ("read", "write")
]


@dataclass
class Request:
    """One HTTP request and the means to answer it; `message` is its JSON-RPC message, if it carries one."""

    method: str
    path: str
    headers: dict[str, str]
    message: dict[str, Any]
    writer: asyncio.StreamWriter
    seen: list[Request] = field(default_factory=list)

    @property
    def asked(self) -> str:
        return str(self.message.get("method", ""))

    async def raw(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def reply(self, body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.raw("\r\n".join([*lines, "", ""]).encode() + body)

    async def json(self, value: Any, status: int = 200, **headers: str) -> None:
        await self.reply(json.dumps(value).encode(), status, **headers)

    async def result(self, result: Any, **headers: str) -> None:
        await self.json({"jsonrpc": "2.0", "id": self.message.get("id"), "result": result}, **headers)

    async def error(self, code: int, status: int = 200, **data: Any) -> None:
        error = {"code": code, "message": "no", **({"data": data} if data else {})}
        await self.json({"jsonrpc": "2.0", "id": self.message.get("id"), "error": error}, status)

    async def stream(self) -> None:
        """Begin an event stream."""
        await self.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")

    async def event(self, value: Any, kind: str = "message") -> None:
        data = value if isinstance(value, str) else json.dumps(value)
        await self.raw(f"event: {kind}\r\ndata: {data}\r\n\r\n".encode())


Answer = Callable[[Request], Awaitable[None]]
PEERS: dict[str, Answer] = {}
_BOMB = gzip.compress(bytes(20_000_000), 1)


def peer(name: str) -> Callable[[Answer], Answer]:
    def register(answer: Answer) -> Answer:
        PEERS[name] = answer
        return answer

    return register


def listing(name: str) -> Callable[[Answer], Answer]:
    """Register a server that opens its session well, in both eras, and lists its tools as the function says."""

    def register(answer: Answer) -> Answer:
        async def respond(request: Request) -> None:
            await (answer(request) if request.asked == "tools/list" else opened(request))

        PEERS[name] = respond
        return answer

    return register


async def opened(request: Request) -> None:
    """Answer whatever comes before tools/list, as a server of both eras."""
    if request.asked == "server/discover":
        await request.result({"supportedVersions": [MODERN], "capabilities": {"tools": {}}, "resultType": "complete"})
    elif request.asked == "initialize":
        await request.result(
            {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "x"}}
        )
    else:
        await request.reply(b"", 202)


def page(tools: list[Any], **more: Any) -> dict[str, Any]:
    return {"tools": tools, "resultType": "complete", **more}


@asynccontextmanager
async def serve(own: Mapping[str, Answer] | None = None) -> AsyncIterator[tuple[str, list[Request]]]:
    """Serve all peers, and a test's `own`, on one loopback port; gives the origin and the requests as they come in."""
    seen: list[Request] = []
    peers = {**PEERS, **(own or {})}

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _request(reader, writer, seen):
                seen.append(request)
                await peers[request.path.split("?")[0].strip("/").split("/")[0]](request)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has what it wants, or the test is over
        finally:
            writer.transport.abort() if writer.transport.get_write_buffer_size() > 65536 else writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen
    finally:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: list[Request]) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = first.split(" ")
    return Request(method, path, headers, json.loads(body) if body else {}, writer, seen)


# Servers that behave well.


@listing("modern")
async def _modern(request: Request) -> None:
    assert request.headers["mcp-method"] == "tools/list"
    assert request.headers["mcp-protocol-version"] == MODERN
    assert request.message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] == MODERN
    await request.result(page(TOOLS, ttlMs=60_000, cacheScope="public"))


@peer("handshake")
async def _handshake(request: Request) -> None:
    if request.method == "DELETE":
        return await request.reply(b"", 204)
    if request.asked == "server/discover":
        return await request.error(-32601, 404)
    if request.asked == "initialize":
        return await request.result(
            {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "old"}},
            Mcp_Session_Id="abc",
        )
    assert request.headers.get("mcp-session-id") == "abc"
    assert request.headers.get("mcp-protocol-version") == "2025-06-18"
    if request.asked != "tools/list":
        return await request.reply(b"", 202)
    cursor = request.message["params"].get("cursor")
    following = {None: "", "": "last"}.get(cursor)  # an empty cursor is a cursor
    return await request.result({"tools": [{**TOOLS[0], "name": f"t{cursor}"}], "nextCursor": following})


@peer("streamed")
async def _streamed(request: Request) -> None:
    if request.asked != "tools/list":
        return await (request.error(-32601) if request.asked == "server/discover" else opened(request))
    await request.stream()
    await request.raw(b": hello\n\nid: 7\n\ndata: not json\n\n")
    await request.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
    await request.event({"jsonrpc": "2.0", "id": "ask", "method": "roots/list"})
    await request.event({"jsonrpc": "2.0", "id": 999, "result": {"tools": []}})
    await request.event({"jsonrpc": "2.0", "id": request.message["id"], "result": {"tools": TOOLS}})
    request.writer.close()
    return None


@peer("events")
async def _events(request: Request) -> None:
    """HTTP+SSE of 2024-11-05."""
    if request.method == "POST" and request.path != "/events/post":
        return await request.reply(b"", 405)
    if request.method == "GET":
        _STREAMS[id(request.seen)] = request
        await request.stream()
        await request.event("/events/post", "endpoint")
        await asyncio.sleep(30)
        return None
    await request.reply(b"Accepted", 202, "text/plain")
    stream = _STREAMS[id(request.seen)]
    if request.asked == "initialize":
        result: Any = {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {"name": "sse"}}
        await stream.event({"jsonrpc": "2.0", "id": "ping", "method": "ping"})
        await stream.event({"jsonrpc": "2.0", "id": request.message["id"], "result": result})
    elif request.asked == "tools/list":
        await stream.event({"jsonrpc": "2.0", "id": request.message["id"], "result": {"tools": TOOLS}})
    return None


_STREAMS: dict[int, Request] = {}


@listing("promptsonly")
async def _prompts_only(request: Request) -> None:
    await request.error(-32601)


@peer("notools")
async def _no_tools(request: Request) -> None:
    if request.asked == "server/discover":
        return await request.result({"supportedVersions": [MODERN], "capabilities": {"prompts": {}}})
    return await request.error(-32601, 404)


@peer("moved")
async def _moved(request: Request) -> None:
    if not request.path.endswith("/here"):
        return await request.reply(b"", 307, Location="/moved/here")
    return await (request.result(page(TOOLS)) if request.asked == "tools/list" else opened(request))


@peer("versions")
async def _versions(request: Request) -> None:
    """A modern server that still speaks an older revision, and not ours."""
    if request.asked == "server/discover":
        return await request.error(-32022, 400, supported=["2025-11-25"], requested=MODERN)
    return await (request.result(page(TOOLS)) if request.asked == "tools/list" else opened(request))


# Servers that do not.


@peer("hang")
async def _hang(request: Request) -> None:
    await asyncio.sleep(30)


@listing("hanglate")
async def _hang_late(request: Request) -> None:
    await asyncio.sleep(30)


@peer("dripheaders")
async def _drip_headers(request: Request) -> None:
    for letter in b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000:
        await request.raw(bytes([letter]))
        await asyncio.sleep(0.05)


@peer("drip")
async def _drip(request: Request) -> None:
    await request.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
    while True:
        await request.raw(b" ")
        await asyncio.sleep(0.05)


@peer("dripevents")
async def _drip_events(request: Request) -> None:
    await request.stream()
    while True:
        await request.raw(b": still here\n\n")
        await asyncio.sleep(0.05)


@peer("flood")
async def _flood(request: Request) -> None:
    await request.raw(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"a":"')
    while True:
        await request.raw(b"a" * 65536)


@peer("floodevents")
async def _flood_events(request: Request) -> None:
    await request.stream()
    while True:
        await request.raw(b'data: {"jsonrpc": "2.0", "method": "notifications/progress"}\n\n' * 1000)


@peer("floodline")
async def _flood_line(request: Request) -> None:
    await request.stream()
    while True:
        await request.raw(b"data: a" * 10_000)


@peer("floodheaders")
async def _flood_headers(request: Request) -> None:
    await request.raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        await request.raw(b"X-Header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 100)


@peer("floodrequests")
async def _flood_requests(request: Request) -> None:
    if not request.asked:
        return await request.reply(b"", 202)
    await request.stream()
    for number in range(500):
        await request.event({"jsonrpc": "2.0", "id": f"q{number}", "method": "sampling/createMessage"})
    request.writer.close()
    return None


@peer("bomb")
async def _bomb(request: Request) -> None:
    await request.reply(_BOMB, Content_Encoding="gzip")


@listing("deep")
async def _deep(request: Request) -> None:
    await request.reply(b'{"jsonrpc":"2.0","id":1,"result":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}")


@listing("endlesspages")
async def _endless_pages(request: Request) -> None:
    cursor = int(request.message["params"].get("cursor", "0"))
    await request.result(page([{**TOOLS[0], "name": f"tool{cursor}"}], nextCursor=str(cursor + 1)))


@listing("samecursor")
async def _same_cursor(request: Request) -> None:
    await request.result(page(TOOLS, nextCursor="again"))


@listing("numbercursor")
async def _number_cursor(request: Request) -> None:
    await request.result(page(TOOLS, nextCursor=2))


@listing("secondpagefails")
async def _second_page_fails(request: Request) -> None:
    if "cursor" in request.message["params"]:
        return await request.reply(b"oops", 500, "text/plain")
    return await request.result(page(TOOLS, nextCursor="2"))


@listing("manytools")
async def _many_tools(request: Request) -> None:
    await request.result(page([{"name": f"t{number}", "inputSchema": {}} for number in range(6_000)]))


@listing("badtools")
async def _bad_tools(request: Request) -> None:
    nested: Any = {}
    for _ in range(300):
        nested = {"properties": nested}
    bad = [None, 7, "text", [], {}, {"name": ""}, {"name": 3}, {"name": "deep", "inputSchema": nested}]
    bad += [{"name": "huge", "description": "x" * 1_100_000}, {"name": "half \ud800 pair"}]
    text = json.dumps(page([TOOLS[0], *bad, {"name": "number", "x": "N1"}, {"name": "number", "x": "N2"}, TOOLS[1]]))
    text = text.replace('"N1"', "NaN").replace('"N2"', "1e999")
    await request.reply(f'{{"jsonrpc":"2.0","id":{request.message["id"]},"result":{text}}}'.encode())


@listing("wrongid")
async def _wrong_id(request: Request) -> None:
    await request.json({"jsonrpc": "2.0", "id": 4711, "result": page(TOOLS)})


@listing("trueid")
async def _true_id(request: Request) -> None:
    await request.json({"jsonrpc": "2.0", "id": True, "result": page(TOOLS)})


@listing("wrongidevents")
async def _wrong_id_events(request: Request) -> None:
    await request.stream()
    await request.event({"jsonrpc": "2.0", "id": 4711, "result": page(TOOLS)})
    request.writer.close()


@listing("notalist")
async def _not_a_list(request: Request) -> None:
    await request.result({"tools": {"read": {}}, "resultType": "complete"})


@listing("noresult")
async def _no_result(request: Request) -> None:
    await request.json({"jsonrpc": "2.0", "id": request.message["id"], "result": "tools"})


@listing("question")
async def _question(request: Request) -> None:
    await request.result({"resultType": "input_required", "inputRequests": {}})


@listing("rpcerror")
async def _rpc_error(request: Request) -> None:
    await request.error(-32603)


@peer("capability")
async def _capability(request: Request) -> None:
    await request.error(-32021, 400, requiredCapabilities={"sampling": {}})


@peer("badversion")
async def _bad_version(request: Request) -> None:
    await (request.error(-32601) if request.asked != "initialize" else request.result({"protocolVersion": 7}))


@peer("html")
async def _html(request: Request) -> None:
    await request.reply(b"<!doctype html><title>Welcome</title>", 200, "text/html")


@peer("text")
async def _text(request: Request) -> None:
    await request.reply(b"MCP server is running", 200, "text/plain")


@peer("otherjson")
async def _other_json(request: Request) -> None:
    await request.json({"status": "ok"})


@peer("badutf8")
async def _bad_utf8(request: Request) -> None:
    await request.reply(b'{"a": "\xff\xfe"}')


@peer("empty")
async def _empty(request: Request) -> None:
    await request.reply(b"", 200)


@peer("close")
async def _close(request: Request) -> None:
    request.writer.close()


@peer("garbage")
async def _garbage(request: Request) -> None:
    await request.raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    request.writer.close()


@peer("cutoff")
async def _cut_off(request: Request) -> None:
    await request.raw(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a"')
    request.writer.close()


@peer("status")
async def _status(request: Request) -> None:
    await request.reply(b"<p>no</p>", int(request.path.rsplit("/", 1)[1]), "text/html")


@peer("redirect")
async def _redirect(request: Request) -> None:
    """Redirect to what the query says: `/redirect/307?http://elsewhere/`."""
    path, _, target = request.path.partition("?")
    await request.reply(b"", int(path.rsplit("/", 1)[1]), Location=target)


@peer("loop")
async def _loop(request: Request) -> None:
    await request.reply(b"", 308, Location=request.path + "/x")


@peer("eventselsewhere")
async def _events_elsewhere(request: Request) -> None:
    if request.method == "POST":
        return await request.reply(b"", 405)
    await request.stream()
    await request.event("http://169.254.169.254/latest", "endpoint")
    return None


@peer("eventsnoendpoint")
async def _events_no_endpoint(request: Request) -> None:
    if request.method == "POST":
        return await request.reply(b"", 405)
    await request.stream()
    await request.event({"jsonrpc": "2.0", "method": "x"})
    return None


@peer("walled")
async def _walled(request: Request) -> None:
    """Want a sign-in, and say where the metadata is: "walled/CHALLENGE" where CHALLENGE is one of the below."""
    host = request.headers["host"]
    challenges = {
        "named": f'Bearer realm="x", resource_metadata="http://{host}/metadata", scope="read write"',
        "elsewhere": 'Bearer resource_metadata="https://evil.invalid/metadata"',
        "silent": "",
        "bare": "Basic",
        "odd": 'Bearer resource_metadata="http://[::1" scope="' + "x" * 10_000,
    }
    challenge = challenges[request.path.rpartition("/")[2]]
    await request.reply(b"", 401, **({"WWW_Authenticate": challenge} if challenge else {}))


@peer("metadata")
async def _metadata(request: Request) -> None:
    await request.json({"resource": "x", "authorization_servers": ["https://issuer.invalid", 7, "a\nb"]})


@peer(".well-known")
async def _well_known(request: Request) -> None:
    """Have metadata for the path "walled/silent" only."""
    if request.path == "/.well-known/oauth-protected-resource/walled/silent":
        await request.json({"resource": "x", "scopes_supported": ["all"]})
    else:
        await request.reply(b"", 404)
