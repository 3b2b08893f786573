"""What became of tools, graded: the history of the repository read by the eyes of a ruleset. Knows no page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from catalogue.drift import Drift, Grade, grade, reaches
from catalogue.repository import History
from catalogue.values import Snapshot
from classifier.ruleset import RuleSet


def drifts(
    session: Session,
    ruleset: RuleSet,
    *,
    server: str | None = None,
    since: datetime | None = None,
    least: Grade = Grade.FORM,
) -> Iterator[Drift]:
    """Yield the changes of at least this grade, by server, tool and time; what is not judged yet is judged here."""
    for event in History(session).events(ruleset.digest, since, server):
        drift = grade(replace(event, before=_judged(event.before, ruleset), after=_judged(event.after, ruleset)))
        if reaches(drift.grade, least):
            yield drift


def _judged(side: Snapshot | None, ruleset: RuleSet) -> Snapshot | None:
    if side is None or side.verdict is not None:
        return side
    return Snapshot(side.definition, ruleset.judge(side.definition))
