"""HTTP/1.1 in as few instructions as the measurements need: requests with a length in, replies of any kind out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One client's connection: it hands each request to `serve`, which answers with `send` or takes the stream over."""

    def __init__(self, serve: Callable[[Connection, HttpRequest], None]) -> None:
        self._serve = serve
        self._pending = b""
        self._writable = True
        self._on_room: Callable[[], None] | None = None
        self.closed = False
        self.on_lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's interface
        self.closed = True
        if self.on_lost:
            self.on_lost()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        if self._on_room:
            self._on_room()

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (request := self._next()) and not self.closed:
            self._serve(self, request)

    def _next(self) -> HttpRequest | None:
        head, separator, rest = self._pending.partition(b"\r\n\r\n")
        if not separator:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return None
        self._pending = rest[length:]
        method, target, _ = first.split(" ", 2)
        path, _, query = target.partition("?")
        return HttpRequest(method, path, query, headers, rest[:length])

    def send(self, status: int, body: bytes = b"", kind: str = "application/json", headers: str = "") -> None:
        """Answer one request; `headers` are whole lines, each with its line end."""
        self._transport.write(
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n{headers}\r\n".encode("latin-1")
            + body
        )

    def begin(self, kind: str, headers: str = "") -> None:
        """Begin an answer that ends with the connection."""
        self._transport.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n{headers}\r\n".encode("latin-1")
        )

    def write(self, data: bytes) -> None:
        if not self.closed:
            self._transport.write(data)

    def drip(self, data: bytes, seconds: float) -> None:
        """Send the same bytes again and again, as long as the client stays."""
        if not self.closed:
            self._transport.write(data)
            asyncio.get_running_loop().call_later(seconds, self.drip, data, seconds)

    def flood(self, data: bytes) -> None:
        """Send the same bytes as fast as the client takes them, without end."""
        self._on_room = lambda: self.flood(data)
        while self._writable and not self._transport.is_closing():  # closing at once when the client is gone
            self._transport.write(data)

    def close(self) -> None:
        self._transport.close()
