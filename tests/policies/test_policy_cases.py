from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.policies.document import Limit, Policy, ToolRule, Window, cases
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.parsing import parse

CASES = cases()["cases"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_the_evaluator_decides_as_the_table_says(case: dict[str, Any]) -> None:
    now = 0.0
    evaluator = Evaluator(parse(case["policy"]), lambda: now)
    for call in case["calls"]:
        now = call.get("at", now)
        decision = evaluator.decide(call["tool"], call.get("arguments"), approved=call.get("approved", False))
        assert (decision.outcome, decision.rule) == (call["outcome"], call.get("rule", "")), call
        assert decision.message == call.get("message", decision.message)
        assert bool(decision.message) == (decision.outcome is not Outcome.ALLOWED)
        if call.get("unreached"):
            evaluator.give_back(decision)


def test_case_names_are_unique() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)


def test_visible_keeps_order_and_leaves_out_what_is_hidden() -> None:
    evaluator = Evaluator(Policy("deny", hide=("b",)))
    assert evaluator.visible(["c", "b", "a"]) == ("c", "a")
    assert Evaluator(Policy("allow", hide=("*",))).visible(["c", "*"]) == ()


def test_a_count_given_back_after_its_window_changes_nothing() -> None:
    now = 0.0
    limit = Limit("c", Window.MINUTE, 1)
    evaluator = Evaluator(Policy("deny", tools={"t": ToolRule(limits=(limit,))}), lambda: now)
    early = evaluator.decide("t")
    now = 60.0
    assert evaluator.decide("t").outcome is Outcome.ALLOWED
    evaluator.give_back(early)
    assert evaluator.decide("t").outcome is Outcome.LIMITED


@given(st.lists(st.floats(0, 1e6), max_size=60), st.integers(0, 5), st.sampled_from(list(Window)))
def test_every_window_lets_through_its_limit_and_no_more(times: list[float], most: int, window: Window) -> None:
    moments = iter(sorted(times))
    policy = Policy("deny", tools={"t": ToolRule(limits=(Limit("c", window, most),))})
    evaluator = Evaluator(policy, lambda: next(moments))
    length = {Window.MINUTE: 60, Window.HOUR: 3600, Window.DAY: 86400}[window]
    calls = Counter(time // length for time in times)
    allowed = Counter(time // length for time in sorted(times) if evaluator.decide("t").outcome is Outcome.ALLOWED)
    assert allowed == {period: min(number, most) for period, number in calls.items() if most}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
predicates = st.one_of(
    st.fixed_dictionaries(
        {
            "path": st.sampled_from(["args.a", "args.a.b", "args.a[]", "args.a[].b[]", "args.a[1].b"]),
            "op": st.just(op),
            "value": value,
        }
    )
    for op, value in {
        "eq": st.sampled_from(["x", 1, True]),
        "lt": st.just(3),
        "not_in": st.just(["x", 2]),
        "exists": st.booleans(),
        "regex": st.just("x|y"),
        "contains": st.just("x"),
    }.items()
)


@given(predicates, json_values)
def test_a_requirement_never_lets_through_what_its_denial_denies_as_unclear(
    predicate: dict[str, Any], arguments: object
) -> None:
    require = parse({"version": "1", "default": "deny", "tools": {"t": {"require": [predicate]}}})
    deny = parse({"version": "1", "default": "deny", "tools": {"t": {"deny_if": [{"conditions": [predicate]}]}}})
    met = Evaluator(require).decide("t", arguments).outcome is Outcome.ALLOWED
    fits = Evaluator(deny).decide("t", arguments).outcome is Outcome.DENIED
    assert fits or not met


HOSTILE_PATTERNS = ["(a+)+$", "(x+x+)+y", "(?:a?){300}a{300}", "(.*){20}x", "(a|aa)+$", "[a-q][^u-z]{200}x"]


@pytest.mark.parametrize("pattern", HOSTILE_PATTERNS)
def test_a_pattern_that_makes_backtracking_engines_run_away_costs_linear_time(pattern: str) -> None:
    condition = {"path": "args.x", "op": "regex", "value": pattern}
    policy = parse({"version": "1", "default": "deny", "tools": {"t": {"deny_if": [{"conditions": [condition]}]}}})
    # A backtracking engine would not come back from these in the life of the universe: finishing is the test.
    assert Evaluator(policy).decide("t", {"x": "a" * 1_000_000 + "!"}).outcome


def test_text_that_is_not_unicode_is_denied_by_a_pattern() -> None:
    condition = {"path": "args.x", "op": "regex", "value": "z"}
    policy = parse({"version": "1", "default": "deny", "tools": {"t": {"deny_if": [{"conditions": [condition]}]}}})
    assert Evaluator(policy).decide("t", {"x": "\ud800"}).outcome is Outcome.DENIED


def test_a_number_of_five_thousand_digits_is_compared() -> None:
    condition = {"path": "args.x", "op": "gt", "value": 1}
    policy = parse({"version": "1", "default": "deny", "tools": {"t": {"deny_if": [{"conditions": [condition]}]}}})
    assert Evaluator(policy).decide("t", {"x": 10**5000}).outcome is Outcome.DENIED
