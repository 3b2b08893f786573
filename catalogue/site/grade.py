"""The grade of a server: the worst that its tools are, as one letter. Pure; knows no page.

It grades what a client takes on that allows everything, and not how good a server is: one that deletes files on request
is of grade D because it can delete files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from catalogue.flows import State
from catalogue.site.context import Entry
from classifier.verdict import Severity


class RiskGrade(StrEnum):
    """The grades, from least to most risk."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


GRADE_ABOUT: Mapping[RiskGrade, str] = {
    RiskGrade.A: "every tool is of low risk",
    RiskGrade.B: "the worst tool is of medium risk",
    RiskGrade.C: "the worst tool is of high risk, or no rule could tell what it does",
    RiskGrade.D: "the worst tool is of critical risk",
    RiskGrade.E: "a definition hides text or gives the model orders, or the tools close a toxic flow for certain",
}
"""What each grade says of a server."""

UNGRADED = "none of its tools are known"
"""Why a server has no grade."""

_BY_SEVERITY: Mapping[Severity, RiskGrade] = {
    Severity.LOW: RiskGrade.A,
    Severity.MEDIUM: RiskGrade.B,
    Severity.HIGH: RiskGrade.C,
    Severity.CRITICAL: RiskGrade.D,
}

_ATTACKS = frozenset({"hidden-text", "instructs-model"})
"""Signals that no server has any use for."""


def grade_of(entries: Iterable[Entry], together: State) -> RiskGrade | None:
    """Return the grade of a server by all of its tools and what they can do together; `None` without tools."""
    worst: RiskGrade | None = None
    for entry in entries:
        own = RiskGrade.E if _ATTACKS.intersection(entry.signals) else _BY_SEVERITY[entry.severity]
        worst = own if worst is None else max(worst, own)
    return RiskGrade.E if worst and together is State.CLOSED else worst
