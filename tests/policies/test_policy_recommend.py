from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from catalogue.policies.document import Limit, Policy, ToolRule, Window, json_schema, plain, to_json
from catalogue.policies.evaluate import Decision, Evaluator, Outcome
from catalogue.policies.parsing import parse
from catalogue.policies.placeholders import Filling, read_filling, unfilled
from catalogue.policies.recommend import Posture, recommend, server_policy, tool_policy
from classifier.verdict import ActionVerdict, Category, Verdict

VALIDATOR = Draft202012Validator(json_schema())
POSTURES = get_args(Posture)
READ, WRITE, EXECUTE = Category.READ, Category.WRITE, Category.EXECUTE
DESTRUCTIVE, FINANCIAL, UNCLASSIFIED = Category.DESTRUCTIVE, Category.FINANCIAL, Category.UNCLASSIFIED

ACTIONS = ["list", "make", "run", "drop", "pay", "odd"]
BY_ACTION = dict(zip(ACTIONS, (READ, WRITE, EXECUTE, DESTRUCTIVE, FINANCIAL, UNCLASSIFIED), strict=True))
DEFINITION: dict[str, Any] = {
    "inputSchema": {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": ACTIONS},
            "force": {"type": "boolean"},
            "dry_run": {"type": "boolean"},
            "path": {"type": "string"},
            "url": {"type": "string"},
            "amount": {"type": "number"},
            "currency": {"type": "string"},
            "to": {"type": "array", "items": {"type": "string"}},
            "sql": {"type": "string"},
            "ids": {"type": "array", "items": {"type": "string"}},
            "reason": {"type": "string"},
            "steps": {
                "type": "array",
                "items": {"type": "object", "properties": {"do": {"type": "string", "enum": ACTIONS}}},
            },
        },
    }
}
SWITCHES = [("force", "true"), ("force", "false"), ("dry_run", "true"), ("dry_run", "false")]

categories = st.sampled_from(list(Category))
names = st.sampled_from(["a", "A", "*", "", "a/b", "a~b", "..", "a\x00", "ａ", "\ud800", "__proto__"]) | st.text()
pointers = st.lists(
    st.sampled_from(
        [f"/inputSchema/properties/{name}" for name in ("path", "url", "amount", "to", "sql", "ids")] + ["/name"]
    ),
    max_size=2,
)
GUARDED = ["filesystem", "network", "bulk", "money-amount", "query-language", "sends-outside", "code"]
signals = st.dictionaries(st.sampled_from(GUARDED), pointers)
fillings = st.lists(
    st.sampled_from(["root=/srv", "host=example.com", "domain=example.com", "cap=50", "daily=99", "currency=EUR"]),
    unique=True,
).map(read_filling)
acts = st.lists(
    st.tuples(st.just("action"), st.sampled_from(ACTIONS), categories), max_size=4, unique_by=lambda a: a[1]
)
switches = st.lists(
    st.sampled_from(SWITCHES).flatmap(lambda one: st.tuples(st.just(one[0]), st.just(one[1]), categories)),
    max_size=3,
)
tamers = st.lists(st.tuples(st.sampled_from(["force", "dry_run"]), categories, categories), max_size=2)
verdict_parts = st.tuples(categories, signals, st.builds(lambda one, two: one + two, acts, switches), tamers)
tool_parts = st.tuples(names, st.sampled_from([DEFINITION, {}, {"inputSchema": None}]), verdict_parts)
calls = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from([*ACTIONS, "DROP", "other", None, 5, ["list"]]),
        "force": st.sampled_from([True, False, None, "true", 1]),
        "dry_run": st.booleans(),
        "path": st.sampled_from(["a", "/srv/a", "../b", None, 5]),
        "amount": st.sampled_from([1, 50, 51, "9", -1, None]),
        "currency": st.sampled_from(["EUR", "USD"]),
        "to": st.sampled_from([["a@example.com"], ["b@evil.net"], "a@example.com"]),
        "sql": st.sampled_from(["select 1", "drop table t"]),
        "ids": st.sampled_from([["1"], ["1"] * 21]),
        "reason": st.just("because"),
        "url": st.sampled_from(["https://example.com/", "file:///x", "http://127.0.0.1/"]),
    },
)


def first(policy: Policy, name: str, arguments: object = None) -> Decision:
    return Evaluator(policy, lambda: 0.0).decide(name, arguments)


