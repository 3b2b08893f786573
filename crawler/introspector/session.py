"""The protocol: find out which era a server speaks, then list its tools to the end. Knows no transport.

It asks `server/discover`, `initialize` and `tools/list`, and nothing else: it never calls a tool.
Revisions: https://modelcontextprotocol.io/specification/2026-07-28 (stateless) and its predecessors (handshake).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from crawler.introspector.budget import Budget, Stopped, one_line
from crawler.introspector.wire import METHOD_NOT_FOUND, NotJson, RemoteError, encode, fault_of
from crawler.records import Malformed, Reason, Wire
from crawler.settings import NAME, contact, own_version

_T = TypeVar("_T")

MODERN = "2026-07-28"
HANDSHAKE = "2025-11-25"
"""The newest handshake revision; an older server answers with its own, and we go on in that."""

_UNSUPPORTED_REVISION = -32022
_MODERN_ERRORS = frozenset({-32020, -32021, _UNSUPPORTED_REVISION})
"""HeaderMismatch, MissingRequiredClientCapability, UnsupportedProtocolVersion: only modern servers say these."""

_REVISION = re.compile(r"[!-~]{1,40}")  # it goes into a header; real ones are dates
_META = "io.modelcontextprotocol/"
_EXCERPT = 200
_LONGEST_CURSOR = 16 * 1024
"""Characters of a cursor that we send back; real ones are names, numbers or tokens of some hundred characters."""

_INFO_NESTING = 10
"""Levels of `serverInfo`: the schema has three, with its icons."""

_LONGEST_TTL = 366 * 24 * 3600 * 1000
"""Milliseconds: a server that asks not to be seen again for longer than a year says nothing we can use."""


class Channel(Protocol):
    """One server, one question at a time.

    `modern` says whether the stateless revision can be spoken over it; `legacy_signs` are the failures of a first,
    modern question that mean "an older server" rather than "no server".
    """

    modern: bool
    legacy_signs: frozenset[Reason]

    async def ask(self, method: str, params: Wire, revision: str | None) -> Wire:
        """Return the result. Raises `RemoteError` for an error answer and `Stopped` for none."""

    async def tell(self, method: str, revision: str | None) -> None:
        """Send a notification."""


@dataclass(slots=True)
class Listed:
    """What a server said of itself and its tools, as far as the listing went.

    `declared` is what its package declares beside that, and no word of the server's.
    """

    protocol_version: str
    server_info: Wire
    instructions: str | None
    offers_tools: bool
    tools: list[Wire] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    pages: int = 0
    complete: bool = False
    ttl: timedelta | None = None
    private: bool = False
    declared: tuple[Wire, ...] = ()


def client_info() -> Wire:
    """Who we say we are, and where to read about whoever runs this crawl."""
    site = contact()
    return {"name": NAME, "version": own_version(), **({"websiteUrl": site} if site.startswith("http") else {})}


class Session:
    """One exchange with one server, within its budget; `deadline` is a time of the running loop's clock."""

    def __init__(self, channel: Channel, budget: Budget, deadline: float, first_seconds: float | None = None) -> None:
        self._channel = channel
        self._budget = budget
        self._deadline = deadline
        self._first_seconds = first_seconds or budget.request_seconds

    async def list_tools(self) -> Listed:
        """List the tools. Raises `Stopped` when the server did not get as far as a first page."""
        try:
            listed = await self._discover() if self._channel.modern else None
            listed = listed or await self._handshake()
            await self._all_pages(listed)
        except RemoteError as error:
            raise Stopped(Reason.PROTOCOL_ERROR, str(error)) from error
        return listed

    async def _discover(self) -> Listed | None:
        """Ask as a modern client; `None` means that the server is of the handshake era."""
        try:
            result = await self._ask("server/discover", {}, MODERN, self._first_seconds)
        except RemoteError as error:
            if error.code in _MODERN_ERRORS and not _offers_handshake(error):
                raise
            return None
        except Stopped as stopped:
            if stopped.reason in self._channel.legacy_signs:
                return None
            raise
        supported = result.get("supportedVersions")
        if not isinstance(supported, list) or MODERN not in supported:
            return None
        meta = _object(result.get("_meta"))
        return _listed(MODERN, meta.get(_META + "serverInfo"), result, self._budget)

    async def _handshake(self) -> Listed:
        offer = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": client_info()}
        result = await self._ask("initialize", offer, None, self._first_seconds)
        revision = result.get("protocolVersion")
        if not isinstance(revision, str) or not _REVISION.fullmatch(revision):
            raise Stopped(Reason.PROTOCOL_ERROR, "answered initialize without a protocol version")
        await self._within(
            self._budget.request_seconds, self._channel.tell("notifications/initialized", revision), "initialized"
        )
        return _listed(revision, result.get("serverInfo"), result, self._budget)

    async def _all_pages(self, listed: Listed) -> None:
        """Follow the cursors; a failure after the first page leaves a listing that is not complete."""
        cursor: str | None = None
        seen: set[str] = set()
        while listed.pages < self._budget.pages and len(listed.tools) < self._budget.tools:
            try:
                result = await self._page(cursor, listed)
            except (Stopped, RemoteError):
                if not listed.pages:
                    raise
                return
            self._take(result, listed)
            following = result.get("nextCursor")
            if following is None:
                listed.complete = len(listed.tools) <= self._budget.tools
                del listed.tools[self._budget.tools :]
                return
            if not isinstance(following, str) or len(following) > _LONGEST_CURSOR or following in seen:
                return
            seen.add(following)
            cursor = following
        del listed.tools[self._budget.tools :]

    async def _page(self, cursor: str | None, listed: Listed) -> Wire:
        params = {} if cursor is None else {"cursor": cursor}
        try:
            result = await self._ask("tools/list", params, listed.protocol_version, self._budget.request_seconds)
        except RemoteError as error:
            if error.code == METHOD_NOT_FOUND and not listed.offers_tools:
                return {"tools": []}  # it said that it has no tools, and keeps its word
            raise
        if result.get("resultType", "complete") != "complete":
            raise Stopped(Reason.PROTOCOL_ERROR, "answered tools/list with a question")
        if not isinstance(result.get("tools"), list):
            raise Stopped(Reason.PROTOCOL_ERROR, "answered tools/list without a list of tools")
        return result

    def _take(self, result: Wire, listed: Listed) -> None:
        listed.pages += 1
        for entry in result["tools"]:
            why = _fault_of_tool(entry, self._budget)
            if why is None:
                listed.tools.append(entry)
            elif len(listed.malformed) < self._budget.tools:
                place = len(listed.tools) + len(listed.malformed)
                listed.malformed.append(Malformed(place, why, _excerpt(entry)))
        listed.private = listed.private or result.get("cacheScope") == "private"
        ttl = result.get("ttlMs")
        if type(ttl) is int and 0 <= ttl <= _LONGEST_TTL:
            page_ttl = timedelta(milliseconds=ttl)
            listed.ttl = page_ttl if listed.ttl is None else min(listed.ttl, page_ttl)

    async def _ask(self, method: str, params: Wire, revision: str | None, seconds: float) -> Wire:
        if revision == MODERN:
            params = {**params, "_meta": _modern_meta()}
        return await self._within(seconds, self._channel.ask(method, params, revision), method)

    async def _within(self, seconds: float, exchange: Awaitable[_T], what: str) -> _T:
        ends = min(asyncio.get_running_loop().time() + seconds, self._deadline)
        try:
            async with asyncio.timeout_at(ends):
                return await exchange
        except TimeoutError:
            raise Stopped(Reason.TIMED_OUT, f"no answer to {what} in time") from None


