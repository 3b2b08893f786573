"""HTTP servers that behave well, each at a path of its own: `async with serve() as base` gives their origin.

Written against sockets, because a framework would not let us say most of what their hostile neighbours
(`tests.crawler.attacks`) say with the same means.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from queue import Queue
from threading import Thread
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


async def healthy(request: Request) -> None:
    """Answer as a server that is in order, in both eras."""
    await (request.result(page(TOOLS)) if request.asked == "tools/list" else opened(request))


@asynccontextmanager
async def serve(own: Mapping[str, Answer] | None = None) -> AsyncIterator[tuple[str, list[Request]]]:
    """Serve all peers, and a test's `own`, on one loopback port; gives the origin and the requests as they come in."""
    seen: list[Request] = []
    peers = {**PEERS, **(own or {})}

    async def answer(request: Request) -> None:
        await peers[request.path.split("?")[0].strip("/").split("/")[0]](request)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await converse(reader, writer, answer, seen)

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


async def converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer, seen: list[Request]
) -> None:
    """Answer the requests of one connection, as long as there are any."""
    try:
        while True:
            request = await _request(reader, writer, seen)
            seen.append(request)
            await answer(request)
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
        pass  # the client has what it wants, or the test is over
    finally:
        writer.transport.abort() if writer.transport.get_write_buffer_size() > 65536 else writer.close()


@contextmanager
def serving(own: Mapping[str, Answer] | None = None) -> Iterator[tuple[str, list[Request]]]:
    """`serve` in a thread, for whoever brings a loop of its own."""
    started: Queue[tuple[str, list[Request]]] = Queue()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with serve(own) as served:
            started.put(served)
            await over.wait()

    thread = Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        yield started.get(timeout=10)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: list[Request]) -> Request:
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


# Servers that say why they do not list their tools.


@peer("walled")
async def _walled(request: Request) -> None:
    """Want a sign-in, and say where the metadata is: "walled/CHALLENGE" where CHALLENGE is one of the below."""
    host = request.headers["host"]
    challenges = {
        "named": f'Bearer realm="x", resource_metadata="http://{host}/metadata", scope="read write"',
        "elsewhere": 'Bearer resource_metadata="https://evil.invalid/metadata"',
        "silent": "",
        "bare": "Basic",
        "user": f'Bearer resource_metadata="http://user:word@{host}/metadata", scope="read"',
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
