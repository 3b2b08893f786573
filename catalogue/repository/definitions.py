"""Definitions that wait for a verdict, and the verdicts. Knows no tool and no rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.repository.statements import insert_new
from classifier.verdict import Verdict, to_wire


class VerdictStore:
    """Reads what is to be judged and writes what was, within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's, who commits."""
        self._session = session

    def count_unjudged(self, ruleset: str) -> int:
        """Return how many definitions have no verdict of `ruleset` (its digest)."""
        query = select(func.count()).select_from(models.Definition).where(~_is_judged(ruleset))
        return self._session.scalar(query) or 0

    def unjudged(self, ruleset: str, after: str, limit: int) -> Mapping[str, Mapping[str, Any]]:
        """Return at most `limit` definitions without a verdict of `ruleset`, by digest, those after digest `after`."""
        query = select(models.Definition.digest, models.Definition.wire)
        query = query.where(models.Definition.digest > after, ~_is_judged(ruleset))
        found = self._session.execute(query.order_by(models.Definition.digest).limit(limit))
        return {row.digest: row.wire for row in found}

    def save(self, verdicts: Sequence[Verdict]) -> None:
        """Take verdicts; one that is there already stays, for it is the same."""
        insert_new(self._session, models.Verdict, [_to_row(verdict) for verdict in verdicts])


def _is_judged(ruleset: str) -> ColumnElement[bool]:
    return exists().where(models.Verdict.definition == models.Definition.digest, models.Verdict.ruleset == ruleset)


def _to_row(verdict: Verdict) -> dict[str, Any]:
    return {
        "definition": verdict.definition,
        "ruleset": verdict.ruleset,
        "category": verdict.category.value,
        "severity": verdict.severity.value,
        "confidence": verdict.confidence.value,
        "body": to_wire(verdict),
    }
