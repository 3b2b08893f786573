"""HTTP with one server on a budget: every byte that it sends is counted where it arrives. Knows nothing of MCP.

Nothing of the user's goes out: no proxy settings, no credentials, no cookies, because requests go to the transport
itself and not through httpx's client. Bodies are taken as they are or not at all: a compressed answer to a request that
asked for none is refused before it is inflated.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.guard import check_url
from crawler.introspector.http11 import GuardedTransport
from crawler.introspector.wire import encode
from crawler.records import Reason, Wire
from crawler.settings import user_agent

_SAME_METHOD = frozenset({307, 308})  # the redirects that keep a POST a POST; a GET stays one through any


class HttpConnection:
    """One URL of a server: sends requests there, and follows what may be followed.

    `allow` is asked of each further URL of the server that something leads to, and raises `Stopped` for one that is
    not to be asked.
    """

    def __init__(self, transport: GuardedTransport, url: httpx.URL, budget: Budget) -> None:
        self._transport = transport
        self.url = url
        self.budget = budget
        self.meter = transport.meter
        self.allow: Callable[[httpx.URL], None] = _allow_all

    def at(self, url: httpx.URL) -> HttpConnection:
        """Return a connection to another URL of the same server, on the same budget. Raises `Stopped` by `allow`."""
        self.allow(url)
        other = HttpConnection(self._transport, url, self.budget)
        other.allow = self.allow
        return other

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
        except httpx.RemoteProtocolError as error:
            raise _not_http(error) from error
        except httpx.ReadError as error:
            raise Stopped(Reason.UNREACHABLE, f"the answer broke off: {error}") from error

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
        try:
            return await self._transport.handle_async_request(request)
        except httpx.RemoteProtocolError as error:
            raise _not_http(error) from error
        except httpx.TransportError as error:
            raise Stopped(Reason.UNREACHABLE, str(error) or type(error).__name__) from error

    def _redirected(self, method: str, response: httpx.Response) -> httpx.URL:
        target = join(self.url, response.headers["location"])
        if target is None:
            raise Stopped(Reason.REDIRECTED, "redirected to something that is no address")
        if not same_origin(target, self.url):
            raise Stopped(Reason.REDIRECTED, f"redirected to {target.scheme}://{target.host}")
        if method != "GET" and response.status_code not in _SAME_METHOD:
            raise Stopped(Reason.REDIRECTED, f"HTTP {response.status_code} to {target.path}")
        self.allow(target)
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


def _allow_all(url: httpx.URL) -> None:
    """Let any URL be asked, for whom nobody has said otherwise."""


def _content(headers: Mapping[str, str], body: Wire | None) -> dict[str, Any]:
    ours = {"User-Agent": user_agent(), "Accept-Encoding": "identity", **headers}
    return {"headers": ours, "content": None if body is None else encode(body)}


def _check_encoding(response: httpx.Response) -> None:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise Stopped(Reason.PROTOCOL_ERROR, f"answered in the encoding {encoding}, which was not asked for")


def _not_http(error: Exception) -> Stopped:
    return Stopped(Reason.NOT_MCP, f"does not answer in HTTP: {error}")
