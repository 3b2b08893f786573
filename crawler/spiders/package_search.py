"""npm's search, as every registry of its kind offers it: packages by keyword, page after page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from scrapy.http import Response

from crawler.records import DropReason
from crawler.spiders.fields import mapping
from crawler.spiders.package_source import PackageSpider
from crawler.spiders.web import Found, Page, decoded, entries

KEYWORDS = ("mcp", "mcp-server", "model-context-protocol", "modelcontextprotocol")  # a search has a window: ask several
PAGE_SIZE = 250  # the API's maximum
WINDOW = 5_000  # results of one search that can be reached


class PackageSearchSpider(PackageSpider):
    """One pass over the packages that have one of the keywords."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._found: set[str] = set()

    def search(self) -> Iterator[Page]:
        return (self._search(keyword, 0) for keyword in KEYWORDS)

    def _search(self, keyword: str, start: int) -> Page:
        query = urlencode({"text": f"keywords:{keyword}", "size": PAGE_SIZE, "from": start})
        return Page(f"{self.index()}/-/v1/search?{query}", partial(self._results, keyword, start))

    def _is_known(self, published: object) -> bool:
        """Whether the newest version was published before what the last whole pass read."""
        try:
            moment = datetime.fromisoformat(published) if isinstance(published, str) else None
        except ValueError:
            return False
        return bool(self.updated_since and moment and moment.tzinfo and moment < self.updated_since)

    def _results(self, keyword: str, start: int, response: Response) -> Iterator[Found]:
        found = entries(decoded(response, "a page of a search"), "objects", response.url)
        for number, entry in enumerate(found, start + 1):
            found_package = mapping(mapping(entry).get("package"))
            name = found_package.get("name")
            if not isinstance(name, str):
                yield self.origin(response.url).drop(f"record {number}", DropReason.NO_NAME, "a result without a name")
            elif name not in self._found and not self._is_known(found_package.get("date")):
                self._found.add(name)
                yield self.package_page(name)
        if len(found) >= PAGE_SIZE and start + PAGE_SIZE < WINDOW:
            yield self._search(keyword, start + PAGE_SIZE)
