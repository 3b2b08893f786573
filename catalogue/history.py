"""What became of servers and tools, graded: the repository's history read by the eyes of a ruleset. Knows no page."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import TypeAlias

from sqlalchemy.orm import Session

from catalogue.drift import Drift, Grade, grade, reaches, withdrawal
from catalogue.renames import with_other_names
from catalogue.repository import History
from catalogue.values import Snapshot, ToolEvent
from classifier.ruleset import RuleSet

Past: TypeAlias = Callable[[Sequence[str]], Mapping[str, Sequence[Drift]]]
"""Takes names of servers and tells what became of them; those that nothing became of are left out."""


def drifts(
    session: Session,
    ruleset: RuleSet,
    *,
    servers: Sequence[str] | None = None,
    since: datetime | None = None,
    least: Grade = Grade.FORM,
) -> Iterator[Drift]:
    """Yield the changes of at least this grade, by server, tool and time; what is not judged yet is judged here.

    Both sides of a change are judged by one ruleset, today's: new rules are no change of a server.
    """
    history = History(session)
    graded = (grade(event) for event in _judged(history.events(ruleset.digest, since, servers), ruleset))
    withdrawn = (withdrawal(name, at) for name, at in history.withdrawals(since, servers))
    for drift in heapq.merge(withdrawn, graded, key=lambda drift: drift.server):
        if reaches(drift.grade, least):
            yield drift


def latest_drifts(session: Session, ruleset: RuleSet, most: int) -> list[Drift]:
    """Return the latest changes, newest first: all there are, or at most `most` and at least half as many."""
    found = drifts(session, ruleset, since=History(session).since_when(most))
    return heapq.nsmallest(most, found, key=_newest)


def pasts(session: Session, ruleset: RuleSet, most: int) -> Past:
    """Return what tells for servers what became of them and their tools: the newest first, at most `most` of each."""
    moved = History(session).moved()

    def of_servers(servers: Sequence[str]) -> Mapping[str, Sequence[Drift]]:
        found: dict[str, list[Drift]] = defaultdict(list)
        asked = [server for server in servers if server in moved]
        for drift in drifts(session, ruleset, servers=asked) if asked else ():
            found[drift.server].append(drift)
        return {server: sorted(own, key=_newest)[:most] for server, own in found.items()}

    return of_servers


def _newest(drift: Drift) -> tuple[float, str, str, int]:
    return -drift.at.timestamp(), drift.server, drift.tool or "", drift.occurrence


def _judged(events: Iterator[ToolEvent], ruleset: RuleSet) -> Iterator[ToolEvent]:
    for _, of_server in groupby(events, key=lambda event: event.server):
        for event in with_other_names(list(of_server)):
            yield replace(event, before=_side(event.before, ruleset), after=_side(event.after, ruleset))


def _side(side: Snapshot | None, ruleset: RuleSet) -> Snapshot | None:
    if side is None or side.verdict is not None:
        return side
    return Snapshot(side.definition, ruleset.judge(side.definition))
