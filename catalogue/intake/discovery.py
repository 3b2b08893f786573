"""Puts what the sources say into the catalogue, in small transactions. Knows no source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from catalogue.database import reading, writing
from catalogue.repository import CandidateStore, Declaration, ListingStore, ToolStore, Work
from catalogue.repository.listings import declared_by
from catalogue.values import PassRow, Report
from catalogue.wire import Definition, to_definition
from classifier.tool import NotAToolError
from crawler.records import Dropped, Listing, ListingStatus, Sink
from crawler.run import Discovery, SourceRequest, wanted

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
                _take(session, self._waiting, datetime.now(UTC))
            self._waiting.clear()


def _take(session: Session, batch: Sequence[Listing], now: datetime) -> None:
    """Put a batch where it belongs: what can be asked, or has tools, into the catalogue, and what they declare too."""
    candidates = CandidateStore(session)
    listings = [listing for listing in batch if not listing.is_candidate]
    listings += candidates.take([listing for listing in batch if listing.is_candidate])
    candidates.forget(listings)
    store = ListingStore(session)
    store.take(listings)
    declarers = [(store.server_of(one), declared_by(one.source, one.source_id)) for one in listings]
    declared = [
        Declaration(server, tool, by)
        for (server, by), listing in zip(declarers, listings, strict=True)
        for tool in _tools(listing)
    ]
    ToolStore(session).declare_anew(frozenset(declarers), declared, now)


def _tools(listing: Listing) -> Iterator[Definition]:
    """The tools that a listing declares, as far as they can be kept; what is deleted declares none."""
    for wire in listing.tools if listing.status is not ListingStatus.DELETED else ():
        with suppress(NotAToolError):
            yield to_definition(wire)


def discover_into(
    engine: Engine,
    discover: Discover,
    requests: Sequence[SourceRequest],
    *,
    limit: int | None,
    allow_private: bool,
    report: Report,
) -> tuple[list[Discovery], list[Dropped]]:
    """Read the sources into the catalogue, asking each only for what changed since it was last read to its end.

    A source that asked to be left alone is not asked before its time.
    """
    resting = [_resting(engine, request) for request in requests]
    awake = [request for request, rests in zip(requests, resting, strict=True) if rests is None]
    asked = [_with_what_is_known(engine, request) for request in awake]
    sink = DatabaseSink(engine, report)
    try:
        discoveries = discover(asked, sink, limit=limit, allow_private=allow_private)
    finally:
        sink.close()
    with writing(engine) as session:
        for request, discovery in zip(awake, discoveries, strict=True):
            row = _to_pass(request, discovery, whole=limit is None)
            Work(session).add_pass(row)
            if row.complete and discovery.names_all and (discovery.listings or discovery.candidates):
                _let_go(session, discovery)
    read = iter(discoveries)
    return [rests or next(read) for rests in resting], sink.dropped_records


def _resting(engine: Engine, request: SourceRequest) -> Discovery | None:
    """Say that a source is not asked now, if it asked for that."""
    now = datetime.now(UTC)
    with reading(engine) as session:
        until = Work(session).asked_to_wait_until(request.source, request.address or "")
    if until is None or until <= now:
        return None
    error = f"it asked to be left alone until {until:%Y-%m-%d %H:%M} UTC"
    return Discovery(request.source, request.address or "", now, 0, {}, error, label=request.source)


def _with_what_is_known(engine: Engine, request: SourceRequest) -> SourceRequest:
    """Say in a request what was read before, and which packages other sources name."""
    kind = wanted(request.source)
    with reading(engine) as session:
        last = Work(session).last_complete_pass(request.source, request.address or "")
        names = Work(session).packages(kind) if kind is not None and request.address is None else ()
        said = Work(session).validators(request.source)
    request = replace(request, names=names, validators=said)
    if last is None or request.updated_since is not None:
        return request
    return replace(request, updated_since=last.started_at - _OVERLAP, known=last.validator)


def _let_go(session: Session, discovery: Discovery) -> None:
    """Withdraw what a source that names all that it has names no longer."""
    gone = ListingStore(session).withdraw_unseen(discovery.label, discovery.started_at)
    ToolStore(session).retract(gone, datetime.now(UTC))
    CandidateStore(session).forget_unseen(discovery.label, discovery.started_at)


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
        validator=discovery.validator,
        not_before=datetime.now(UTC) + discovery.wait if discovery.wait else None,
    )