def allows(policy: Policy, name: str, arguments: object = None) -> bool:
    return first(policy, name, arguments).outcome is Outcome.ALLOWED


def made(parts: Any, verdict_of: Any) -> tuple[str, Any, Verdict]:
    name, definition, verdict = parts
    return name, definition, verdict_of(*verdict)


@pytest.mark.parametrize(
    ("category", "document"),
    [
        (READ, {"tools": {"Tool": {}}}),
        (WRITE, {"tools": {"Tool": {"limits": [{"counter": "Tool_rate", "window": "minute", "max": 30}]}}}),
        (EXECUTE, {"tools": {"Tool": {"limits": [{"counter": "Tool_rate", "window": "minute", "max": 10}]}}}),
        (UNCLASSIFIED, {"tools": {"Tool": {"limits": [{"counter": "Tool_rate", "window": "minute", "max": 10}]}}}),
        (DESTRUCTIVE, {"hide": ["Tool"]}),
    ],
)
def test_the_recommended_document_by_category(category: Category, document: dict[str, Any], verdict_of: Any) -> None:
    for default, policy in (
        ("allow", tool_policy("Tool", {}, verdict_of(category))),
        ("deny", server_policy([("Tool", {}, verdict_of(category))])),
    ):
        assert policy == parse({"version": "1", "default": default} | document)


@pytest.mark.parametrize(
    ("category", "posture"), [(FINANCIAL, "recommended"), (FINANCIAL, "permissive"), (DESTRUCTIVE, "permissive")]
)
def test_what_waits_for_a_person_is_shown_and_says_so(category: Category, posture: Posture, verdict_of: Any) -> None:
    policy = tool_policy("pay", {}, verdict_of(category), posture=posture)
    assert first(policy, "pay").rule == "/tools/pay/ask_if/0"
    assert first(policy, "pay").outcome is Outcome.HELD
    assert first(plain(policy), "pay").outcome is Outcome.DENIED
    assert "approval" in first(policy, "pay").message
    assert Evaluator(policy).visible(["pay", "other"]) == ("pay", "other")


@pytest.mark.parametrize("category", [category for category in Category if category is not READ])
def test_strict_hides_everything_that_does_not_only_read(category: Category, verdict_of: Any) -> None:
    policy = server_policy([("look", {}, verdict_of(READ)), ("act", {}, verdict_of(category))], "strict")
    assert Evaluator(policy).visible(["look", "act"]) == ("look",)
    assert allows(policy, "look")


def test_permissive_has_no_rates(verdict_of: Any) -> None:
    policy = server_policy([(one.value, {}, verdict_of(one)) for one in (WRITE, EXECUTE, UNCLASSIFIED)], "permissive")
    assert policy.tools == {"execute": ToolRule(), "unclassified": ToolRule(), "write": ToolRule()}


def narrowed(verdict_of: Any, *actions: tuple[str, str, Category], category: Category, **options: Any) -> Policy:
    return tool_policy("t", DEFINITION, verdict_of(category, actions=actions), **options)


def test_a_tool_of_several_actions_keeps_the_harmless_ones(verdict_of: Any) -> None:
    actions = [("action", value, category) for value, category in BY_ACTION.items()]
    policy = narrowed(verdict_of, *actions, category=FINANCIAL)
    assert [value for value in ACTIONS if allows(policy, "t", {"action": value})] == ["list", "make", "run"]
    for arguments in ({}, {"action": None}, {"action": "LIST"}, {"action": "new"}, {"action": ["list"]}):
        assert not allows(policy, "t", arguments)
    assert policy.tools["t"].limits == (Limit("t_rate", Window.MINUTE, 10),)
    strict = narrowed(verdict_of, *actions, category=FINANCIAL, posture="strict")
    assert [value for value in ACTIONS if allows(strict, "t", {"action": value})] == ["list"]


def test_the_rate_fits_the_actions_that_remain(verdict_of: Any) -> None:
    pay, make, look = ("action", "pay", FINANCIAL), ("action", "make", WRITE), ("action", "list", READ)
    assert narrowed(verdict_of, pay, make, look, category=FINANCIAL).tools["t"].limits[0].max == 30
    assert narrowed(verdict_of, pay, look, category=FINANCIAL).tools["t"].limits == ()


