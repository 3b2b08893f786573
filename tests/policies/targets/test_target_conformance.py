"""Every target's file, as the target itself reads it, is never looser than the policy, for all tools of the corpus."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest

from catalogue.policies.document import Policy, ToolRule
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.placeholders import read_filling
from catalogue.policies.recommend import Posture, server_policy
from catalogue.policies.targets.export import Export, export
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.table import TARGETS
from catalogue.policies.targets.target import ExportTarget
from tests.policies.corpus import Tool, calls
from tests.policies.targets.interpreters import Reading
from tests.policies.targets.interpreters.table import INTERPRETERS

FILLED = read_filling(["root=/srv", "host=a.example.com", "domain=example.com", "cap=50", "daily=99", "currency=EUR"])
POSTURES = get_args(Posture)
SERVER = "server"
MEANS = {one.checked_with for one in TARGETS.values()} - {""}
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


def _imported(file: Path) -> Iterator[str]:
    """The distributions that a test imports, also by way of another module of its folder."""
    known = packages_distributions()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        for module in [node.module or ""] if isinstance(node, ast.ImportFrom) else names:
            yield from known.get(module.partition(".")[0], ())
            below = file.parent / f"{module.rpartition('.')[2]}.py"
            yield from _imported(below) if module.startswith(f"{__package__}.interpreters.") else ()


@pytest.mark.parametrize("name", TARGETS)
def test_what_a_target_is_said_to_be_checked_with_is_what_its_tests_run(name: str) -> None:
    itself = Path(__file__).with_name(f"test_{name.replace('-', '_')}_itself.py")
    files = [Path(inspect.getfile(INTERPRETERS[name])), *([itself] if itself.exists() else [])]
    run = {one for file in files for one in _imported(file)}
    checked_with = TARGETS[name].checked_with
    if itself.exists() and checked_with:  # a package that is asked for by an environment variable
        run |= set(re.findall(re.escape(checked_with), itself.read_text(encoding="utf-8")))
    assert (checked_with in run) if checked_with else not run & MEANS


@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize("name", TARGETS)
def test_the_target_does_what_was_left_of_the_policy_and_is_never_looser(
    name: str, posture: str, cases: dict[str, list[Case]]
) -> None:
    target = TARGETS[name]
    for case in cases[posture]:
        made = export(case.policy, target, SERVER)
        answers = _answers(case, INTERPRETERS[name](made.text(target), SERVER))
        _is_never_looser(target, case, made, answers)
        _is_exact(target, case, made, answers)


@pytest.mark.parametrize(
    "name", [name for name, one in TARGETS.items() if {Need.DENIAL, Need.APPROVAL} <= one.abilities.says]
)
def test_where_nobody_can_be_asked_the_target_denies(name: str, cases: dict[str, list[Case]]) -> None:
    target = TARGETS[name]
    for case in cases["recommended"][::3]:
        made = export(case.policy, target, SERVER, approvals=False)
        answers = _answers(case, INTERPRETERS[name](made.text(target), SERVER))
        _is_exact(target, case, made, answers)
        for (tool, _, outcome), answer in zip(case.calls, answers, strict=True):
            if outcome is not Outcome.ALLOWED and not target.abilities.always_asks and target.spell(tool) is not None:
                assert answer > Answer.ASK, tool


def _answers(case: Case, read: Reading) -> list[Answer]:
    """What the target does with each call of the case: it is asked once, since some of them take their time."""
    return [read(call.tool, call.arguments) for call in case.calls]


def _is_never_looser(target: ExportTarget, case: Case, made: Export, answers: list[Answer]) -> None:
    unsayable = {tool for loss in made.losses if loss.need is Need.NAMES for tool in loss.tools}
    passable = {tool for loss in made.losses if loss.instead.is_looser for tool in loss.tools}
    passable |= unsayable if Need.DENIAL not in target.abilities.says else set()
    for (tool, arguments, outcome), answer in zip(case.calls, answers, strict=True):
        rule = case.policy.tools.get(tool)
        if outcome is not Outcome.ALLOWED:
            assert answer is not Answer.ALLOW, (tool, arguments)
        if (rule is None or any(not denial.conditions for denial in rule.deny_if)) and tool not in passable:
            assert answer > Answer.ASK, tool
        if outcome is Outcome.HIDDEN and Need.HIDING in target.abilities.says and tool not in unsayable:
            assert answer is Answer.HIDE, tool
        if rule == ToolRule() and tool not in unsayable:
            assert answer is Answer.ALLOW or target.abilities.always_asks, tool


def _is_exact(target: ExportTarget, case: Case, made: Export, answers: list[Answer]) -> None:
    for (tool, arguments, _), answer in zip(case.calls, answers, strict=True):
        spelled = target.spell(tool)
        if spelled is not None:
            wanted = min(MEANT[Evaluator(made.policy, lambda: 0.0).decide(spelled, arguments).outcome], Answer.DENY)
            if target.abilities.always_asks:
                wanted = max(wanted, Answer.ASK)
            assert min(answer, Answer.DENY) == wanted, (tool, arguments)
