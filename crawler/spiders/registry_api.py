"""The base of every source that speaks the API of the official MCP Registry, `GET /v0.1/servers`, page after page.

The API: https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/api/openapi.yaml
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from scrapy import Request
from scrapy.http import Response

from crawler.introspector.budget import Stopped
from crawler.introspector.guard import check_url
from crawler.records import Dropped, Listing, SourceError
from crawler.spiders.fields import mapping
from crawler.spiders.server_list import read_servers
from crawler.spiders.source import SourceSpider

PAGE_SIZE = 100  # the API's maximum
PAGE_LIMIT = 20_000  # pages of one pass: two million servers, so that an endless registry ends
CURSOR_LIMIT = 1_024  # characters; a cursor is a name and a version
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REDIRECT_LIMIT = 3  # of one page


class RegistrySpider(SourceSpider):
    """One pass over a registry: the latest version of each server, or of each that changed since `updated_since`."""

    api_path: ClassVar[str] = "/v0.1/servers"
    pause: ClassVar[float] = 0.0
    """Seconds between two pages of the default address, by its terms; another address is the user's own business."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._cursors: set[str] = set()

    async def start(self) -> AsyncIterator[Request]:
        yield self._page(self._endpoint(), None)

    async def parse(self, response: Response) -> AsyncIterator[Listing | Dropped | Request]:
        """Yield the records of one page, then ask for the next one."""
        if response.status in _REDIRECTS:
            yield self._redirected(response)
            return
        page = _decoded(response)
        for item in self.take(read_servers(_servers(page, response.url), self.origin(response.url))):
            yield item
        cursor = _next_cursor(page, response.url)
        if cursor is not None and not self.full:
            await asyncio.sleep(self.pause if self.address == self.default_address else 0)
            yield self._page(self._endpoint(), self._new(cursor, response.url))

    def _endpoint(self) -> str:
        """The listing's URL: the address may be that or the registry's root."""
        try:
            check_url(self.address)
        except Stopped as fault:
            raise SourceError(f"source {self.name} cannot be asked at {self.address}: {fault}") from fault
        parts = urlsplit(self.address)
        path = parts.path.rstrip("/")
        return urlunsplit(
            (parts.scheme, parts.netloc, path if path.endswith("/servers") else path + self.api_path, "", "")
        )

    def _page(self, endpoint: str, cursor: str | None) -> Request:
        query = {"version": "latest", "limit": str(PAGE_SIZE)}
        if self.updated_since:
            query["updated_since"] = self.updated_since.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if cursor is not None:
            query["cursor"] = cursor
        return self._request(f"{endpoint}?{urlencode(query)}", _REDIRECT_LIMIT)

    def _request(self, url: str, redirects: int) -> Request:
        return Request(url, errback=self.failed, meta={"redirects": redirects}, dont_filter=True)

    def _redirected(self, response: Response) -> Request:
        """The same page at another path of the same origin; nothing else is followed."""
        location = (response.headers.get("Location") or b"").decode("latin-1")
        try:
            target = urljoin(response.url, location)
            same_origin = urlsplit(target)[:2] == urlsplit(response.url)[:2]
        except ValueError:  # no URL at all
            target, same_origin = location, False
        if not same_origin:
            raise SourceError(f"{response.url} redirects to another origin, {target!r}: if you trust it, give that")
        redirects: int = response.meta["redirects"]
        if not redirects:
            raise SourceError(f"{response.url} redirects more than {_REDIRECT_LIMIT} times, expected a page of servers")
        return self._request(target, redirects - 1)

    def _new(self, cursor: str, url: str) -> str:
        if cursor in self._cursors:
            raise SourceError(f"{url} repeats a cursor, so its pages would never end")
        if len(self._cursors) >= PAGE_LIMIT:
            raise SourceError(f"{url} is page {PAGE_LIMIT}, more than any registry has")
        self._cursors.add(cursor)
        return cursor


def _decoded(response: Response) -> Mapping[str, Any]:
    if response.status != 200:
        raise SourceError(f"{response.url} answered HTTP {response.status}, expected 200 and a page of servers")
    try:
        page = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{response.url} is not JSON, expected a page of servers") from error
    if not isinstance(page, dict):
        raise SourceError(f"{response.url} is a JSON {type(page).__name__}, expected an object with servers")
    return page


def _servers(page: Mapping[str, Any], url: str) -> list[Any]:
    servers = page.get("servers")
    if servers is None and "servers" in page:  # how Go writes an empty list
        return []
    if not isinstance(servers, list):
        raise SourceError(f"{url} holds no list of servers, expected the registry API's page")
    return servers


def _next_cursor(page: Mapping[str, Any], url: str) -> str | None:
    """The cursor of the next page; none, null and the empty string mean that there is no next page."""
    metadata = mapping(page.get("metadata"))
    cursor = metadata.get("nextCursor", metadata.get("next_cursor"))
    if cursor is None or cursor == "":
        return None
    if not isinstance(cursor, str) or len(cursor) > CURSOR_LIMIT:
        raise SourceError(f"{url} names a next page by something that is no cursor")
    return cursor