def test_the_rate_fits_what_the_tool_does_whatever_the_action(verdict_of: Any) -> None:
    policy = narrowed(verdict_of, ("action", "pay", FINANCIAL), ("action", "list", READ), category=EXECUTE)
    assert allows(policy, "t", {"action": "list"})
    assert not allows(policy, "t", {"action": "pay"})
    assert policy.tools["t"].limits[0].max == 10


def test_a_switch_that_is_not_given_is_off(verdict_of: Any) -> None:
    force = narrowed(verdict_of, ("force", "true", DESTRUCTIVE), ("force", "false", WRITE), category=DESTRUCTIVE)
    assert allows(force, "t", {})
    assert allows(force, "t", {"force": False})
    assert not allows(force, "t", {"force": True})
    dry = narrowed(verdict_of, ("dry_run", "true", READ), ("dry_run", "false", DESTRUCTIVE), category=DESTRUCTIVE)
    assert not allows(dry, "t", {})
    assert not allows(dry, "t", {"dry_run": False})
    assert allows(dry, "t", {"dry_run": True})


def test_a_default_counts_as_the_value_of_a_call_that_gives_none(verdict_of: Any) -> None:
    for default, allowed in (("list", True), ("drop", False), (None, False)):
        schema = {"type": "string", "enum": ["list", "drop"], "default": default}
        definition = {"inputSchema": {"properties": {"action": schema}}}
        verdict = verdict_of(DESTRUCTIVE, actions=[("action", "list", READ), ("action", "drop", DESTRUCTIVE)])
        assert allows(tool_policy("t", definition, verdict), "t", {}) is allowed


def test_a_switch_that_tames_a_call_keeps_the_tool_usable(verdict_of: Any) -> None:
    verdict = verdict_of(DESTRUCTIVE, switches=[("dry_run", READ, DESTRUCTIVE)])
    for posture in POSTURES:
        policy = tool_policy("t", DEFINITION, verdict, posture=posture)
        assert allows(policy, "t", {"dry_run": True})
        assert not any(allows(policy, "t", call) for call in ({}, {"dry_run": False}, {"dry_run": None}))


def test_a_switch_that_makes_it_worse_is_kept_off(verdict_of: Any) -> None:
    verdict = verdict_of(DESTRUCTIVE, switches=[("force", DESTRUCTIVE, WRITE)])
    policy = tool_policy("t", DEFINITION, verdict)
    assert allows(policy, "t", {})
    assert not allows(policy, "t", {"force": True})
    assert tool_policy("t", DEFINITION, verdict, posture="strict").hide == ("t",)


def test_an_action_or_a_switch_is_enough(verdict_of: Any) -> None:
    actions = [("action", "list", READ), ("action", "drop", DESTRUCTIVE)]
    policy = tool_policy("t", DEFINITION, verdict_of(DESTRUCTIVE, {}, actions, [("dry_run", READ, DESTRUCTIVE)]))
    assert allows(policy, "t", {"action": "list"})
    assert allows(policy, "t", {"action": "drop", "dry_run": True})
    assert not allows(policy, "t", {"action": "drop", "dry_run": False})
    assert not allows(policy, "t", {"action": "drop"})
    assert not allows(policy, "t", {})


def test_a_switch_of_which_little_is_known_changes_nothing(verdict_of: Any) -> None:
    for switches in ([("nowhere", READ, DESTRUCTIVE)], [("dry_run", UNCLASSIFIED, DESTRUCTIVE)]):
        assert tool_policy("t", DEFINITION, verdict_of(DESTRUCTIVE, switches=switches)).hide == ("t",)


def test_actions_inside_an_array_are_kept_to_the_harmless_ones(verdict_of: Any) -> None:
    policy = narrowed(
        verdict_of, ("steps[].do", "list", READ), ("steps[].do", "drop", DESTRUCTIVE), category=DESTRUCTIVE
    )
    assert allows(policy, "t", {"steps": [{"do": "list"}, {"do": "list"}]})
    for steps in ([{"do": "list"}, {"do": "drop"}], [{"do": "list"}, {}], [], None):
        assert not allows(policy, "t", {"steps": steps})


def test_numbers_and_switches_are_written_as_the_schema_has_them(verdict_of: Any) -> None:
    definition = {"inputSchema": {"properties": {"mode": {"enum": [1, 2]}}}}
    verdict = verdict_of(DESTRUCTIVE, actions=[("mode", "1", READ), ("mode", "2", DESTRUCTIVE)])
    assert tool_policy("t", definition, verdict).tools["t"].deny_if[0].conditions[0].value == (1,)
    policy = narrowed(verdict_of, ("force", "true", DESTRUCTIVE), ("force", "false", WRITE), category=DESTRUCTIVE)
    assert policy.tools["t"].deny_if[0].conditions[0].value == (False,)


