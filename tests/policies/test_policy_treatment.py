"""What a policy does with a tool, in a word: what the evaluator does is never something else."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from catalogue.policies.document import Policy
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.parsing import parse
from catalogue.policies.recommend import Posture, server_policy
from catalogue.policies.targets.export import export
from catalogue.policies.targets.needs import Need
from catalogue.policies.targets.suitability import needs_of, suited
from catalogue.policies.targets.table import TARGETS
from catalogue.policies.treatment import Treatment, treatment
from tests.policies.corpus import Tool, calls

WHEN = [{"path": "args.a", "op": "exists", "value": True}]
ALL = [{"conditions": []}]
RATE = [{"counter": "c", "window": "minute", "max": 3, "scope": "grant"}]
PARTLY = {Need.NAMES, Need.ARGUMENTS, Need.RATES}
"""What a target may say in part: only an export tells."""
TAKEN = {Need.APPROVAL, Need.RATES, Need.ARGUMENTS}
"""What is no loss any more where something else denies the tool."""


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ({"default": "deny", "hide": ["t"]}, "hidden"),
        ({"default": "allow", "hide": ["*"], "tools": {"t": {}}}, "hidden"),
        ({"default": "deny"}, "denied"),
        ({"default": "deny", "tools": {"t": {"deny_if": ALL, "ask_if": ALL}}}, "denied"),
        ({"default": "deny", "tools": {"t": {"ask_if": ALL, "deny_if": [{"conditions": WHEN}]}}}, "asked"),
        ({"default": "deny", "tools": {"t": {"ask_if": [{"conditions": WHEN}]}}}, "held"),
        ({"default": "deny", "tools": {"t": {"require": WHEN, "limits": RATE}}}, "held"),
        ({"default": "deny", "tools": {"t": {"limits": RATE}}}, "limited"),
        ({"default": "deny", "tools": {"t": {}}, "all_tools": {"limits": RATE}}, "limited"),
        ({"default": "allow", "all_tools": {"limits": RATE}}, "limited"),
        ({"default": "allow"}, "open"),
        ({"default": "deny", "tools": {"t": {}}}, "open"),
    ],
)  # fmt: skip
def test_each_way_has_its_word(document: dict[str, Any], word: str) -> None:
    version = "1+ask_if" if "ask_if" in str(document) else "1"
    policy = parse({"version": version} | document)
    assert treatment(policy, "t") == word
    assert word in _observed(policy, "t", {}) | _observed(policy, "t", {"a": 1})


def _observed(policy: Policy, tool: str, arguments: dict[str, object]) -> set[str]:
    """The words that fit what becomes of one call."""
    evaluator = Evaluator(policy, lambda: 0.0)
    decision = evaluator.decide(tool, arguments)
    if decision.outcome is Outcome.HIDDEN:
        return {"hidden"}
    if decision.outcome is Outcome.DENIED:
        return {"denied", "held"}
    if decision.outcome is Outcome.HELD:
        return {"asked", "held"}
    return {"limited", "held"} if decision.charges else {"open", "held"}


@pytest.mark.parametrize("posture", get_args(Posture))
def test_no_call_of_a_real_tool_belies_the_word(posture: Posture, corpus: dict[str, list[Tool]]) -> None:
    seen: set[Treatment] = set()
    for tools in corpus.values():
        policy = server_policy(tools, posture)
        for name, definition, _ in tools:
            word = treatment(policy, name)
            seen.add(word)
            for arguments in ({}, *calls(definition)):
                fits = _observed(policy, name, arguments) | ({"asked"} if word is Treatment.ASKED else set())
                assert word.value in fits, (name, arguments)
    assert Treatment.OPEN in seen
    assert (Treatment.HIDDEN in seen) is (posture != "permissive")


def test_what_targets_are_said_to_lose_is_among_what_they_lose(corpus: dict[str, list[Tool]]) -> None:
    for tools in list(corpus.values())[:40]:
        policy = server_policy(tools)
        found = suited(needs_of(policy))
        assert sorted(target.name for one in found for target in one.targets) == sorted(TARGETS)
        for one in found:
            for target in one.targets:
                lost = {loss.need for loss in export(policy, target, "server").losses}
                said = {loss.need for loss in one.losses}
                assert lost - said <= PARTLY, target.name
                assert said - lost <= TAKEN, target.name
