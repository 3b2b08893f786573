"""Whether a server's robots.txt lets a crawler ask it: RFC 9309, each file read once a day. Knows nothing of MCP."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import aclosing
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import NamedTuple

import httpx
from protego import Protego

from crawler.introspector.budget import Stopped
from crawler.introspector.connection import HttpConnection
from crawler.records import Reason
from crawler.settings import NAME

_DAY = 24 * 60 * 60.0
_HOUR = 60 * 60.0
"""How long a server that failed to say is not asked again: as long as it rests after a failure of its own."""

_LARGEST = 512 * 1024
"""What RFC 9309 asks a crawler to read at least; the rest is passed over."""

_MOST_FILES = 10_000
_MOST_BYTES = 32 * 1024 * 1024
"""What is kept at a time; of files as they came, because the parsed form of a hostile one is forty times as large."""


class _File(NamedTuple):
    read_at: float
    content: bytes | Stopped

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else 0


class Robots:
    """The files read so far, by origin. A file that the server has not, or not on its own origin, forbids nothing."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _File] = OrderedDict()
        self._bytes = 0

    async def check(self, connection: HttpConnection) -> None:
        """Raise `Stopped` where robots.txt keeps crawlers away from the connection's URL, now or as it is led on."""
        place = connection.url.copy_with(path="/robots.txt", query=None, fragment=None)
        content = await self._content(str(place), connection.at(place))
        connection.allow = partial(_allow, content)
        connection.allow(connection.url)

    async def _content(self, origin: str, connection: HttpConnection) -> bytes:
        """Return the file, read at most once a day. Raises `Stopped` where the server fails to say."""
        known = self._known.get(origin)
        kept = _HOUR if known and isinstance(known.content, Stopped) else _DAY
        if known is None or monotonic() - known.read_at > kept:
            known = _File(monotonic(), await _read(connection))
            self._forget(origin)
            self._known[origin] = known
            self._bytes += known.size
            while len(self._known) > _MOST_FILES or self._bytes > _MOST_BYTES:
                self._forget(next(iter(self._known)))
        if isinstance(known.content, Stopped):
            raise Stopped(known.content.reason, str(known.content), headers=known.content.headers)
        return known.content

    def _forget(self, origin: str) -> None:
        if gone := self._known.pop(origin, None):
            self._bytes -= gone.size


def _allow(content: bytes, url: httpx.URL) -> None:
    """Raise `Stopped` for a URL that the file keeps crawlers away from; it is parsed anew, as few sessions are led on.

    What robots.txt says of its origin holds for all of it: nobody is led to another.
    """
    if not Protego.parse(content.decode("utf-8", "replace")).can_fetch(str(url), NAME):
        raise Stopped(Reason.DISALLOWED, f"its robots.txt keeps crawlers away from {url.path}")


async def _read(connection: HttpConnection) -> bytes | Stopped:
    """Return the file, or what keeps us away while the server fails to say (RFC 9309 section 2.3.1.4)."""
    try:
        async with connection.send("GET", {"Accept": "text/plain"}) as response:
            if response.is_server_error or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                reason = Reason.SERVER_ERROR if response.is_server_error else Reason.RATE_LIMITED
                why = f"its robots.txt answers HTTP {response.status_code}, which forbids asking (RFC 9309)"
                return Stopped(reason, why, headers=response.headers)
            return await _beginning(connection, response) if response.status_code == HTTPStatus.OK else b""
    except Stopped as stopped:
        if stopped.reason is Reason.REDIRECTED:
            return b""
        if stopped.reason is Reason.PROTOCOL_ERROR:  # compressed, though nobody asked for that
            return Stopped(Reason.DISALLOWED, "its robots.txt cannot be read, which forbids asking (RFC 9309)")
        raise


async def _beginning(connection: HttpConnection, response: httpx.Response) -> bytes:
    content = bytearray()
    async with aclosing(connection.chunks(response)) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) >= _LARGEST:
                break
    return bytes(content[:_LARGEST])
