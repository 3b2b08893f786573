"""The base of every source that is a search with a bounded window of results: the days are cut until they all fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import ClassVar

from scrapy.http import Response

from crawler.records import Dropped, Listing
from crawler.spiders.fields import mapping
from crawler.spiders.record import Origin
from crawler.spiders.web import Found, Page, WebSource, decoded, entries

PAGE_SIZE = 100
WINDOW = 1_000  # results of one search that can be read, by pages
BEGINNING = date(2024, 11, 1)  # the month in which MCP was published


class DatedSearchSpider(WebSource):
    """One pass over all days, or over all of them with only what changed since `updated_since`."""

    expected = "a page of a search"
    parameters: ClassVar[str]
    """The query of a search with `since`, `until` and `page` in braces, to be added to the address."""
    changed: ClassVar[str]
    """What is added to the parameters for what changed since `day`."""

    def first(self) -> Iterator[Page]:
        yield self._page(BEGINNING, datetime.now(UTC).date(), 1)

    def read_record(self, record: object, origin: Origin) -> Listing | Dropped:
        """The listing of one result."""
        raise NotImplementedError

    def _page(self, since: date, until: date, number: int) -> Page:
        query = self.parameters.format(
            since=since,
            until=until,
            page=number,
            changed=self.changed.format(day=self.updated_since.date()) if self.updated_since else "",
        )
        url = f"{self.checked_address()}{query}"
        return Page(url, partial(self._results, since, until, number))

    def _results(self, since: date, until: date, number: int, response: Response) -> Iterator[Found]:
        page = decoded(response, self.expected)
        found = entries(page, "items", response.url)
        total = mapping(page).get("total_count")
        if isinstance(total, int) and total > WINDOW and since < until:
            middle = since + (until - since) // 2
            yield self._page(since, middle, 1)
            yield self._page(middle + timedelta(days=1), until, 1)
            return
        if mapping(page).get("incomplete_results") is True:
            self.ledger.error = f"{response.url} was cut off by the source itself: some results are missing"
        yield from (self.read_record(record, self.origin(response.url)) for record in found)
        if len(found) == PAGE_SIZE and number * PAGE_SIZE < WINDOW:
            yield self._page(since, until, number + 1)
