"""The MCP servers of the local ecosystem: five revisions of the protocol, and every way to be of no use.

They are strict: a client that leaves out a header, a session id or the `initialized` notification is refused.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from tests.ecosystem.http import Connection, HttpRequest
from tests.ecosystem.visits import Visits
from tests.ecosystem.world import LEGACY_SSE, MODERN, Server, encoded_page

_META = "io.modelcontextprotocol/"
_NEEDS_VERSION_HEADER = frozenset({"2025-06-18", "2025-11-25"})
_STATUSES: dict[str, tuple[int, str]] = {
    "sign-in": (401, 'WWW-Authenticate: Bearer resource_metadata="https://example.invalid/.well-known/x"\r\n'),
    "payment": (402, ""),
    "forbidden": (403, ""),
    "not-found": (404, ""),
    "wrong-method": (405, "Allow: OPTIONS\r\n"),
    "rate-limited": (429, "Retry-After: 3600\r\n"),
    "server-error": (500, ""),
}


class Remotes:
    """All the servers of a world behind one port. `asked` counts methods, `listed` first pages by server.

    Each answer takes `latency` seconds.
    """

    def __init__(self, servers: Sequence[Server], elsewhere: str, latency: float = 0.0) -> None:
        self._latency = latency
        self.visits = Visits()
        self._servers = servers
        self._elsewhere = elsewhere
        self._sessions: dict[str, tuple[Server, bool]] = {}
        self._streams: dict[str, Connection] = {}
        self._ids = count(1)
        self.asked: Counter[str] = Counter()
        self.listed: Counter[str] = Counter()

    def serve(self, connection: Connection, request: HttpRequest) -> None:
        """Answer a request below `/s/`."""
        _, _, number, place = request.path.split("/", 3)
        server = self._servers[int(number)]
        self.visits.note(connection, server.name, request.headers.get("user-agent", ""))
        if self._latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency, self._answer, connection, request, server, place)
        else:
            self._answer(connection, request, server, place)

    def _answer(self, connection: Connection, request: HttpRequest, server: Server, place: str) -> None:
        if connection.closed:
            return
        if server.profile in _STATUSES:
            status, headers = _STATUSES[server.profile]
            connection.send(status, b'{"error": "no"}', headers=headers)
        elif trick := _TRICKS.get(server.profile):
            trick(connection, self._elsewhere)
        elif server.revision == LEGACY_SSE:
            self._serve_sse(connection, request, server, place)
        elif request.method == "POST":
            self._serve_http(connection, request, server)
        elif request.method == "DELETE":
            self._sessions.pop(request.headers.get("mcp-session-id", ""), None)
            connection.send(200)
        else:
            connection.send(405)

    def _serve_http(self, connection: Connection, request: HttpRequest, server: Server) -> None:
        message = json.loads(request.body)
        answer = self._modern if server.revision == MODERN else self._handshake
        answer(connection, request, server, message)

    def _modern(self, connection: Connection, request: HttpRequest, server: Server, message: Any) -> None:
        """The stateless revision: every request says all there is to know."""
        method, params, headers = message["method"], message.get("params", {}), request.headers
        meta = params.get("_meta", {})
        if headers.get("mcp-protocol-version") != MODERN or headers.get("mcp-method") != method:
            connection.send(400, _error(message, -32020, "HeaderMismatch"))
        elif meta.get(_META + "protocolVersion") != MODERN or _META + "clientCapabilities" not in meta:
            connection.send(400, _error(message, -32022, "UnsupportedProtocolVersion", {"supported": [MODERN]}))
        elif method == "server/discover":
            self._reply(connection, server, message, _discovered(server))
        elif method == "tools/list":
            self._reply(connection, server, message, self._page(server, params))
        else:
            self.asked[method] += 1
            connection.send(404, _error(message, -32601, "Method not found"))

    def _handshake(self, connection: Connection, request: HttpRequest, server: Server, message: Any) -> None:
        """The revisions from 2025-03-26 to 2025-11-25: sessions that begin with `initialize`."""
        method, headers = message["method"], request.headers
        if method == "initialize":
            session = f"session-{next(self._ids)}"
            self._sessions[session] = (server, False)
            self._reply(connection, server, message, _initialized(server), f"Mcp-Session-Id: {session}\r\n")
            return
        session = headers.get("mcp-session-id", "")
        owner, ready = self._sessions.get(session, (None, False))
        if owner is not server:
            status, code = ((400, -32000), (200, -32601), (200, -32602))[server.index % 3]
            connection.send(status, _error(message, code, "Bad Request: no valid session"))
        elif server.revision in _NEEDS_VERSION_HEADER and headers.get("mcp-protocol-version") != server.revision:
            connection.send(400, _error(message, -32000, "Bad Request: MCP-Protocol-Version"))
        elif method == "notifications/initialized":
            self._sessions[session] = (server, True)
            connection.send(202)
        elif method == "tools/list" and ready:
            self._reply(connection, server, message, self._page(server, message.get("params", {})))
        else:
            self.asked[method] += 1
            connection.send(200, _error(message, -32601, "Method not found"))

    def _serve_sse(self, connection: Connection, request: HttpRequest, server: Server, place: str) -> None:
        """HTTP+SSE of 2024-11-05: questions by POST, answers on the stream that a GET opened."""
        if place == "sse" and request.method == "GET":
            session = str(next(self._ids))
            self._streams[session] = connection
            connection.begin("text/event-stream")
            connection.write(f"event: endpoint\ndata: /s/{server.index}/messages?{session}\n\n".encode())
        elif place == "messages" and (stream := self._streams.get(request.query)) and not stream.closed:
            connection.send(202, b"Accepted", "text/plain")
            self._answer_on(stream, server, json.loads(request.body))
        else:
            connection.send(405)

    def _answer_on(self, stream: Connection, server: Server, message: Any) -> None:
        method = message["method"]
        if method == "initialize":
            stream.write(_event(_result(message, _initialized(server))))
        elif method == "tools/list":
            stream.write(_event(_result(message, self._page(server, message.get("params", {})))))
        elif "id" in message:
            self.asked[method] += 1
            stream.write(_event(_error(message, -32601, "Method not found")))

    def _page(self, server: Server, params: Any) -> bytes:
        page = int(params["cursor"].removeprefix("page-")) if "cursor" in params else 0
        if not page:
            self.listed[server.name] += 1
        self.asked["tools/list"] += 1
        return encoded_page(server.index, page, server)

    def _reply(self, connection: Connection, server: Server, message: Any, result: bytes, headers: str = "") -> None:
        body = _result(message, result)
        if server.sse:
            connection.send(200, _event(body), "text/event-stream", headers)
        else:
            connection.send(200, body, headers=headers)


def _discovered(server: Server) -> bytes:
    return json.dumps(
        {
            "resultType": "complete",
            "supportedVersions": [MODERN],
            "capabilities": {"tools": {}},
            "ttlMs": 3_600_000,
            "cacheScope": "public",
            "_meta": {_META + "serverInfo": {"name": server.name, "version": "1.0.0"}},
        }
    ).encode()


def _initialized(server: Server) -> bytes:
    info = {"name": server.name, "version": "1.0.0"}
    return json.dumps({"protocolVersion": server.revision, "capabilities": {"tools": {}}, "serverInfo": info}).encode()


def _result(message: Any, result: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":' + json.dumps(message.get("id")).encode() + b',"result":' + result + b"}"


def _error(message: Any, code: int, words: str, data: Any = None) -> bytes:
    error = {"code": code, "message": words} | ({"data": data} if data else {})
    return json.dumps({"jsonrpc": "2.0", "id": message.get("id"), "error": error}).encode()


def _event(body: bytes) -> bytes:
    return b"event: message\ndata: " + body + b"\n\n"


def _drip(connection: Connection, _: str) -> None:
    connection.begin("text/event-stream")
    connection.drip(b":", 0.2)


def _flood(connection: Connection, _: str) -> None:
    connection.begin("application/json")
    connection.flood(b" " * 65_536)


_TRICKS: dict[str, Callable[[Connection, str], None]] = {
    "html": lambda connection, _: connection.send(200, b"<!doctype html><title>Welcome</title>", "text/html"),
    "bad-json": lambda connection, _: connection.send(200, b'{"jsonrpc": "2.0", "id": 1, "resu'),
    "hang": lambda _, __: None,
    "drip": _drip,
    "flood": _flood,
    "redirect": lambda connection, elsewhere: connection.send(307, headers=f"Location: {elsewhere}/mcp\r\n"),
}