@pytest.mark.parametrize(
    "actions",
    [
        [],
        [("action", "drop", DESTRUCTIVE)],
        [("action", "list", READ), ("action", "make", WRITE)],  # what destroys is not among them
        [("action", "list", READ), ("action", "drop", DESTRUCTIVE), ("force", "true", DESTRUCTIVE)],
        [("action", "odd", UNCLASSIFIED), ("action", "drop", DESTRUCTIVE)],
        [("nowhere", "list", READ), ("nowhere", "drop", DESTRUCTIVE)],
    ],
)
def test_a_tool_that_no_choice_of_values_makes_harmless_is_hidden(actions: Any, verdict_of: Any) -> None:
    assert narrowed(verdict_of, *actions, category=DESTRUCTIVE).hide == ("t",)


def test_a_tool_named_star_is_denied_alone(verdict_of: Any) -> None:
    for category in Category:
        for posture in POSTURES:
            policy = server_policy([("*", {}, verdict_of(category)), ("look", {}, verdict_of(READ))], posture)
            assert first(policy, "*").rule == "/tools/*/deny_if/0"
            assert allows(policy, "look")


def test_of_two_tools_of_one_name_the_stricter_rule_holds(verdict_of: Any) -> None:
    read, write, run = verdict_of(READ), verdict_of(WRITE), verdict_of(EXECUTE)
    gone, pay = verdict_of(DESTRUCTIVE), verdict_of(FINANCIAL)
    limits = server_policy([("t", {}, write), ("t", {}, run), ("t", {}, read)]).tools["t"].limits
    assert limits == (Limit("t_rate", Window.MINUTE, 10),)
    assert server_policy([("t", {}, gone), ("t", {}, read)]).hide == ("t",)
    assert not allows(server_policy([("t", {}, read), ("t", {}, pay)]), "t")
    assert tool_policy("t", {}, read, twins=[({}, gone)]).hide == ("t",)


def test_reasons_are_sentences(verdict_of: Any) -> None:
    actions = [("action", value, category) for value, category in BY_ACTION.items()]
    for verdict in (
        *map(verdict_of, Category),
        verdict_of(FINANCIAL, {"filesystem": ["/inputSchema/properties/path"]}, actions),
    ):
        for posture in POSTURES:
            reasons = recommend("t", DEFINITION, verdict, posture).reasons
            assert reasons
            assert all(reason[0].isupper() or reason[0] == '"' for reason in reasons)
            assert all(reason.endswith(".") and "\n" not in reason for reason in reasons)


@given(parts=st.lists(tool_parts, max_size=5), posture=st.sampled_from(POSTURES))
def test_every_document_is_valid_names_every_tool_and_comes_back(parts: Any, posture: Posture, verdict_of: Any) -> None:
    tools = [made(one, verdict_of) for one in parts]
    policy = server_policy(tools, posture)
    for document in (policy, *(tool_policy(*tool, posture=posture) for tool in tools)):
        assert VALIDATOR.is_valid(to_json(document))
        assert parse(to_json(document)) == document
    assert policy.default == "deny"
    assert sorted([*policy.hide, *policy.tools]) == sorted({name for name, _, _ in tools})
    counters = [limit.counter for rule in policy.tools.values() for limit in rule.limits]
    assert len(counters) == len(set(counters))


@given(parts=tool_parts, others=st.lists(tool_parts, max_size=3), arguments=calls, posture=st.sampled_from(POSTURES))
def test_adding_tools_loosens_nothing_and_changes_no_other_name(
    parts: Any, others: Any, arguments: Any, posture: Posture, verdict_of: Any
) -> None:
    tool = made(parts, verdict_of)
    alone = server_policy([tool], posture)
    together = server_policy([*(made(one, verdict_of) for one in others), tool], posture)
    if tool[0] not in {name for name, _, _ in others}:
        assert first(together, tool[0], arguments) == first(alone, tool[0], arguments)
    assert not allows(together, tool[0], arguments) or allows(alone, tool[0], arguments)


