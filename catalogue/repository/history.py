"""What became of tools over time: each appearance, change and removal, with the definitions on both sides."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, Text, case, func, or_, select, true, type_coerce
from sqlalchemy.orm import Session, aliased

from catalogue import models
from catalogue.identity import digest
from catalogue.repository.reads import lists_all
from catalogue.repository.statements import batches
from catalogue.repository.turns import is_active
from catalogue.values import Snapshot, Standing, ToolEvent
from classifier.verdict import from_wire


@dataclass(frozen=True, slots=True)
class _Baselines:
    """With what the first word on a tool is compared, by whoever said it.

    `complete`: when the target of an introspection (its identifier) first listed all pages. `declared`: when a server's
    first tool was declared. `whole`: when a server (its identifier) first listed all that it has, itself, so that what
    records had declared beside it was gone.
    """

    complete: Mapping[int, datetime]
    declared: Mapping[int, datetime]
    whole: Mapping[int, datetime]

    def is_news(self, server: int, change: models.Change) -> bool:
        """Say whether a tool's appearance is a fact: an earlier list that was all there did not have it."""
        if change.introspection_id is None:
            first = self.declared.get(server)
        else:
            first = self.complete.get(change.introspection_id)
        return first is not None and change.since > first

    def is_gone(self, server: int, change: models.Change) -> bool:
        """Say whether a tool's end is the word of who had named it, not of a server that never had it."""
        return change.standing != Standing.DECLARED.value or change.until != self.whole.get(server)


class History:
    """Reads the history of tools within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's: it is neither committed nor closed here."""
        self._session = session

    def events(
        self, ruleset: str, since: datetime | None = None, servers: Sequence[str] | None = None
    ) -> Iterator[ToolEvent]:
        """Return what became of tools at or after `since`, by server, tool and time; verdicts are of `ruleset`.

        Each listing is compared with the one before, and each record with itself. The tools of a first listing are no
        events, and neither is the difference between what a record declared and what the server then listed.
        """
        change, tool = models.Change, models.Tool
        order = (models.Server.name, tool.name, tool.occurrence)
        query = select(tool.id, tool.server_id, *order).join(models.Server, models.Server.id == tool.server_id)
        query = query.order_by(*order)
        recent = true() if since is None else or_(change.since >= since, change.until >= since)
        query = query.where(tool.id.in_(_moved().where(recent)))
        if servers is not None:
            query = query.where(models.Server.name_digest.in_([digest(server) for server in servers]))
        for batch in batches(self._session.execute(query).all()):
            yield from self._events([tuple(row) for row in batch], ruleset, since)

    def withdrawals(
        self, since: datetime | None = None, servers: Sequence[str] | None = None
    ) -> Iterator[tuple[str, datetime]]:
        """Return the servers that were named and that no source names any more, by name, with when that was read."""
        listing = models.Listing
        last = func.max(listing.fetched_at)
        query = select(models.Server.name, last).join(listing, listing.server_id == models.Server.id)
        query = query.group_by(models.Server.id).order_by(models.Server.name)
        query = query.having(
            func.sum(case((is_active(), 1), else_=0)) == 0,
            last > models.Server.first_seen,  # else it was deleted before we ever read of it
        )
        if since is not None:
            query = query.having(last >= since)
        if servers is not None:
            query = query.where(models.Server.name_digest.in_([digest(server) for server in servers]))
        return ((name, at) for name, at in self._session.execute(query))

    def moved(self) -> set[str]:
        """Return the servers that anything may have become of, which are few while a catalogue is young."""
        change, tool, server = models.Change, models.Tool, models.Server
        first = select(tool.server_id, func.min(tool.first_seen).label("listed")).group_by(tool.server_id).subquery()
        query = (
            select(server.name)
            .distinct()
            .join(tool, tool.server_id == server.id)
            .join(first, first.c.server_id == server.id)
            .join(change, change.tool_id == tool.id)
            .where(or_(change.since > first.c.listed, change.until.is_not(None)))
        )
        return {*self._session.scalars(query), *(name for name, _ in self.withdrawals())}

    def since_when(self, most: int) -> datetime | None:
        """Return a moment since which at least half of, and hardly more than, `most` events happened; `None`: of all.

        A change of a definition ends one row and begins the next, which counts it twice.
        """
        change, tool = models.Change, models.Tool
        first = select(tool.server_id, func.min(tool.first_seen).label("listed")).group_by(tool.server_id).subquery()
        began = (
            select(change.since.label("at"))
            .join(tool, tool.id == change.tool_id)
            .join(first, first.c.server_id == tool.server_id)
            .where(change.since > first.c.listed)
        )
        ended = select(change.until.label("at")).where(change.until.is_not(None))
        moments = began.union_all(ended).subquery()
        return self._session.scalar(select(moments.c.at).order_by(moments.c.at.desc()).limit(1).offset(most - 1))

    def _events(self, tools: Sequence[tuple[Any, ...]], ruleset: str, since: datetime | None) -> Iterator[ToolEvent]:
        changes = self._changes([tool_id for tool_id, *_ in tools])
        snapshots = self._snapshots({row.definition for rows in changes.values() for row in rows}, ruleset)
        baselines = self._baselines({server_id for _, server_id, *_ in tools}, changes)
        for tool_id, server_id, server, name, occurrence in tools:
            for at, before, after, standing in _steps(changes[tool_id], server_id, baselines):
                if since is None or at >= since:
                    sides = (snapshots[before] if before else None, snapshots[after] if after else None)
                    yield ToolEvent(server, name, occurrence, at, Standing(standing), *sides)

    def _changes(self, tools: Sequence[int]) -> Mapping[int, list[models.Change]]:
        found: dict[int, list[models.Change]] = defaultdict(list)
        query = select(models.Change).where(models.Change.tool_id.in_(tools)).order_by(models.Change.id)
        for row in self._session.scalars(query):
            found[row.tool_id].append(row)
        return found

    def _baselines(self, servers: set[int], changes: Mapping[int, Sequence[models.Change]]) -> _Baselines:
        change, tool, target, attempt = models.Change, models.Tool, models.Target, models.Introspection
        declared = select(tool.server_id, func.min(change.since)).join(tool, tool.id == change.tool_id)
        declared = declared.where(tool.server_id.in_(servers), change.introspection_id.is_(None))
        whole = select(target.server_id, func.min(attempt.started_at)).join(target, target.id == attempt.target_id)
        whole = whole.where(target.server_id.in_(servers), lists_all())
        brought = (row.introspection_id for rows in changes.values() for row in rows)
        attempts = {attempt for attempt in brought if attempt is not None}
        return _Baselines(
            self._first_complete(sorted(attempts)),
            dict(self._session.execute(declared.group_by(tool.server_id)).all()),
            dict(self._session.execute(whole.group_by(target.server_id)).all()),
        )

    def _first_complete(self, attempts: Sequence[int]) -> Mapping[int, datetime]:
        """Return for each attempt when its target first listed all pages, if it ever did."""
        attempt, other = models.Introspection, aliased(models.Introspection)
        found: dict[int, datetime] = {}
        for batch in batches(attempts):
            query = select(attempt.id, func.min(other.started_at)).join(other, other.target_id == attempt.target_id)
            query = query.where(attempt.id.in_(batch), other.complete).group_by(attempt.id)
            found |= dict(self._session.execute(query).all())
        return found

    def _snapshots(self, digests: set[str], ruleset: str) -> Mapping[str, Snapshot]:
        found: dict[str, Snapshot] = {}
        verdict = models.Verdict
        judged = (verdict.definition == models.Definition.digest) & (verdict.ruleset == ruleset)
        for batch in batches(sorted(digests)):
            query = (
                select(
                    models.Definition.digest,
                    models.Definition.wire,
                    type_coerce(verdict.body, Text),
                )
                .join(verdict, judged, isouter=True)
                .where(models.Definition.digest.in_(batch))
            )
            for key, wire, body in self._session.execute(query):
                found[key] = Snapshot(wire, None if body is None else from_wire(json.loads(body)))
        return found


