"""Runs what a pattern says of a policy: our rules judge its tools, our evaluator decides its calls. Reads no file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalogue.attacks.pattern import Call, Check, Pattern
from catalogue.attacks.read import AttackError
from catalogue.policies.document import Policy, to_json
from catalogue.policies.evaluate import Decision, Evaluator, Outcome
from catalogue.policies.recommend import server_policy
from classifier.ruleset import RuleSet
from classifier.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Decided:
    """A call, and what became of the last of its times."""

    call: Call
    decision: Decision


@dataclass(frozen=True, slots=True)
class Proof:
    """What was run for a pattern: the policy's document, and each call with the decision."""

    document: Mapping[str, Any]
    decided: tuple[Decided, ...]


def prove(patterns: Iterable[Pattern], ruleset: RuleSet) -> dict[str, Proof]:
    """Return the proof of each pattern that has a check, by its id. Raises `AttackError` with all that did not hold."""
    proofs: dict[str, Proof] = {}
    problems: list[str] = []
    for pattern in patterns:
        if pattern.check is not None:
            proofs[pattern.id], wrong = _prove(pattern, pattern.check, ruleset)
            problems += (f"the attack pattern {pattern.id} is wrong: {fault}" for fault in wrong)
    if problems:
        raise AttackError(problems)
    return proofs


def _prove(pattern: Pattern, check: Check, ruleset: RuleSet) -> tuple[Proof, list[str]]:
    judged = [(str(tool.get("name")), tool, ruleset.judge(tool)) for tool in check.tools]
    policy = check.policy if isinstance(check.policy, Policy) else server_policy(judged, check.policy)
    decided = tuple(Decided(call, _decide(policy, call)) for call in check.calls)
    wrong = [*_unmet(pattern, [verdict for _, _, verdict in judged]), *_unexpected(decided)]
    return Proof(to_json(policy), decided), wrong


def _decide(policy: Policy, call: Call) -> Decision:
    """Make the call as often as it says, all within one minute."""
    evaluator = Evaluator(policy, lambda: 0.0)
    for _ in range(call.times - 1):
        evaluator.decide(call.tool, call.arguments)
    return evaluator.decide(call.tool, call.arguments)


def _unmet(pattern: Pattern, verdicts: list[Verdict]) -> Iterator[str]:
    """Name each need that none of the tools of the check meets: it would be a guess."""
    for need in pattern.needs:
        if not any(need.met_by(one.category, [signal.id for signal in one.signals]) for one in verdicts):
            yield f"none of its tools has {' and '.join(sorted((*need.signals, *need.categories)))}"


def _unexpected(decided: Iterable[Decided]) -> Iterator[str]:
    for one in decided:
        if one.decision.outcome is not one.call.outcome:
            arguments = json.dumps(one.call.arguments)
            yield f"{one.call.tool} {arguments} is {one.decision.outcome}, and should be {one.call.outcome}"
    if all(one.decision.outcome is Outcome.ALLOWED for one in decided):
        yield "its policy denies nothing"
