"""What became of tools over time: each appearance, change and removal, with the definitions on both sides."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.identity import digest
from catalogue.repository.statements import batches
from catalogue.values import Snapshot, Standing, ToolEvent
from classifier.verdict import from_wire


class History:
    """Reads the history of tools within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's: it is neither committed nor closed here."""
        self._session = session

    def events(self, ruleset: str, since: datetime | None = None, server: str | None = None) -> Iterator[ToolEvent]:
        """Return what became of tools at or after `since`, by server, tool and time; verdicts are of `ruleset`.

        The tools of a server's first listing are no events: they are what the server is compared with from then on.
        """
        change, tool = models.Change, models.Tool
        order = (models.Server.name, tool.name, tool.occurrence)
        query = select(tool.id, *order).join(models.Server, models.Server.id == tool.server_id).order_by(*order)
        if since is not None:
            moved = select(change.tool_id).where(or_(change.since >= since, change.until >= since))
            query = query.where(tool.id.in_(moved))
        if server is not None:
            query = query.where(models.Server.name_digest == digest(server))
        for batch in batches(self._session.execute(query).all()):
            yield from self._events([tuple(row) for row in batch], ruleset, since)

    def _events(self, tools: Sequence[tuple[Any, ...]], ruleset: str, since: datetime | None) -> Iterator[ToolEvent]:
        changes = self._changes([tool_id for tool_id, *_ in tools])
        snapshots = self._snapshots({row.definition for rows in changes.values() for row in rows}, ruleset)
        first = self._first_listings([tool_id for tool_id, *_ in tools])
        for tool_id, server, name, occurrence in tools:
            for at, before, after, standing in _steps(changes[tool_id], first[tool_id]):
                if since is None or at >= since:
                    sides = (snapshots[before] if before else None, snapshots[after] if after else None)
                    yield ToolEvent(server, name, occurrence, at, Standing(standing), *sides)

    def _changes(self, tools: Sequence[int]) -> Mapping[int, list[models.Change]]:
        found: dict[int, list[models.Change]] = defaultdict(list)
        query = select(models.Change).where(models.Change.tool_id.in_(tools)).order_by(models.Change.id)
        for row in self._session.scalars(query):
            found[row.tool_id].append(row)
        return found

    def _first_listings(self, tools: Sequence[int]) -> Mapping[int, datetime]:
        """Return for each tool when its server's tools were first seen."""
        query = select(models.Tool.id, models.Tool.server_id).where(models.Tool.id.in_(tools))
        servers = dict(self._session.execute(query).all())
        firsts = select(models.Tool.server_id, func.min(models.Tool.first_seen)).group_by(models.Tool.server_id)
        named = firsts.where(models.Tool.server_id.in_(sorted(set(servers.values()))))
        earliest = dict(self._session.execute(named).all())
        return {tool_id: earliest[server_id] for tool_id, server_id in servers.items()}

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


def _steps(changes: Sequence[models.Change], first: datetime) -> Iterator[tuple[datetime, str | None, str | None, str]]:
    """Yield (when, definition before, definition after, standing) for each step of one tool."""
    previous: models.Change | None = None
    for change in changes:
        gone = previous is not None and previous.until is not None and previous.until < change.since
        if previous is not None and gone and previous.until is not None:
            yield previous.until, previous.definition, None, previous.standing
        if previous is None or gone:
            if change.since > first:
                yield change.since, None, change.definition, change.standing
        elif previous.definition != change.definition:
            yield change.since, previous.definition, change.definition, change.standing
        previous = change
    if previous is not None and previous.until is not None:
        yield previous.until, previous.definition, None, previous.standing
