"""HTTP with one server on a budget: every byte that it sends is counted where it arrives. Knows nothing of MCP.

Nothing of the user's goes out: no proxy settings, no credentials, no cookies, because requests go to the transport
itself and not through httpx's client. Bodies are taken as they are or not at all: a compressed answer to a request that
asked for none is refused before it is inflated.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpcore
import httpx

from crawler.introspector.budget import Budget, Meter, Stopped
from crawler.introspector.guard import Guard, check_url
from crawler.introspector.wire import encode
from crawler.records import Reason, Wire
from crawler.settings import user_agent

_SAME_METHOD = frozenset({307, 308})  # the redirects that keep a POST a POST; a GET stays one through any
_BROKEN = (httpx.HTTPError, ssl.SSLError, OSError)


class _Head:
    """What has arrived of the answer that is being waited for, on whichever connection, before its body."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.waiting = False
        self.bytes = 0
        self.ended = False

    def begin(self) -> None:
        self.waiting, self.bytes, self.ended = True, 0, False

    def check(self) -> None:
        """Raise `Stopped` when a head that still goes on is over the limit already."""
        if self.waiting and self.bytes > self._limit:
            raise Stopped(Reason.TOO_LARGE, f"sent more than {self._limit} bytes of headers and interim answers")


class MeteredStream(httpcore.AsyncNetworkStream):
    """A connection whose bytes are counted as they are read; `ended` says that its other end has closed it."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, meter: Meter, head: _Head) -> None:
        self._stream = stream
        self._meter = meter
        self._head = head
        self.ended = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the interface's
        self._head.check()
        received = await self._stream.read(max_bytes, timeout)
        self._meter.take(len(received))
        self._head.bytes += len(received)
        self.ended = self._head.ended = not received
        return received

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the interface's
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's
    ) -> httpcore.AsyncNetworkStream:
        return MeteredStream(
            await self._stream.start_tls(ssl_context, server_hostname, timeout), self._meter, self._head
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _MeteredGuard(Guard):
    """A guard that counts what comes in over the connections it makes."""

    def __init__(self, meter: Meter, head: _Head, *, allow_private: bool, resolve_seconds: float) -> None:
        super().__init__(allow_private=allow_private, resolve_seconds=resolve_seconds)
        self._meter = meter
        self._head = head

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        return MeteredStream(stream, self._meter, self._head)


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose connections the guard makes; one for each session."""

    def __init__(self, budget: Budget, *, allow_private: bool) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self.meter = Meter(budget)
        self.head = _Head(budget.head_bytes)
        guard = _MeteredGuard(
            self.meter, self.head, allow_private=allow_private, resolve_seconds=budget.resolve_seconds
        )
        self._pool = httpcore.AsyncConnectionPool(ssl_context=_tls(), network_backend=guard, max_connections=4)


