"""The HTTP transports: streamable HTTP in both eras, and the HTTP+SSE of 2024-11-05. Knows no method of the protocol.

Nothing of the user's goes out: no proxy settings, no credentials. Bodies are taken as they are or not at all:
a compressed answer to a request that asked for none is refused before it is inflated.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus
from itertools import count
from typing import Any

import httpcore
import httpx

from crawler.introspector.budget import Budget, Meter, Stopped
from crawler.introspector.guard import Guard, check_url
from crawler.introspector.session import METHOD_NOT_FOUND, MODERN
from crawler.introspector.wire import EventStream, answer_of, decode, encode, request_in
from crawler.records import Reason, Wire
from crawler.settings import user_agent

_STATUS_REASONS = {
    401: Reason.SIGN_IN,
    402: Reason.PAYMENT,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    405: Reason.NOT_FOUND,
    410: Reason.NOT_FOUND,
    429: Reason.RATE_LIMITED,
}
_SAME_METHOD = frozenset({307, 308})  # the redirects that keep a POST a POST
_EVENT_STREAM = "text/event-stream"
_LONGEST_SESSION_ID = 1024
_REPLIES = 16
"""Requests from the server that we decline one by one; one that asks more often is not waiting for our answer."""


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose connections the guard makes."""

    def __init__(self, *, allow_private: bool) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(), network_backend=Guard(allow_private=allow_private), max_connections=4
        )


