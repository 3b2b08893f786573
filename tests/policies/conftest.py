from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import settings

from classifier.verdict import (
    ActionVerdict,
    Category,
    Confidence,
    Effect,
    EffectArgument,
    Evidence,
    Severity,
    Signal,
    Verdict,
)
from tests.corpus import Judged
from tests.policies.corpus import Tool

settings.register_profile("no-deadline", deadline=None)  # how long an example takes says nothing on a shared machine
settings.load_profile("no-deadline")

VerdictOf = Callable[..., Verdict]


@pytest.fixture(scope="session")
def verdict_of() -> VerdictOf:
    """Makes a verdict of a category, of signals (id to the pointers of its evidence), of actions, and of switches.

    A switch is its path, and what the tool does with it on and with it off.
    """

    def switch(path: str, turned_on: Category, turned_off: Category) -> EffectArgument:
        values = (ActionVerdict(path, "true", turned_on, ()), ActionVerdict(path, "false", turned_off, ()))
        return EffectArgument(path, Effect.PREVIEW, False, values, ())

    def make(
        category: Category,
        signals: Mapping[str, Sequence[str]] | None = None,
        actions: Sequence[tuple[str, str, Category]] = (),
        switches: Sequence[tuple[str, Category, Category]] = (),
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
            arguments=tuple(switch(*one) for one in switches),
        )

    return make


@pytest.fixture(scope="session")
def corpus(judged: list[Judged]) -> dict[str, list[Tool]]:
    """All tools of the corpus that are whole, by server."""
    found: dict[str, list[Tool]] = {}
    for one in judged:
        if one.file == "tools":
            found.setdefault(one.server, []).append((one.wire["name"], one.wire, one.verdict))
    return found