def _modern_meta() -> Wire:
    return {_META + "protocolVersion": MODERN, _META + "clientCapabilities": {}, _META + "clientInfo": client_info()}


def _listed(revision: str, server_info: Any, result: Wire, budget: Budget) -> Listed:
    """Begin a listing; of what a server says of itself, what is no plain JSON or larger than a tool is left out."""
    info = _object(server_info)
    instructions = result.get("instructions")
    said = isinstance(instructions, str) and _is_plain({"instructions": instructions}, 1, budget)
    return Listed(
        protocol_version=revision,
        server_info=info if _is_plain(info, _INFO_NESTING, budget) else {},
        instructions=instructions if said else None,
        offers_tools="tools" in _object(result.get("capabilities")),
    )


def _is_plain(value: Wire, nesting: int, budget: Budget) -> bool:
    return not fault_of(value, nesting) and len(encode(value)) <= budget.tool_bytes


def _offers_handshake(error: RemoteError) -> bool:
    supported = _object(error.data).get("supported")
    return error.code == _UNSUPPORTED_REVISION and isinstance(supported, list) and MODERN not in supported


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _fault_of_tool(entry: Any, budget: Budget) -> str | None:
    """Say why an entry of a tools list is no tool; the schemas are claims, and judged elsewhere."""
    if isinstance(entry, NotJson):
        return entry.why
    if not isinstance(entry, dict):
        return f"a tool is an object, not {_kind(entry)}"
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        return f"a tool has a name, not {_kind(name)}"
    if fault := fault_of(entry, budget.nesting):
        return fault
    if len(encode(entry)) > budget.tool_bytes:
        return f"larger than {budget.tool_bytes} bytes"
    return None


def _kind(value: Any) -> str:
    if value == "":
        return "an empty string"
    names = {str: "a string", list: "an array", dict: "an object", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _excerpt(entry: Any) -> str:
    """Show what was sent, shortened; of an object too odd to print, its name."""
    name = entry.get("name") if isinstance(entry, dict) else None
    return one_line(name if isinstance(name, str) and name else repr(entry)[: 4 * _EXCERPT])[:_EXCERPT]