class HttpConnection:
    """One server's URL: sends requests, follows what may be followed, and counts every byte that comes back."""

    def __init__(self, client: httpx.AsyncClient, url: httpx.URL, budget: Budget) -> None:
        self.client = client
        self.url = url
        self.budget = budget
        self.meter = Meter(budget)

    @asynccontextmanager
    async def send(
        self, method: str, headers: Mapping[str, str], body: Wire | None = None
    ) -> AsyncIterator[httpx.Response]:
        """Send one request and give its answer, body unread. Raises `Stopped` for what is no HTTP answer."""
        for _ in range(self.budget.redirects + 1):
            content = None if body is None else encode(body)
            request = self.client.build_request(method, self.url, headers=dict(headers), content=content)
            response = await self._exchange(request)
            try:
                if not response.has_redirect_location:
                    _check_encoding(response)
                    yield response
                    return
                self.url = self._redirected(response)
            finally:
                await response.aclose()
        raise Stopped(Reason.REDIRECTED, f"redirected more than {self.budget.redirects} times")

    async def chunks(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Yield the body as it arrives, on the budget."""
        try:
            async for chunk in response.aiter_raw():
                self.meter.take(len(chunk))
                yield chunk
        except httpx.HTTPError as error:
            raise Stopped(Reason.UNREACHABLE, f"the answer broke off: {error}") from error

    async def body(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for chunk in self.chunks(response):
            parts.append(chunk)
            size += len(chunk)
            if size > self.budget.message_bytes:
                raise Stopped(Reason.TOO_LARGE, f"sent a message of more than {self.budget.message_bytes} bytes")
        return b"".join(parts)

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self.client.send(request, stream=True)
        except httpx.RemoteProtocolError as error:
            raise Stopped(Reason.NOT_MCP, f"does not answer in HTTP: {error}") from error
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise Stopped(Reason.UNREACHABLE, _cause_of(error)) from error

    def _redirected(self, response: httpx.Response) -> httpx.URL:
        target = _joined(self.url, response.headers["location"])
        if target is None:
            raise Stopped(Reason.REDIRECTED, "redirected to something that is no address")
        if not same_origin(target, self.url):
            raise Stopped(Reason.REDIRECTED, f"redirected to {target.scheme}://{target.host}")
        if response.status_code not in _SAME_METHOD:
            raise Stopped(Reason.REDIRECTED, f"HTTP {response.status_code} to {target.path}")
        check_url(str(target))
        return target


class StreamableHttp:
    """A channel over streamable HTTP: each question is a POST, each answer JSON or an event stream."""

    modern = True
    legacy_signs = frozenset({Reason.NOT_FOUND, Reason.NOT_MCP, Reason.SERVER_ERROR, Reason.PROTOCOL_ERROR})

    def __init__(self, connection: HttpConnection) -> None:
        self._connection = connection
        self._session_id: str | None = None
        self._ids = count(1)
        self._replies = _REPLIES

    async def ask(self, method: str, params: Wire, revision: str | None) -> Wire:
        request_id = next(self._ids)
        message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
        headers = self._headers(revision)
        if revision == MODERN:
            headers["Mcp-Method"] = method
        async with self._connection.send("POST", headers, message) as response:
            if method == "initialize":
                self._session_id = _session_id(response)
            return await self._answer(response, request_id, revision)

    async def tell(self, method: str, revision: str | None) -> None:
        await self._post({"jsonrpc": "2.0", "method": method}, revision)

    async def close(self) -> None:
        """End the server's session, so that it need not keep it."""
        if self._session_id:
            async with self._connection.send("DELETE", self._headers(None)):
                self._session_id = None

    async def _answer(self, response: httpx.Response, request_id: int, revision: str | None) -> Wire:
        kind = _media_type(response)
        if response.status_code == HTTPStatus.OK and kind == _EVENT_STREAM:
            return await self._streamed(response, request_id, revision)
        _check_status(response)
        try:
            message = decode(await self._connection.body(response))
        except ValueError as error:
            raise _not_mcp(response) from error
        answer = answer_of(message, request_id)
        if response.is_error:
            raise _not_mcp(response)
        if answer is None:
            reason = Reason.PROTOCOL_ERROR if _is_rpc(message) else Reason.NOT_MCP
            raise Stopped(reason, "answered with JSON that is no answer to the question")
        return answer

    async def _streamed(self, response: httpx.Response, request_id: int, revision: str | None) -> Wire:
        async for message in _messages(self._connection, response):
            answer = answer_of(message, request_id)
            if answer is not None:
                return answer
            await self._decline(message, revision)
        raise Stopped(Reason.PROTOCOL_ERROR, "the event stream ended without an answer")

    async def _decline(self, message: Any, revision: str | None) -> None:
        asked = request_in(message)
        if asked and self._replies:
            self._replies -= 1
            await self._post(refusal(asked[0]), revision)

    async def _post(self, message: Wire, revision: str | None) -> None:
        async with self._connection.send("POST", self._headers(revision), message) as response:
            if response.status_code in {HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}:
                await self._connection.body(response)  # read to its end, the connection serves the next question too

    def _headers(self, revision: str | None) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": f"application/json, {_EVENT_STREAM}"}
        if revision:
            headers["MCP-Protocol-Version"] = revision
        if self._session_id:
            headers["Mcp-Session-Id"] = self._session_id
        return headers


class LegacySse:
    """A channel over HTTP+SSE (2024-11-05): questions are POSTs, all answers arrive on one event stream."""

    modern = False
    legacy_signs: frozenset[Reason] = frozenset()

    def __init__(self, connection: HttpConnection, events: AsyncIterator[Any], endpoint: httpx.URL) -> None:
        self._events = events
        self._posts = HttpConnection(connection.client, endpoint, connection.budget)
        self._ids = count(1)
        self._replies = _REPLIES

    async def ask(self, method: str, params: Wire, revision: str | None) -> Wire:  # noqa: ARG002 - a channel's
        request_id = next(self._ids)
        await self._post({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        async for message in self._events:
            answer = answer_of(message, request_id)
            if answer is not None:
                return answer
            asked = request_in(message)
            if asked and self._replies:
                self._replies -= 1
                await self._post(refusal(asked[0]))
        raise Stopped(Reason.PROTOCOL_ERROR, "the event stream ended without an answer")

    async def tell(self, method: str, revision: str | None) -> None:  # noqa: ARG002 - a channel's
        await self._post({"jsonrpc": "2.0", "method": method})

    async def _post(self, message: Wire) -> None:
        async with self._posts.send("POST", {"Content-Type": "application/json"}, message) as response:
            if response.is_error:
                _check_status(response)
                raise _not_mcp(response)
            await self._posts.body(response)


@asynccontextmanager
async def open_connection(url: str, budget: Budget, *, allow_private: bool) -> AsyncIterator[HttpConnection]:
    """Open a client for one server. Raises `Stopped` for a URL that is not asked."""
    check_url(url)
    address = _joined(None, url)
    if address is None:
        raise Stopped(Reason.ADDRESS_REFUSED, "not a usable address")
    async with httpx.AsyncClient(
        transport=GuardedTransport(allow_private=allow_private),
        headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"},
        trust_env=False,
        timeout=None,  # noqa: S113 - the session keeps the time, over whole exchanges
    ) as client:
        yield HttpConnection(client, address, budget)


@asynccontextmanager
async def open_sse(connection: HttpConnection) -> AsyncIterator[LegacySse]:
    """Open the event stream of the older transport and wait for the endpoint it names."""
    async with connection.send("GET", {"Accept": _EVENT_STREAM}) as response:
        if response.status_code != HTTPStatus.OK or _media_type(response) != _EVENT_STREAM:
            _check_status(response)
            raise _not_mcp(response)
        events = _messages(connection, response)
        async with contextlib.aclosing(events):
            endpoint = await anext(events, None)
            if not isinstance(endpoint, str):
                raise Stopped(Reason.NOT_MCP, "the event stream does not begin with an endpoint")
            yield LegacySse(connection, events, _endpoint(connection.url, endpoint))


def refusal(request_id: str | int) -> Wire:
    """Return our answer to whatever a server asks of us."""
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": METHOD_NOT_FOUND, "message": "Method not found"}}


async def _messages(connection: HttpConnection, response: httpx.Response) -> AsyncGenerator[Any, None]:
    """Yield the messages of an event stream, and the endpoint as a string; events that are no JSON are passed over."""
    stream = EventStream(connection.budget.message_bytes)
    async with contextlib.aclosing(connection.chunks(response)) as chunks:
        async for chunk in chunks:
            for event in stream.feed(chunk):
                connection.meter.take_message()
                if event.kind == "endpoint":
                    yield event.data.decode("utf-8", "replace")
                elif event.kind == "message":
                    with contextlib.suppress(ValueError):
                        yield decode(event.data)


def _endpoint(url: httpx.URL, named: str) -> httpx.URL:
    endpoint = _joined(url, named.strip())
    if endpoint is None:
        raise Stopped(Reason.PROTOCOL_ERROR, "names an endpoint that is no address")
    if not same_origin(endpoint, url):
        raise Stopped(Reason.REDIRECTED, f"names an endpoint at {endpoint.scheme}://{endpoint.host}")
    check_url(str(endpoint))
    return endpoint


def _joined(base: httpx.URL | None, reference: str) -> httpx.URL | None:
    """Resolve a reference; `None` for one that is no address. A bad international name shows only when it is read."""
    try:
        address = base.join(reference) if base else httpx.URL(reference)
        return address if address.host else None
    except (httpx.InvalidURL, ValueError):
        return None


def _check_status(response: httpx.Response) -> None:
    """Raise `Stopped` for a status that says all; 400 and 404 may carry an answer of the protocol."""
    status = response.status_code
    reason = Reason.SERVER_ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _STATUS_REASONS.get(status)
    may_answer = status == HTTPStatus.NOT_FOUND and _media_type(response) == "application/json"
    if reason and not may_answer:
        raise Stopped(reason, f"HTTP {status}", headers=response.headers)


def _not_mcp(response: httpx.Response) -> Stopped:
    kind = _media_type(response) or "nothing"
    reason = _STATUS_REASONS.get(response.status_code, Reason.NOT_MCP)
    return Stopped(reason, f"HTTP {response.status_code} with {kind}")


def _check_encoding(response: httpx.Response) -> None:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise Stopped(Reason.PROTOCOL_ERROR, f"answered in the encoding {encoding}, which was not asked for")


def _session_id(response: httpx.Response) -> str | None:
    """Return the session id, unless it is not the visible ASCII that the specification asks for."""
    found = response.headers.get("mcp-session-id", "")
    usable = 0 < len(found) <= _LONGEST_SESSION_ID and all("!" <= sign <= "~" for sign in found)
    return found if usable else None


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()[:100]


def _is_rpc(message: Any) -> bool:
    return isinstance(message, dict) and "jsonrpc" in message


def same_origin(url: httpx.URL, other: httpx.URL) -> bool:
    """Tell whether two addresses are of one scheme, host and port."""
    return (url.scheme, url.host, url.port) == (other.scheme, other.host, other.port)


def _cause_of(error: Exception) -> str:
    return str(error) or type(error).__name__


@cache
def _tls() -> ssl.SSLContext:
    """Return the one TLS context: making it costs 30 ms. It honours SSL_CERT_FILE and SSL_CERT_DIR."""
    return httpx.create_ssl_context()
