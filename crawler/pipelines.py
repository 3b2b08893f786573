"""Hands what the spiders yield to the sink, one record at a time, and counts it. Knows no source."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from crawler.records import Dropped, Listing, Sink, Validator

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Outlet:
    """The sink of all passes that run at the same time: once it has raised, it is not called again."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._broken = False

    def take(self, item: Listing | Dropped) -> bool:
        """Give one item to the sink and say whether it took it; raises what the sink raises."""
        if self._broken:
            return False
        self._broken = True
        if isinstance(item, Dropped):
            self._sink.dropped(item)
        else:
            self._sink.listing(item)
        self._broken = False
        return True


@dataclass(slots=True)
class Ledger:
    """What one pass has given to the sink so far; `error` is the line of a source that failed.

    `label` is the source as its listings name it; `validator`, what it said of its document; `unchanged` says that this
    was the same at the last pass. `wait` is how long it asked to be left alone.
    """

    outlet: Outlet
    listings: int = 0
    candidates: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    error: str | None = None
    label: str = ""
    validator: Validator | None = None
    unchanged: bool = False
    wait: timedelta = timedelta()

    def take(self, item: Listing | Dropped) -> None:
        """Give one item to the sink and count it."""
        if not self.outlet.take(item):
            return
        if isinstance(item, Dropped):
            self.dropped[item.reason.value] += 1
        elif item.is_candidate:
            self.candidates += 1
        else:
            self.listings += 1


class SinkPipeline:
    """Scrapy's end of the sink. What the sink raises reaches `discover` by Scrapy's `item_error` signal."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's constructor: the spider of this crawler brings its ledger."""
        spider: Any = crawler.spider  # a `crawler.spiders.source.SourceSpider`: we start no others
        return cls(spider.ledger)

    def process_item(self, item: Listing | Dropped) -> Listing | Dropped:
        self._ledger.take(item)
        return item