def _moved() -> Select[int]:
    """Select the tools that may have events: of most only a first listing is known, and that is none.

    What came later than the first word on its server may be news, whoever said that; `_Baselines` decides.
    """
    change, tool, target, attempt = models.Change, models.Tool, models.Target, models.Introspection
    named = select(tool.server_id, func.min(tool.first_seen).label("at")).group_by(tool.server_id).subquery()
    asked = select(target.server_id, func.min(attempt.started_at).label("at"))
    asked = asked.join(target, target.id == attempt.target_id).where(attempt.complete).group_by(target.server_id)
    first = asked.subquery()
    return (
        select(change.tool_id)
        .join(tool, tool.id == change.tool_id)
        .join(named, named.c.server_id == tool.server_id)
        .join(first, first.c.server_id == tool.server_id, isouter=True)
        .where(or_(change.until.is_not(None), change.since > named.c.at, change.since > first.c.at))
    )


def _steps(
    changes: Sequence[models.Change], server: int, baselines: _Baselines
) -> Iterator[tuple[datetime, str | None, str | None, str]]:
    """Yield (when, definition before, definition after, standing) for each step of one tool."""
    for previous, change in pairwise([None, *changes, None]):
        gone = previous and previous.until and (change is None or previous.until < change.since)
        if previous and previous.until and gone and baselines.is_gone(server, previous):
            yield previous.until, previous.definition, None, previous.standing
        if change is None:
            return
        if previous is None or gone:
            if gone or baselines.is_news(server, change):
                yield change.since, None, change.definition, change.standing
        elif previous.standing == change.standing and previous.definition != change.definition:
            yield change.since, previous.definition, change.definition, change.standing
