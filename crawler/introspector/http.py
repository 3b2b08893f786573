"""The HTTP transports: streamable HTTP in both eras, and the HTTP+SSE of 2024-11-05. Knows no method of the protocol.

What a server asks of us is declined, and answered with nothing of ours.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import count
from typing import Any

import httpx

from crawler.introspector.budget import Stopped
from crawler.introspector.connection import HttpConnection, join, same_origin
from crawler.introspector.event_stream import EventStream
from crawler.introspector.session import MODERN
from crawler.introspector.wire import NotJson, TooDeepError, answer_of, decode, reply_to
from crawler.records import Reason, Wire

STATUS_REASONS = {
    401: Reason.SIGN_IN,
    402: Reason.PAYMENT,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    405: Reason.NOT_FOUND,
    410: Reason.NOT_FOUND,
    429: Reason.RATE_LIMITED,
}
_JSON = "application/json"
_EVENT_STREAM = "text/event-stream"
_LONGEST_SESSION_ID = 1024
_REPLIES = 16
"""Requests from the server that we reply to; one that asks more often is not waiting for our answer."""


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
            message = _decoded(self._connection, await self._connection.body(response))
        except ValueError as error:
            raise _not_mcp(response, str(error)) from error
        answer = answer_of(message, request_id)
        if response.is_error:
            raise _not_mcp(response)
        if answer is None:
            raise _no_answer(message)
        return answer

    async def _streamed(self, response: httpx.Response, request_id: int, revision: str | None) -> Wire:
        async for message in _messages(self._connection, response):
            answer = answer_of(message, request_id)
            if answer is not None:
                return answer
            await self._decline(message, revision)
        raise Stopped(Reason.PROTOCOL_ERROR, "the event stream ended without an answer")

    async def _decline(self, message: Any, revision: str | None) -> None:
        reply = reply_to(message)
        if reply and self._replies:
            self._replies -= 1
            await self._post(reply, revision)

    async def _post(self, message: Wire, revision: str | None) -> None:
        async with self._connection.send("POST", self._headers(revision), message) as response:
            if response.status_code in {HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}:
                await self._connection.body(response)  # read to its end, the connection serves the next question too

    def _headers(self, revision: str | None) -> dict[str, str]:
        headers = {"Content-Type": _JSON, "Accept": f"{_JSON}, {_EVENT_STREAM}"}
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
        self._posts = connection.at(endpoint)
        self._ids = count(1)
        self._replies = _REPLIES

    async def ask(self, method: str, params: Wire, revision: str | None) -> Wire:  # noqa: ARG002 - a channel's
        request_id = next(self._ids)
        await self._post({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        async for message in self._events:
            answer = answer_of(message, request_id)
            if answer is not None:
                return answer
            reply = reply_to(message)
            if reply and self._replies:
                self._replies -= 1
                await self._post(reply)
        raise Stopped(Reason.PROTOCOL_ERROR, "the event stream ended without an answer")

    async def tell(self, method: str, revision: str | None) -> None:  # noqa: ARG002 - a channel's
        await self._post({"jsonrpc": "2.0", "method": method})

    async def _post(self, message: Wire) -> None:
        async with self._posts.send("POST", {"Content-Type": _JSON}, message) as response:
            if response.is_error:
                _check_status(response)
                raise _not_mcp(response)
            await self._posts.body(response)


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
            try:
                yield LegacySse(connection, events, _endpoint(connection.url, endpoint))
            except Stopped as stopped:
                stopped.spoken = True
                raise


async def _messages(connection: HttpConnection, response: httpx.Response) -> AsyncGenerator[Any, None]:
    """Yield the messages of an event stream, and the endpoint as a string; events that are no JSON are passed over."""
    stream = EventStream(connection.budget.message_bytes)
    async with contextlib.aclosing(connection.chunks(response)) as chunks:
        async for chunk in chunks:
            connection.meter.take_pieces(chunk.count(b"\n") + chunk.count(b"\r"))
            for event in stream.feed(chunk):
                if event.kind == "endpoint":
                    yield event.data.decode("utf-8", "replace")
                elif event.kind == "message":
                    with contextlib.suppress(ValueError):
                        yield _decoded(connection, event.data)


def _decoded(connection: HttpConnection, raw: bytes) -> Any:
    """Decode a message on the connection's budget. Raises `ValueError` for what is no JSON."""
    connection.meter.take_message(raw)
    try:
        return decode(raw)
    except TooDeepError as error:
        raise Stopped(Reason.TOO_LARGE, f"sent {error}") from error


def _endpoint(url: httpx.URL, named: str) -> httpx.URL:
    endpoint = join(url, named.strip())
    if endpoint is None:
        raise Stopped(Reason.PROTOCOL_ERROR, "names an endpoint that is no address")
    if not same_origin(endpoint, url):
        raise Stopped(Reason.REDIRECTED, f"names an endpoint at {endpoint.scheme}://{endpoint.host}")
    return endpoint


def _check_status(response: httpx.Response) -> None:
    """Raise `Stopped` for a status that says all; 400, 404 and 405 may carry an answer of the protocol."""
    status = response.status_code
    reason = Reason.SERVER_ERROR if response.is_server_error else STATUS_REASONS.get(status)
    may_answer = reason is Reason.NOT_FOUND and _media_type(response) == _JSON
    if reason and not may_answer:
        raise Stopped(reason, f"HTTP {status}", headers=response.headers)


def _not_mcp(response: httpx.Response, fault: str = "") -> Stopped:
    """Say what the answer is; `fault` says why its body is not the JSON that it claims to be."""
    kind = _media_type(response)
    reason = STATUS_REASONS.get(response.status_code, Reason.NOT_MCP)
    claim = f" that is none: {fault}" if fault and kind == _JSON else ""
    return Stopped(reason, f"HTTP {response.status_code} with {kind or 'no media type'}{claim}")


def _no_answer(message: Any) -> Stopped:
    """Say what JSON that does not answer the question is instead."""
    if isinstance(message, NotJson):
        return Stopped(Reason.PROTOCOL_ERROR, f"answered with JSON that {message.why}")
    if isinstance(message, list) and any(map(_is_rpc, message[:1])):
        return Stopped(Reason.PROTOCOL_ERROR, "answered one question with a batch")
    if _is_rpc(message):
        return Stopped(Reason.PROTOCOL_ERROR, "answered with a message that does not answer the question")
    return Stopped(Reason.NOT_MCP, "answered with JSON that is no JSON-RPC")


def _session_id(response: httpx.Response) -> str | None:
    """Return the session id, unless it is not the visible ASCII that the specification asks for."""
    found = response.headers.get("mcp-session-id", "")
    usable = 0 < len(found) <= _LONGEST_SESSION_ID and all("!" <= sign <= "~" for sign in found)
    return found if usable else None


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()[:100]


def _is_rpc(message: Any) -> bool:
    return isinstance(message, dict) and "jsonrpc" in message
