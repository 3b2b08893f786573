"""The base of every source that speaks the API of the official MCP Registry, `GET /v0.1/servers`, page after page.

The API: https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/api/openapi.yaml
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from scrapy.http import Response

from crawler.records import SourceError
from crawler.spiders.fields import CURSOR_LIMIT, mapping
from crawler.spiders.server_list import read_servers
from crawler.spiders.web import Found, Page, WebSource, decoded, entries

PAGE_SIZE = 100  # the API's maximum


class RegistrySpider(WebSource):
    """One pass over a registry: the latest version of each server, or of each that changed since `updated_since`."""

    api_path: ClassVar[str] = "/v0.1/servers"

    def first(self) -> Iterator[Page]:
        yield self._page(None)

    def _page(self, cursor: str | None) -> Page:
        """The listing's URL: the address may be that or the registry's root."""
        parts = urlsplit(self.checked_address())
        path = parts.path
        query = {"version": "latest", "limit": str(PAGE_SIZE)}
        if self.updated_since:
            query["updated_since"] = self.updated_since.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if cursor is not None:
            query["cursor"] = cursor
        path = path if path.endswith("/servers") else path + self.api_path
        return Page(urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), "")), self._servers)

    def _servers(self, response: Response) -> Iterator[Found]:
        page = decoded(response, self.expected)
        yield from read_servers(entries(page, "servers", response.url), self.origin(response.url))
        cursor = _next_cursor(page, response.url)
        if cursor is not None:
            yield self._page(cursor)


def _next_cursor(page: Mapping[str, Any], url: str) -> str | None:
    """The cursor of the next page; none, null and the empty string mean that there is no next page."""
    metadata = mapping(page.get("metadata"))
    cursor = metadata.get("nextCursor", metadata.get("next_cursor"))
    if cursor is None or cursor == "":
        return None
    if not isinstance(cursor, str) or len(cursor) > CURSOR_LIMIT:
        raise SourceError(f"{url} names a next page by something that is no cursor")
    return cursor
