"""Hostile names and values in the files of gateways: they come through exactly, or nothing is written."""

from __future__ import annotations

import json

import pytest
import regopy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from catalogue.editing.documents import written
from catalogue.errors import CatalogueError
from catalogue.policies.document import Denial, Operator, Policy, Predicate, ToolRule
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.targets.export import Export, export
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.table import TARGETS
from catalogue.policies.targets.target import Kind
from tests.policies.targets.interpreters import Reading
from tests.policies.targets.interpreters.table import INTERPRETERS

GATEWAYS = [name for name, target in TARGETS.items() if target.kind is Kind.GATEWAY]
JUDGING = [name for name in GATEWAYS if Need.ARGUMENTS in TARGETS[name].abilities.says]
HOSTILE = [
    *"aT1eé漢😀ß.\"'\\/`*?[]{}$#&!|><%@,:;-_ ()=~^\n\t\r\0\x1b\x7f\x85\xa0\u2028\u200b\ufeff",
    '"]',
    '");',
    "/*",
    "//",
    "\n- ",
    "${x}",
    "null",
    "yes",
    "0x1",
    "1e3",
    "\\u0022",
    '" || true || "',
    '\\" || true',
]
NAMES = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("".join)
FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
DENIED = ToolRule(deny_if=(Denial(()),))


def read(name: str, made: Export) -> Reading:
    text = made.content if isinstance(made.content, str) else written(TARGETS[name].form, made.content)
    return INTERPRETERS[name](text, "server")


@pytest.mark.parametrize("name", GATEWAYS)
@FEW
@given(tool=NAMES, other=NAMES)
def test_a_hostile_name_is_that_tool_and_no_other(name: str, tool: str, other: str) -> None:
    assume(tool != other)
    spell = TARGETS[name].spell
    try:
        made = export(Policy("deny", tools={tool: ToolRule(), other: DENIED}), TARGETS[name], "server")
    except CatalogueError:
        return
    answer = read(name, made)
    assert answer(other, {}) is not Answer.ALLOW
    assert answer("unheard-of", {}) is not Answer.ALLOW
    if spell(tool) is not None and spell(tool) != spell(other):
        assert answer(tool, {}) is Answer.ALLOW
    if spell(tool) is None:
        assert any(loss.need is Need.NAMES and tool in loss.tools for loss in made.losses)


@pytest.mark.parametrize("name", JUDGING)
@FEW
@given(argument=NAMES, value=NAMES, other=NAMES)
def test_a_hostile_value_is_that_value_and_no_other(name: str, argument: str, value: str, other: str) -> None:
    assume(not set(argument) & set(".[]") and value != other)
    kept = Predicate(f"args.{argument}", Operator.NOT_IN, (value, "plain"))
    policy = Policy("deny", tools={"act": ToolRule(deny_if=(Denial((kept,)),))})
    made = export(policy, TARGETS[name], "server")
    answer = read(name, made)
    for given_value in (value, "plain", other, None, 5, True, [value], {value: value}):
        decided = Evaluator(policy, lambda: 0.0).decide("act", {argument: given_value}).outcome
        if decided is not Outcome.ALLOWED:
            assert answer("act", {argument: given_value}) is not Answer.ALLOW
    if not made.losses:
        assert answer("act", {argument: value}) is Answer.ALLOW
        assert answer("act", {}) is Answer.ALLOW


def test_the_rego_module_as_it_is_written_reads_hostile_names() -> None:
    names = ['a"b', "a\\b", "é漢", 'x"] := 1 #', "${x}"]
    made = export(Policy("deny", tools={name: ToolRule() for name in names}), TARGETS["opa"], "server")
    engine = regopy.Interpreter()
    engine.add_module("policy.rego", str(made.content))
    bundle = engine.build("allowed := data.mcp.policy.allow", [])
    for name, allowed in [*((name, True) for name in names), ("x", False), ("policy", False)]:
        engine.set_input_term(json.dumps({"server": "server", "tool": name, "arguments": {}}, ensure_ascii=False))
        assert engine.query_bundle(bundle).binding("allowed").value is allowed
