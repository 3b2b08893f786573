"""Every target's file, as the target itself reads it, is never looser than the policy, for all tools of the corpus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

import pytest

from catalogue.policies.document import Policy, ToolRule
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.placeholders import read_filling
from catalogue.policies.recommend import Posture, server_policy
from catalogue.policies.targets.export import export
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.table import TARGETS
from tests.policies.corpus import Tool, calls
from tests.policies.targets.interpreters.table import INTERPRETERS

FILLED = read_filling(["root=/srv", "host=a.example.com", "domain=example.com", "cap=50", "daily=99", "currency=EUR"])
POSTURES = get_args(Posture)
SERVER = "server"
MEANT = {
    Outcome.ALLOWED: Answer.ALLOW,
    Outcome.HELD: Answer.ASK,
    Outcome.DENIED: Answer.DENY,
    Outcome.LIMITED: Answer.DENY,
    Outcome.HIDDEN: Answer.HIDE,
}


class Call(NamedTuple):
    tool: str
    arguments: dict[str, Any]
    outcome: Outcome


class Case(NamedTuple):
    """A server's policy in one posture, and what it does with calls of each of its tools."""

    policy: Policy
    calls: list[Call]


def _cases(corpus: dict[str, list[Tool]], posture: Posture) -> Iterator[Case]:
    for tools in corpus.values():
        policy = server_policy(tools, posture, FILLED)
        yield Case(
            policy,
            [
                Call(name, arguments, Evaluator(policy, lambda: 0.0).decide(name, arguments).outcome)
                for name, definition, _ in tools
                for arguments in calls(definition)
            ],
        )


@pytest.fixture(scope="session")
def cases(corpus: dict[str, list[Tool]]) -> dict[str, list[Case]]:
    return {posture: list(_cases(corpus, posture)) for posture in POSTURES}


def test_every_target_has_an_interpreter() -> None:
    assert set(INTERPRETERS) == set(TARGETS)


@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize("name", TARGETS)
def test_what_the_policy_does_not_allow_the_target_does_not_either(
    name: str, posture: str, cases: dict[str, list[Case]]
) -> None:
    target = TARGETS[name]
    for policy, called in cases[posture]:
        made = export(policy, target, SERVER)
        read = INTERPRETERS[name](made.text(target), SERVER)
        unsayable = {tool for loss in made.losses if loss.need is Need.NAMES for tool in loss.tools}
        passable = {tool for loss in made.losses if loss.instead.is_looser for tool in loss.tools}
        for tool, arguments, outcome in called:
            answer = read(tool, arguments)
            if outcome is not Outcome.ALLOWED:
                assert answer is not Answer.ALLOW, (tool, arguments)
            never = tool in policy.hide or any(not denial.conditions for denial in policy.tools[tool].deny_if)
            if never and tool not in passable:
                assert answer > Answer.ASK, tool
            if outcome is Outcome.HIDDEN and Need.HIDING in target.abilities.says and tool not in unsayable:
                assert answer is Answer.HIDE, tool
            if policy.tools.get(tool) == ToolRule() and tool not in unsayable:
                assert answer is Answer.ALLOW or target.abilities.always_asks, tool


@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize("name", TARGETS)
def test_the_target_does_exactly_what_was_left_of_the_policy(
    name: str, posture: str, cases: dict[str, list[Case]]
) -> None:
    target = TARGETS[name]
    for policy, called in cases[posture]:
        for approvals in (True, False) if Need.DENIAL in target.abilities.says else (True,):
            made = export(policy, target, SERVER, approvals=approvals)
            read = INTERPRETERS[name](made.text(target), SERVER)
            for tool, arguments, _ in called:
                spelled = target.spell(tool)
                if spelled is not None:
                    left = Evaluator(made.policy, lambda: 0.0).decide(spelled, arguments).outcome
                    wanted = min(MEANT[left], Answer.DENY)
                    if target.abilities.always_asks:
                        wanted = max(wanted, Answer.ASK)
                    assert min(read(tool, arguments), Answer.DENY) == wanted, (tool, arguments)
