"""Whether a server's robots.txt lets a crawler ask it: RFC 9309, each file read once a day. Knows nothing of MCP."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import aclosing
from http import HTTPStatus
from time import monotonic

import httpx
from protego import Protego

from crawler.introspector.budget import Stopped
from crawler.introspector.http import HttpConnection
from crawler.records import Reason
from crawler.settings import NAME

_DAY = 24 * 60 * 60.0
_LARGEST = 512 * 1024
"""What RFC 9309 asks a crawler to read at least; the rest is passed over."""

_MOST = 10_000
"""Files kept at a time: their parsed form takes a few kilobytes each."""

_NO_RULES = Protego.parse("")


class Robots:
    """The files read so far, by origin. A file that the server has not, or not on its own origin, forbids nothing."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, Protego | None]] = OrderedDict()

    async def check(self, connection: HttpConnection) -> None:
        """Raise `Stopped` where robots.txt keeps crawlers away from the connection's URL."""
        place = connection.url.copy_with(path="/robots.txt", query=None, fragment=None)
        rules = await self._rules(str(place), HttpConnection(connection.client, place, connection.budget))
        if rules is None:
            raise Stopped(Reason.DISALLOWED, "its robots.txt cannot be read now, which forbids asking (RFC 9309)")
        if not rules.can_fetch(str(connection.url), NAME):
            raise Stopped(Reason.DISALLOWED, f"its robots.txt keeps crawlers away from {connection.url.path}")

    async def _rules(self, origin: str, connection: HttpConnection) -> Protego | None:
        """Return the rules; `None` where the server fails to say."""
        read_at, rules = self._known.pop(origin, (float("-inf"), None))
        if monotonic() - read_at > _DAY:
            read_at, rules = monotonic(), await _read(connection)
        self._known[origin] = read_at, rules
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return rules


async def _read(connection: HttpConnection) -> Protego | None:
    try:
        async with connection.send("GET", {"Accept": "text/plain"}) as response:
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return None
            text = await _text(connection, response) if response.status_code == HTTPStatus.OK else ""
    except Stopped as stopped:
        if stopped.reason is Reason.REDIRECTED:
            return _NO_RULES
        raise
    return Protego.parse(text)


async def _text(connection: HttpConnection, response: httpx.Response) -> str:
    content = bytearray()
    async with aclosing(connection.chunks(response)) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) >= _LARGEST:
                break
    return content[:_LARGEST].decode("utf-8", "replace")