@given(parts=tool_parts, arguments=calls, posture=st.sampled_from(POSTURES))
def test_the_documents_of_a_tool_and_of_its_server_say_the_same(
    parts: Any, arguments: Any, posture: Posture, verdict_of: Any
) -> None:
    name, definition, verdict = made(parts, verdict_of)
    whole = server_policy([(name, definition, verdict)], posture)
    single = tool_policy(name, definition, verdict, posture=posture)
    assert first(whole, name, arguments) == first(single, name, arguments)
    assert (whole.tools, whole.hide) == (single.tools, single.hide)
    assert allows(single, name + "_other")
    assert not allows(whole, name + "_other")


@given(parts=tool_parts, arguments=calls, filling=fillings)
def test_strict_allows_a_part_of_recommended_and_that_a_part_of_permissive(
    parts: Any, arguments: Any, filling: Filling, verdict_of: Any
) -> None:
    tool = made(parts, verdict_of)
    strict, recommended, permissive = (
        Evaluator(server_policy([tool], posture, filling), lambda: 0.0)
        for posture in ("strict", "recommended", "permissive")
    )
    for narrow, wide in ((strict, recommended), (recommended, permissive)):
        assert set(narrow.visible([tool[0]])) <= set(wide.visible([tool[0]]))
        for _ in range(32):
            outcome = narrow.decide(tool[0], arguments).outcome
            wider = wide.decide(tool[0], arguments).outcome
            assert outcome is not Outcome.ALLOWED or wider is Outcome.ALLOWED
            assert outcome is not Outcome.HELD or wider in (Outcome.ALLOWED, Outcome.HELD)


@given(parts=tool_parts, arguments=calls, filling=fillings, posture=st.sampled_from(POSTURES))
def test_plain_documents_let_through_the_same_and_ask_nobody(
    parts: Any, arguments: Any, filling: Filling, posture: Posture, verdict_of: Any
) -> None:
    tool = made(parts, verdict_of)
    policy = server_policy([tool], posture, filling)
    document = to_json(plain(policy))
    assert document["version"] == "1"
    assert "ask_if" not in json.dumps(document)
    assert allows(plain(policy), tool[0], arguments) == allows(policy, tool[0], arguments)


@given(parts=tool_parts, arguments=calls, posture=st.sampled_from(POSTURES))
def test_what_waits_to_be_filled_in_denies(parts: Any, arguments: Any, posture: Posture, verdict_of: Any) -> None:
    tool = made(parts, verdict_of)
    policy = server_policy([tool], posture)
    waiting = {one.path.removeprefix("args.").removesuffix("[]") for one in unfilled(policy)}
    if any(arguments.get(name) is not None for name in waiting):
        assert not allows(policy, tool[0], arguments)
    assert not waiting or posture != "permissive"


def spelled_in(values: dict[str, str], one: ActionVerdict) -> bool:
    return values.get(one.parameter) == one.value


@given(parts=tool_parts, arguments=calls, posture=st.sampled_from(POSTURES))
def test_nothing_destructive_or_financial_passes(parts: Any, arguments: Any, posture: Posture, verdict_of: Any) -> None:
    name, definition, verdict = made(parts, verdict_of)
    if not allows(server_policy([(name, definition, verdict)], posture), name, arguments):
        return
    severe = {DESTRUCTIVE, FINANCIAL}
    given_values = {"force": "false", "dry_run": "false"}  # switches that are not given are off
    given_values |= {key: str(value).lower() for key, value in arguments.items() if value is not None}
    if any(
        one.category not in severe and spelled_in(given_values, one) for arg in verdict.arguments for one in arg.values
    ):
        return
    assert not any(one.category in severe and spelled_in(given_values, one) for one in verdict.actions)
    assert verdict.category not in severe or verdict.category in {one.category for one in verdict.actions}


@given(name=names.filter(lambda name: name != "*"), drawn=signals, posture=st.sampled_from(POSTURES))
def test_reads_work_any_number_of_times(name: str, drawn: Any, posture: Posture, verdict_of: Any) -> None:
    evaluator = Evaluator(server_policy([(name, DEFINITION, verdict_of(READ, drawn))], posture), lambda: 0.0)
    for arguments in ({}, {"path": "docs/a.md", "url": "https://example.com/a"}) * 50:
        assert evaluator.decide(name, arguments).outcome is Outcome.ALLOWED
    assert evaluator.visible([name]) == (name,)
