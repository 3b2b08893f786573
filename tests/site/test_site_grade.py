from __future__ import annotations

import pytest

from catalogue.flows import State
from catalogue.site.context import Entry
from catalogue.site.grade import RiskGrade, grade_of
from classifier.verdict import Category, Confidence, Severity


def entry(severity: Severity, *signals: str) -> Entry:
    return Entry("t", "t", "s", "s", Category.READ, severity, Confidence.HIGH, signals, "", declared=False)


LOW, MEDIUM, HIGH, CRITICAL = (entry(severity) for severity in Severity)


@pytest.mark.parametrize(
    ("entries", "together", "grade"),
    [
        ([], State.OPEN, None),
        ([], State.CLOSED, None),
        ([LOW, LOW], State.OPEN, RiskGrade.A),
        ([LOW, MEDIUM, LOW], State.OPEN, RiskGrade.B),
        ([HIGH, LOW], State.POSSIBLE, RiskGrade.C),
        ([LOW, CRITICAL, HIGH], State.OPEN, RiskGrade.D),
        ([LOW], State.CLOSED, RiskGrade.E),
        ([entry(Severity.LOW, "hidden-text"), LOW], State.OPEN, RiskGrade.E),
        ([CRITICAL, entry(Severity.MEDIUM, "bulk", "instructs-model")], State.OPEN, RiskGrade.E),
        ([entry(Severity.LOW, "bulk")], State.OPEN, RiskGrade.A),
    ],
)
def test_a_grade_is_the_worst_of_the_tools(entries, together, grade):
    assert grade_of(entries, together) == grade
