from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import settings

from classifier.verdict import ActionVerdict, Category, Confidence, Evidence, Severity, Signal, Verdict

settings.register_profile("no-deadline", deadline=None)  # how long an example takes says nothing on a shared machine
settings.load_profile("no-deadline")

VerdictOf = Callable[..., Verdict]


@pytest.fixture(scope="session")
def verdict_of() -> VerdictOf:
    """Makes a verdict of a category, of signals (id to the pointers of its evidence) and of actions."""

    def make(
        category: Category,
        signals: Mapping[str, Sequence[str]] | None = None,
        actions: Sequence[tuple[str, str, Category]] = (),
    ) -> Verdict:
        return Verdict(
            definition="d",
            ruleset="r",
            category=category,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            signals=tuple(
                Signal(signal, tuple(Evidence("rule", "leaf", pointer, "", (0, 0)) for pointer in pointers))
                for signal, pointers in (signals or {}).items()
            ),
            support=(),
            dissent=(),
            rationale="",
            severity_reason="",
            actions=tuple(ActionVerdict(parameter, value, verdict, ()) for parameter, value, verdict in actions),
        )

    return make
