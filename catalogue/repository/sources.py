"""What each source names and when it was read, for whoever publishes it. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.repository.reads import Repository
from catalogue.repository.turns import is_active
from catalogue.values import PassRow, SourceRow


def read_sources(session: Session) -> tuple[SourceRow, ...]:
    """Return all sources that are named by a listing, a candidate or a pass, by name."""
    listed = _listed(session)
    candidates = _candidates(session)
    passes = Repository(session).latest_passes()
    named = {*listed, *candidates}
    named.update(one.source for one in passes if not any(name.partition(":")[0] == one.source for name in named))
    return tuple(_row(name, listed.get(name), candidates.get(name), passes) for name in sorted(named))


def _listed(session: Session) -> Mapping[str, Any]:
    listing = models.Listing
    standing = case((is_active(), listing.server_id))
    query = select(
        listing.source,
        func.count(standing).label("listed"),
        func.count().label("all"),
        func.count(standing.distinct()).label("servers"),
        func.min(listing.first_seen).label("first_seen"),
        func.max(listing.fetched_at).label("last_read"),
    ).group_by(listing.source)
    return {row.source: row for row in session.execute(query)}


def _candidates(session: Session) -> Mapping[str, Any]:
    one = models.Candidate
    query = select(
        one.source,
        func.count().label("candidates"),
        func.min(one.first_seen).label("first_seen"),
        func.max(one.fetched_at).label("last_read"),
    ).group_by(one.source)
    return {row.source: row for row in session.execute(query)}


def _row(name: str, listed: Any, candidates: Any, passes: Sequence[PassRow]) -> SourceRow:
    found = [row for row in (listed, candidates) if row is not None]
    first: list[datetime] = [row.first_seen for row in found]
    last: list[datetime] = [row.last_read for row in found]
    return SourceRow(
        name=name,
        listed=listed.listed if listed else 0,
        withdrawn=listed.all - listed.listed if listed else 0,
        servers=listed.servers if listed else 0,
        candidates=candidates.candidates if candidates else 0,
        first_seen=min(first, default=None),
        last_read=max(last, default=None),
        passes=tuple(one for one in passes if _is_of(one, name)),
    )


def _is_of(one: PassRow, name: str) -> bool:
    """Whether a reading is of the source that listings call so: "registry:host" is one address of "registry"."""
    source, _, place = name.partition(":")
    return one.source == source and place in one.address