class HttpConnection:
    """One URL of a server: sends requests there, and follows what may be followed."""

    def __init__(self, transport: GuardedTransport, url: httpx.URL, budget: Budget) -> None:
        self._transport = transport
        self.url = url
        self.budget = budget
        self.meter = transport.meter

    def at(self, url: httpx.URL) -> HttpConnection:
        """Return a connection to another URL of the same server, on the same budget."""
        return HttpConnection(self._transport, url, self.budget)

    @asynccontextmanager
    async def send(
        self, method: str, headers: Mapping[str, str], body: Wire | None = None
    ) -> AsyncIterator[httpx.Response]:
        """Send one request and give its answer, body unread. Raises `Stopped` for what is no HTTP answer."""
        for _ in range(self.budget.redirects + 1):
            check_url(str(self.url))
            response = await self._exchange(httpx.Request(method, self.url, **_content(headers, body)))
            try:
                if not response.has_redirect_location:
                    _check_encoding(response)
                    yield response
                    return
                self.url = self._redirected(method, response)
            finally:
                await response.aclose()
        raise Stopped(Reason.REDIRECTED, f"redirected more than {self.budget.redirects} times")

    async def chunks(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Yield the body as it arrives, on the budget."""
        try:
            async for chunk in response.aiter_raw():
                self.meter.take_pieces(1)
                yield chunk
        except _BROKEN as error:
            stream = response.extensions.get("network_stream")
            ended = not isinstance(error, httpx.RemoteProtocolError) or getattr(stream, "ended", True)
            raise _broken_off(error) if ended else _not_http(error) from error

    async def body(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async with contextlib.aclosing(self.chunks(response)) as chunks:
            async for chunk in chunks:
                parts.append(chunk)
                size += len(chunk)
                if size > self.budget.message_bytes:
                    raise Stopped(Reason.TOO_LARGE, f"sent a message of more than {self.budget.message_bytes} bytes")
        return b"".join(parts)

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        head = self._transport.head
        head.begin()
        try:
            return await self._transport.handle_async_request(request)
        except httpx.RemoteProtocolError as error:
            if not head.ended:
                raise _not_http(error) from error
            if head.bytes:
                raise _broken_off(error) from error
            raise Stopped(Reason.UNREACHABLE, "closed the connection without an answer") from error
        except _BROKEN as error:
            raise Stopped(Reason.UNREACHABLE, _cause_of(error)) from error
        finally:
            head.waiting = False

    def _redirected(self, method: str, response: httpx.Response) -> httpx.URL:
        target = join(self.url, response.headers["location"])
        if target is None:
            raise Stopped(Reason.REDIRECTED, "redirected to something that is no address")
        if not same_origin(target, self.url):
            raise Stopped(Reason.REDIRECTED, f"redirected to {target.scheme}://{target.host}")
        if method != "GET" and response.status_code not in _SAME_METHOD:
            raise Stopped(Reason.REDIRECTED, f"HTTP {response.status_code} to {target.path}")
        return target


@asynccontextmanager
async def open_connection(url: str, budget: Budget, *, allow_private: bool) -> AsyncIterator[HttpConnection]:
    """Open the connections of one session with a server. Raises `Stopped` for a URL that is not asked."""
    check_url(url)
    address = join(None, url)
    if address is None:
        raise Stopped(Reason.ADDRESS_REFUSED, "not a usable address")
    async with GuardedTransport(budget, allow_private=allow_private) as transport:
        yield HttpConnection(transport, address, budget)


def join(base: httpx.URL | None, reference: str) -> httpx.URL | None:
    """Resolve a reference; `None` for one that is no address. A bad international name shows only when it is read."""
    try:
        address = base.join(reference) if base else httpx.URL(reference)
        return address if address.host else None
    except (httpx.InvalidURL, ValueError):
        return None


def same_origin(url: httpx.URL, other: httpx.URL) -> bool:
    """Tell whether two addresses are of one scheme, host and port."""
    return (url.scheme, url.host, url.port) == (other.scheme, other.host, other.port)


def _content(headers: Mapping[str, str], body: Wire | None) -> dict[str, Any]:
    ours = {"User-Agent": user_agent(), "Accept-Encoding": "identity", **headers}
    return {"headers": ours, "content": None if body is None else encode(body)}


def _check_encoding(response: httpx.Response) -> None:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise Stopped(Reason.PROTOCOL_ERROR, f"answered in the encoding {encoding}, which was not asked for")


def _not_http(error: Exception) -> Stopped:
    return Stopped(Reason.NOT_MCP, f"does not answer in HTTP: {error}")


def _broken_off(error: Exception) -> Stopped:
    return Stopped(Reason.UNREACHABLE, f"the answer broke off: {_cause_of(error)}")


def _cause_of(error: Exception) -> str:
    return str(error) or type(error).__name__


@cache
def _tls() -> ssl.SSLContext:
    """Return the one TLS context: making it costs 30 ms. It honours SSL_CERT_FILE and SSL_CERT_DIR."""
    return httpx.create_ssl_context()
