"""Puts what the sources say into the catalogue, in small transactions. Knows no source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Engine

from catalogue.database import reading, writing
from catalogue.repository import ListingStore, Work
from catalogue.values import PassRow, Report
from crawler.records import Dropped, Listing, Sink
from crawler.run import Discovery, SourceRequest

_BATCH = 100
"""Listings a transaction; what a kill can cost, until the next crawl reads the source again."""
_KEPT_DROPS = 200
_OVERLAP = timedelta(hours=1)
"""How much further back than the last pass an incremental one asks, for sources whose clock is not ours."""


class Discover(Protocol):
    """`crawler.run.discover`, or what a test puts in its place."""

    def __call__(
        self, requests: Sequence[SourceRequest], sink: Sink, *, limit: int | None = None, allow_private: bool = False
    ) -> list[Discovery]:
        """Read the sources into the sink."""


class DatabaseSink:
    """Writes listings as they come, a batch a transaction. `dropped_records` holds the first of those that are none."""

    def __init__(self, engine: Engine, report: Report) -> None:
        """`close` has to be called in the end."""
        self._engine = engine
        self._report = report
        self._waiting: list[Listing] = []
        self._taken = 0
        self.dropped_records: list[Dropped] = []

    def listing(self, listing: Listing) -> None:
        """Take one listing."""
        self._waiting.append(listing)
        self._taken += 1
        self._report("reading sources", self._taken, None)
        if len(self._waiting) >= _BATCH:
            self.close()

    def dropped(self, dropped: Dropped) -> None:
        """Take note of a record that became no listing; a pass counts them all."""
        if len(self.dropped_records) < _KEPT_DROPS:
            self.dropped_records.append(dropped)

    def close(self) -> None:
        """Write what is waiting."""
        if self._waiting:
            with writing(self._engine) as session:
                ListingStore(session).take(self._waiting)
            self._waiting.clear()


def discover_into(
    engine: Engine,
    discover: Discover,
    requests: Sequence[SourceRequest],
    *,
    limit: int | None,
    allow_private: bool,
    report: Report,
) -> tuple[list[Discovery], list[Dropped]]:
    """Read the sources into the catalogue, asking each only for what changed since it was last read to its end."""
    asked = [_since_last_time(engine, request) for request in requests]
    sink = DatabaseSink(engine, report)
    try:
        discoveries = discover(asked, sink, limit=limit, allow_private=allow_private)
    finally:
        sink.close()
    with writing(engine) as session:
        for request, discovery in zip(requests, discoveries, strict=True):
            Work(session).add_pass(_to_pass(request, discovery, whole=limit is None))
    return discoveries, sink.dropped_records


def _since_last_time(engine: Engine, request: SourceRequest) -> SourceRequest:
    if request.updated_since is not None:
        return request
    with reading(engine) as session:
        last = Work(session).last_complete_pass(request.source, request.address or "")
    return request if last is None else replace(request, updated_since=last - _OVERLAP)


def _to_pass(request: SourceRequest, discovery: Discovery, *, whole: bool) -> PassRow:
    return PassRow(
        source=request.source,
        address=request.address or "",
        started_at=discovery.started_at,
        finished_at=datetime.now(UTC),
        listings=discovery.listings,
        dropped=discovery.dropped,
        error=discovery.error,
        complete=whole and discovery.error is None,
    )
