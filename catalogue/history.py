"""What became of servers and tools, graded: the repository's history read by the eyes of a ruleset. Knows no page."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from catalogue.drift import Drift, Grade, grade, reaches, withdrawal
from catalogue.renames import with_other_names
from catalogue.repository import History
from catalogue.values import Snapshot, ToolEvent
from classifier.ruleset import RuleSet


def drifts(
    session: Session,
    ruleset: RuleSet,
    *,
    server: str | None = None,
    since: datetime | None = None,
    least: Grade = Grade.FORM,
) -> Iterator[Drift]:
    """Yield the changes of at least this grade, by server, tool and time; what is not judged yet is judged here.

    Both sides of a change are judged by one ruleset, today's: new rules are no change of a server.
    """
    history = History(session)
    graded = (grade(event) for event in _judged(history.events(ruleset.digest, since, server), ruleset))
    withdrawn = (withdrawal(name, at) for name, at in history.withdrawals(since, server))
    for drift in heapq.merge(withdrawn, graded, key=lambda drift: drift.server):
        if reaches(drift.grade, least):
            yield drift


def latest_drifts(session: Session, ruleset: RuleSet, most: int) -> list[Drift]:
    """Return the latest changes, newest first: all there are, or at most `most` and at least half as many."""
    found = drifts(session, ruleset, since=History(session).since_when(most))
    return heapq.nsmallest(
        most, found, key=lambda one: (-one.at.timestamp(), one.server, one.tool or "", one.occurrence)
    )


def _judged(events: Iterator[ToolEvent], ruleset: RuleSet) -> Iterator[ToolEvent]:
    for _, of_server in groupby(events, key=lambda event: event.server):
        for event in with_other_names(list(of_server)):
            yield replace(event, before=_side(event.before, ruleset), after=_side(event.after, ruleset))


def _side(side: Snapshot | None, ruleset: RuleSet) -> Snapshot | None:
    if side is None or side.verdict is not None:
        return side
    return Snapshot(side.definition, ruleset.judge(side.definition))
