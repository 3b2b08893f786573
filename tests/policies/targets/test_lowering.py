"""What a policy becomes for a target that can say only some of it: never looser, and nothing lost in silence."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.policies.document import Approval, Denial, Limit, Operator, Policy, Predicate, ToolRule, Window
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.targets.lowering import Abilities, lower
from catalogue.policies.targets.needs import Answer, Instead, Need

STRICTNESS = {Outcome.ALLOWED: 0, Outcome.HELD: 1, Outcome.LIMITED: 2, Outcome.DENIED: 2, Outcome.HIDDEN: 3}
NAMES = ["a", "b", "*"]
predicates = st.sampled_from(
    [
        Predicate("args.x", Operator.EQ, 1),
        Predicate("args.x", Operator.GT, 5),
        Predicate("args.y", Operator.EXISTS, True),
        Predicate("args.y", Operator.IN, ("p", "q")),
    ]
)
conditions = st.lists(predicates, max_size=2).map(tuple)
limits = st.lists(
    st.sampled_from(
        [
            Limit("n", Window.MINUTE, 0),
            Limit("n", Window.HOUR, 1),
            Limit("sum", Window.DAY, 4, increment_from="args.x"),
        ]
    ),
    max_size=2,
    unique=True,
).map(tuple)
rules = st.builds(
    ToolRule,
    require=conditions,
    deny_if=st.lists(st.builds(Denial, conditions), max_size=2).map(tuple),
    ask_if=st.lists(st.builds(Approval, conditions), max_size=2).map(tuple),
    limits=limits,
)
policies = st.builds(
    Policy,
    default=st.sampled_from(["allow", "deny"]),
    hide=st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple),
    limits=limits,
    tools=st.dictionaries(st.sampled_from(NAMES), rules),
)
abilities = st.builds(
    Abilities,
    says=st.frozensets(st.sampled_from(list(Need))),
    unnamed=st.sampled_from(list(Answer)),
    compares=st.sampled_from([lambda _: True, lambda predicate: predicate.op is Operator.EQ]),
    counts=st.sampled_from([lambda _: True, lambda limit: limit.increment_from is None]),
    always_asks=st.booleans(),
).filter(lambda one: one.says & {Need.DENIAL, Need.APPROVAL})
calls = st.lists(
    st.tuples(
        st.sampled_from([*NAMES, "unnamed"]),
        st.fixed_dictionaries(
            {}, optional={"x": st.sampled_from([1, 6, "6", None, [1]]), "y": st.sampled_from(["p", 1])}
        ),
    ),
    min_size=1,
    max_size=6,
)


def outcomes(policy: Policy, made: list[tuple[str, dict[str, Any]]]) -> list[Outcome]:
    evaluator = Evaluator(policy, lambda: 0.0)
    return [evaluator.decide(tool, arguments).outcome for tool, arguments in made]


@settings(max_examples=500)
@given(policies, abilities, calls)
def test_what_is_lowered_is_never_looser(
    policy: Policy, able: Abilities, made: list[tuple[str, dict[str, Any]]]
) -> None:
    lowered = lower(policy, able).policy
    for tool, arguments in made:  # each call alone: a stricter policy leaves more of a limit to the calls that follow
        [ours], [theirs] = outcomes(policy, [(tool, arguments)]), outcomes(lowered, [(tool, arguments)])
        if Need.DENIAL in able.says and not (Need.APPROVAL in able.says and ours is not Outcome.ALLOWED):
            assert min(STRICTNESS[theirs], 2) >= min(STRICTNESS[ours], 2)
        assert theirs is not Outcome.ALLOWED or ours is Outcome.ALLOWED


@settings(max_examples=300)
@given(policies, abilities)
def test_only_what_the_target_says_is_left_and_what_was_changed_is_reported(policy: Policy, able: Abilities) -> None:
    lowered = lower(policy, able)
    for rule in lowered.policy.tools.values():
        assert Need.APPROVAL in able.says or not rule.ask_if or Need.DENIAL not in able.says
        assert Need.DENIAL in able.says or not any(not denial.conditions for denial in rule.deny_if)
        stated = [
            *rule.require,
            *(predicate for one in (*rule.deny_if, *rule.ask_if) for predicate in one.conditions),
        ]
        assert all(able.can_compare(predicate) for predicate in stated) or any(
            not one.conditions for one in rule.deny_if
        )
        assert all(able.can_count(limit) for limit in rule.limits)
    assert all(able.can_count(limit) for limit in lowered.policy.limits)
    assert Need.HIDING in able.says or not lowered.policy.hide
    lost = {tool for loss in lowered.losses for tool in loss.tools}
    for name, rule in policy.tools.items():
        if name not in policy.hide and "*" not in policy.hide and lowered.policy.tools[name] != rule:
            assert name in lost or any(not denial.conditions for denial in rule.deny_if)


def test_where_nobody_can_be_asked_what_cannot_be_said_is_denied() -> None:
    rule = ToolRule(limits=(Limit("n", Window.MINUTE, 3),))
    able = Abilities(frozenset({Need.DENIAL, Need.HIDING}), Answer.DENY)
    lowered = lower(Policy("deny", tools={"a": rule, "b": ToolRule()}), able)
    assert outcomes(lowered.policy, [("a", {}), ("b", {})]) == [Outcome.DENIED, Outcome.ALLOWED]
    [rates] = [loss for loss in lowered.losses if loss.need is Need.RATES]
    assert (rates.instead, rates.tools) == (Instead.DENIED, ("a",))
