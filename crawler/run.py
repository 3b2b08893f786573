"""Runs passes over sources, several at once, and says how each ended. Knows Scrapy and no shape of record.

`discover` may be called any number of times in a process, one call at a time: a Twisted reactor cannot be started
twice, so it is started once and its event loop is run for each call.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from crawler.pipelines import Ledger, Outlet
from crawler.records import Sink, SourceError, TargetKind, Validator

if TYPE_CHECKING:
    from scrapy.crawler import AsyncCrawlerRunner
    from twisted.python.failure import Failure

    from crawler.spiders.source import SourceSpider


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """A source to read. `address` replaces its default one; `updated_since` asks only for what changed after it.

    `known` is what the source said of its document when that was last read whole, `validators` what it said of each
    record that still stands, by the address where that was read; `names` are packages that other sources named, of the
    kind that `wanted` says.
    """

    source: str
    address: str | None = None
    updated_since: datetime | None = None
    known: Validator | None = None
    validators: Mapping[str, Validator] = field(default_factory=dict)
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """How one pass over a source went. `dropped` counts by reason; `error` is one line, `None` for a whole pass.

    `candidates` are listings that name nothing to ask. `label` is the source as its listings name it. `unchanged` says
    that it had nothing new since `known`; `names_all`, that a whole pass names every server that the source has. `wait`
    is how long the source asked to be left alone.
    """

    source: str
    address: str
    started_at: datetime
    listings: int
    dropped: Mapping[str, int]
    error: str | None
    candidates: int = 0
    label: str = ""
    validator: Validator | None = None
    unchanged: bool = False
    names_all: bool = False
    wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Source:
    """What there is to know of a source beforehand. `lacks` says what is to be given before it can be read."""

    name: str
    about: str
    address: str
    licence: str
    lacks: str


def sources() -> Mapping[str, Source]:
    """Every source by its name."""
    from crawler.spiders import source_spiders

    return {
        name: Source(name, spider.about, spider.default_address or "", spider.licence, _lacks(spider))
        for name, spider in sorted(source_spiders().items())
    }


def expect_known(source: str) -> None:
    """Raise `SourceError` for a source that we do not know."""
    _spider(source)


def wanted(source: str) -> TargetKind | None:
    """The kind of packages whose names are to be in a request to this source, if other sources named some."""
    return _spider(source).wants


def _lacks(spider: type[SourceSpider]) -> str:
    missing = spider.missing_keys()
    if missing:
        return f"{' and '.join(missing)} in the environment"
    return "an address" if spider.default_address is None else ""


def discover(
    requests: Sequence[SourceRequest], sink: Sink, *, limit: int | None = None, allow_private: bool = False
) -> list[Discovery]:
    """Read all the sources and hand their listings to the sink; in the order of `requests`, how each pass ended.

    `limit` is the number of listings taken from each source. Raises `SourceError` for a source that we do not know or
    that lacks its address, before anything is asked, and whatever the sink raises.
    """
    outlet = Outlet(sink)
    passes = [_Pass(request, outlet, limit) for request in requests]
    if passes:
        _silence()
        _reactor_loop().run(_run(passes, allow_private=allow_private))
    return [one.outcome() for one in passes]


class _Pass:
    """One source being read."""

    def __init__(self, request: SourceRequest, outlet: Outlet, limit: int | None) -> None:
        self._spider = _spider(request.source)
        self._address = request.address or self._spider.default_address or ""
        if request.address is None and self._spider.default_address is None:
            raise SourceError(f"source {request.source} has no address of its own: write {request.source}=ADDRESS")
        if missing := self._spider.missing_keys():
            variables = " and ".join(missing)
            raise SourceError(f"source {request.source} is off without its key: set {variables} in the environment")
        self._request = request
        self._limit = limit
        self._started_at = datetime.now(UTC)
        self._ledger = Ledger(outlet)

    async def run(self, runner: AsyncCrawlerRunner, crash: asyncio.Future[None]) -> None:
        """Read the source; what goes wrong, other than at the source, becomes the exception of `crash`."""
        from scrapy import signals

        def spider_failed(failure: Failure) -> None:
            if isinstance(failure.value, SourceError):
                self._ledger.error = self._ledger.error or str(failure.value)
            else:
                failed(failure)

        def failed(failure: Failure) -> None:
            if not crash.done():
                crash.set_exception(cast("BaseException", failure.value))

        crawler = runner.create_crawler(self._spider)
        crawler.signals.connect(spider_failed, signals.spider_error)  # also what a spider's `start` raises
        crawler.signals.connect(failed, signals.item_error)  # what the sink raises
        await runner.crawl(
            crawler,
            address=self._address,
            updated_since=self._request.updated_since,
            known=self._request.known,
            validators=self._request.validators,
            names=self._request.names,
            limit=self._limit,
            ledger=self._ledger,
        )

    def outcome(self) -> Discovery:
        return Discovery(
            source=self._request.source,
            address=self._address,
            started_at=self._started_at,
            listings=self._ledger.listings,
            dropped=dict(self._ledger.dropped),
            error=self._ledger.error,
            candidates=self._ledger.candidates,
            label=self._ledger.label,
            validator=self._ledger.validator,
            unchanged=self._ledger.unchanged,
            names_all=self._spider.names_all,
            wait=self._ledger.wait,
        )


async def _run(passes: Sequence[_Pass], *, allow_private: bool) -> None:
    """Run the passes at the same time; the first crash ends them all and is raised."""
    from scrapy.crawler import AsyncCrawlerRunner
    from twisted.internet import reactor

    from crawler.resolver import guarded
    from crawler.settings import spider_settings

    runner = AsyncCrawlerRunner(spider_settings())
    crash: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with guarded(reactor, allow_private=allow_private):
        whole: asyncio.Future[Any] = asyncio.gather(*(one.run(runner, crash) for one in passes))
        try:
            await asyncio.wait([whole, crash], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _stop(runner, reactor)
        await (crash if crash.done() else whole)


async def _stop(runner: AsyncCrawlerRunner, reactor: Any) -> None:
    """End what still runs, after a crash or Ctrl-C. Scrapy waits for its downloads, so those are cut off."""
    from twisted.internet.tcp import Connection

    stopping = asyncio.ensure_future(runner.stop())
    await asyncio.sleep(0)  # first it hears that it stops, or it would ask again
    for connection in reactor.getReaders():
        if isinstance(connection, Connection):
            connection.abortConnection()  # type: ignore[no-untyped-call]
    await stopping


def _spider(source: str) -> type[SourceSpider]:
    from crawler.spiders import source_spiders

    spiders = source_spiders()
    if source not in spiders:
        raise SourceError(f"{source} is no source, expected one of: {', '.join(sorted(spiders))}")
    return spiders[source]


@cache
def _reactor_loop() -> asyncio.Runner:
    """The event loop of Twisted's reactor; an `asyncio.Runner` hears Ctrl-C, which Twisted would swallow."""
    from twisted.internet.asyncioreactor import AsyncioSelectorReactor
    from twisted.internet.main import installReactor

    loop = asyncio.new_event_loop()
    reactor = AsyncioSelectorReactor(loop)
    installReactor(reactor)  # type: ignore[no-untyped-call]
    reactor.startRunning(installSignalHandlers=False)
    runner = asyncio.Runner(loop_factory=lambda: loop)
    atexit.register(runner.close)
    return runner


@cache
def _silence() -> None:
    """Keep Scrapy and Twisted off stderr: what matters stands in the outcome. The root's handlers still hear."""
    from twisted.python.log import PythonLoggingObserver

    PythonLoggingObserver("twisted").start()  # type: ignore[no-untyped-call]
    for name in ("scrapy", "twisted"):
        logging.getLogger(name).addHandler(logging.NullHandler())
