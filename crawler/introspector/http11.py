"""HTTP/1.1 over connections that the guard makes, every byte of them on the budget. Knows no MCP.

httpx's own transport does more than is needed here (a pool for many hosts, proxies, other event loops and versions of
HTTP), and that was half of the processor time of a remote introspection. h11 reads what comes back, as it does there.
"""

from __future__ import annotations

import contextlib
import select
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from functools import cache
from typing import TypeAlias

import h11
import httpx

from crawler.introspector.budget import Budget, Meter, Stopped
from crawler.introspector.guard import connect
from crawler.records import Reason

_PIECE = 64 * 1024
_PORTS = {"http": 80, "https": 443}

_Origin: TypeAlias = tuple[str, str, int]


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends the requests of one session, and keeps a connection for the next one where the server does too."""

    def __init__(self, budget: Budget, *, allow_private: bool) -> None:
        self.meter = Meter(budget)
        self._budget = budget
        self._allow_private = allow_private
        self._connections: list[_Connection] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, its body unread. Raises `Stopped` for an address that is refused, else httpx's errors."""
        connection = await self._connection(request.url)
        try:
            head = await connection.ask(request)
        except BaseException:  # a cancelled question, too, leaves an answer on its way; it is raised again
            connection.close()
            raise
        return httpx.Response(head.status_code, headers=head.headers.raw_items(), stream=_Body(connection))

    async def aclose(self) -> None:
        """Close all connections, whatever still arrives on them."""
        for connection in self._connections:
            connection.close()

    async def _connection(self, url: httpx.URL) -> _Connection:
        origin = url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]
        self._connections = [connection for connection in self._connections if not connection.is_closed]
        for connection in self._connections:
            if connection.origin == origin and connection.is_idle:
                return connection
        scheme, host, port = origin
        tls = _tls() if scheme == "https" else None
        try:
            reader, writer = await connect(
                host,
                port,
                tls,
                allow_private=self._allow_private,
                resolve_seconds=self._budget.resolve_seconds,
            )
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        self._connections.append(_Connection(origin, reader, writer, self.meter, self._budget.head_bytes))
        return self._connections[-1]


class _Connection:
    """One connection, on which one answer is read after the other."""

    def __init__(
        self, origin: _Origin, reader: StreamReader, writer: StreamWriter, meter: Meter, head_bytes: int
    ) -> None:
        self.origin = origin
        self._reader = reader
        self._writer = writer
        self._meter = meter
        self._head_bytes = head_bytes
        self._received = 0  # bytes since the request
        self._ended = False
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=head_bytes + _PIECE)

    @property
    def is_closed(self) -> bool:
        return self._writer.is_closing()

    @property
    def is_idle(self) -> bool:
        """Say whether it can take a request: nothing is under way, and the server neither hung up nor spoke up."""
        return (
            self._http.our_state is h11.IDLE and not self.is_closed and not self._reader.at_eof() and not self._stirs()
        )

    def _stirs(self) -> bool:
        """Say whether something has come that nobody read: to an idle connection, that is its end or nothing good."""
        poll = select.poll()
        poll.register(self._writer.get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))

    async def ask(self, request: httpx.Request) -> h11.Response:
        """Send a request, and read as far as the head of its answer."""
        self._received = 0
        await self._send(request)
        while not isinstance(event := await self.next_event(), h11.Response):
            pass  # an interim answer, like "103 Early Hints"
        return event

    async def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return what the server says next."""
        while (event := self._arrived()) is h11.NEED_DATA:
            waiting = self._http.their_state is h11.SEND_RESPONSE
            if waiting and self._received > self._head_bytes:
                raise Stopped(
                    Reason.TOO_LARGE, f"sent more than {self._head_bytes} bytes of headers and interim answers"
                )
            try:
                data = await self._reader.read(_PIECE)
            except OSError as error:
                raise httpx.ReadError(str(error)) from error
            if not data and waiting:
                broken = "the answer broke off" if self._received else "closed the connection without an answer"
                raise httpx.ReadError(broken)
            self._ended = not data
            self._meter.take(len(data))
            self._received += len(data)
            self._http.receive_data(data)
        return event

    def rest(self) -> None:
        """Be ready for the next request, if all of this answer has arrived; else hang up."""
        with contextlib.suppress(httpx.TransportError):
            while isinstance(self._arrived(), h11.Data):
                pass
        done = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if done and not self._http.trailing_data[0]:
            self._http.start_next_cycle()
        else:
            self.close()

    def _arrived(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return the next event of what has arrived, without waiting for more."""
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            broken = httpx.ReadError if self._ended else httpx.RemoteProtocolError
            raise broken(str(error)) from error

    def close(self) -> None:
        """Hang up at once: a server that takes its time to say goodbye would keep the connection."""
        self._writer.transport.abort()

    async def _send(self, request: httpx.Request) -> None:
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        parts: list[h11.Event] = [head, *([h11.Data(request.content)] if request.content else []), h11.EndOfMessage()]
        self._writer.write(b"".join(self._http.send(part) or b"" for part in parts))
        with contextlib.suppress(OSError):  # a server may answer, and hang up, before it has read everything
            await self._writer.drain()


class _Body(httpx.AsyncByteStream):
    """The body of one answer, as it arrives."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._connection.next_event(), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        self._connection.rest()


@cache
def _tls() -> ssl.SSLContext:
    """Return the one TLS context: making it costs 30 ms. It honours SSL_CERT_FILE and SSL_CERT_DIR."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
