from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from catalogue.errors import CatalogueError
from catalogue.policies.document import (
    Approval,
    Denial,
    Limit,
    Operator,
    Policy,
    PolicyError,
    Predicate,
    ToolRule,
    Window,
    json_schema,
    to_json,
)
from catalogue.policies.parsing import parse

VALIDATOR = Draft202012Validator(json_schema())

WHOLE: dict[str, Any] = {
    "version": "1+ask_if",
    "default": "deny",
    "hide": ["drop", "*"],
    "all_tools": {"limits": [{"counter": "calls", "window": "day", "max": 1000, "scope": "grant"}]},
    "tools": {
        "read": {},
        "pay": {
            "require": [{"path": "args.reason", "op": "exists", "value": True}],
            "deny_if": [
                {"conditions": [{"path": "args.to[].iban", "op": "not_in", "value": ["a", 1, True]}], "on_deny": "No."},
                {"conditions": []},
            ],
            "ask_if": [{"conditions": [{"path": "args.to[3]", "op": "exists", "value": True}], "on_ask": "So many?"}],
            "limits": [
                {"counter": "spent", "window": "hour", "max": 9.5, "scope": "grant", "increment_from": "args.amount"}
            ],
        },
    },
}

texts = st.text(max_size=6)
scalars = texts | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
paths = st.lists(st.from_regex(r"[a-z $é]{1,5}(\[[1-9]?\]){0,2}", fullmatch=True), min_size=1, max_size=3).map(
    lambda names: "args." + ".".join(names)
)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_VALUES = {
    "eq": scalars,
    "neq": scalars,
    "contains": scalars,
    "lt": numbers,
    "lte": numbers,
    "gt": numbers,
    "gte": numbers,
    "in": st.lists(scalars, min_size=1, max_size=3),
    "not_in": st.lists(scalars, min_size=1, max_size=3),
    "exists": st.booleans(),
    "regex": st.sampled_from(["", "^a+$", "(?i)x|y", "[^/]*"]),
}
predicates = st.one_of(
    st.fixed_dictionaries({"path": paths, "op": st.just(op), "value": value}) for op, value in _VALUES.items()
)
limits = st.lists(
    st.fixed_dictionaries(
        {
            "counter": st.text(min_size=1, max_size=6),
            "window": st.sampled_from(["minute", "hour", "day"]),
            "max": st.integers(0, 2**53 - 1) | st.floats(0, 1e6),
        },
        optional={"scope": st.just("grant"), "increment_from": paths},
    ),
    max_size=3,
    unique_by=lambda limit: (limit["counter"], limit["window"]),
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "require": st.lists(predicates, max_size=2),
        "deny_if": st.lists(
            st.fixed_dictionaries({"conditions": st.lists(predicates, max_size=2)}, optional={"on_deny": texts}),
            max_size=2,
        ),
        "ask_if": st.lists(
            st.fixed_dictionaries({"conditions": st.lists(predicates, max_size=2)}, optional={"on_ask": texts}),
            max_size=2,
        ),
        "limits": limits,
    },
)
documents = st.fixed_dictionaries(
    {"version": st.just("1+ask_if"), "default": st.sampled_from(["allow", "deny"])},
    optional={
        "hide": st.lists(texts, max_size=3, unique=True),
        "all_tools": st.fixed_dictionaries({}, optional={"limits": limits}),
        "tools": st.dictionaries(texts, rules, max_size=3),
    },
)
junk = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(
        [
            "",
            "1",
            "deny",
            "eq",
            "exists",
            "args.x",
            "args",
            "args.",
            "args.a[",
            "args.a[0]",
            "args.a[01]",
            "1+ask_if",
            "minute",
            1.5,
            2**53,
            [],
            {},
            ["a", "a"],
            [[]],
        ]
    )
)


def valid(document: object) -> bool:
    return VALIDATOR.is_valid(document)


def parses(document: object) -> bool:
    try:
        parse(document)
    except PolicyError:
        return False
    return True


def places(value: object, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for step, below in steps for place in places(below, (*at, step)))]


def changed(document: object, place: tuple[str | int, ...], value: object) -> object:
    if not place:
        return value
    whole: Any = copy.deepcopy(document)
    holder = whole
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return whole


def test_the_schema_is_a_schema_with_an_identifier() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"]


def test_a_whole_document_is_read_field_by_field() -> None:
    assert parse(WHOLE) == Policy(
        default="deny",
        hide=("drop", "*"),
        limits=(Limit("calls", Window.DAY, 1000),),
        tools={
            "read": ToolRule(),
            "pay": ToolRule(
                require=(Predicate("args.reason", Operator.EXISTS, True),),
                deny_if=(
                    Denial((Predicate("args.to[].iban", Operator.NOT_IN, ("a", 1, True)),), "No."),
                    Denial(()),
                ),
                ask_if=(Approval((Predicate("args.to[3]", Operator.EXISTS, True),), "So many?"),),
                limits=(Limit("spent", Window.HOUR, 9.5, increment_from="args.amount"),),
            ),
        },
    )
    assert to_json(parse(WHOLE)) == WHOLE


@given(documents)
def test_schema_and_parser_accept_every_valid_document_and_it_comes_back(document: dict[str, Any]) -> None:
    assert valid(document)
    policy = parse(document)
    written = to_json(policy)
    assert parse(written) == policy
    assert valid(written)
    assert json.dumps(written) == json.dumps(to_json(parse(json.loads(json.dumps(written)))))


@settings(max_examples=300)
@given(st.data())
def test_schema_and_parser_agree_on_documents_with_something_else_somewhere(data: st.DataObject) -> None:
    document = data.draw(documents | st.just(WHOLE))
    place = data.draw(st.sampled_from(places(document)))
    other = changed(document, place, data.draw(junk))
    assert valid(other) == parses(other), other


@given(st.data())
def test_schema_and_parser_agree_on_documents_with_a_field_too_many_or_too_few(data: st.DataObject) -> None:
    document: Any = data.draw(documents | st.just(WHOLE))
    holders = [place for place in places(document) if place != ("tools",)]
    place = data.draw(st.sampled_from(holders))
    value: Any = document
    for step in place:
        value = value[step]
    if not isinstance(value, dict):
        return
    field = data.draw(st.sampled_from([*value, "ask_if", "on_ask", "Require", ""]))
    fewer = {name: below for name, below in value.items() if name != field}
    other = changed(document, place, fewer if field in value else value | {field: []})
    assert valid(other) == parses(other), other


def test_every_fault_is_reported_with_its_place() -> None:
    document = {
        "version": "2",
        "hide": ["a", 5, "a"],
        "all_tools": [],
        "extra": 1,
        "tools": {
            "a/b~c": {
                "require": [{"path": "arg.x", "op": "eq", "value": None}, {"op": "like"}],
                "deny_if": [{"conditions": [{"path": "args.x", "op": "lt", "value": "5"}], "on_deny": 1}, {}],
                "limits": [
                    {"counter": "", "window": "week", "max": -1, "scope": "user"},
                    {"counter": "c", "window": "day", "max": 1},
                    {"counter": "c", "window": "day", "max": 2, "increment_from": "amount"},
                ],
            },
            "u": None,
        },
    }
    with pytest.raises(PolicyError) as caught:
        parse(document)
    tool = "/tools/a~1b~0c"
    assert {fault.pointer for fault in caught.value.faults} == {
        "",
        "/version",
        "/hide/1",
        "/hide/2",
        "/all_tools",
        "/extra",
        "/tools/u",
        f"{tool}/require/0/path",
        f"{tool}/require/0/value",
        f"{tool}/require/1",
        f"{tool}/require/1/op",
        f"{tool}/deny_if/0/conditions/0/value",
        f"{tool}/deny_if/0/on_deny",
        f"{tool}/deny_if/1",
        f"{tool}/limits/0/counter",
        f"{tool}/limits/0/window",
        f"{tool}/limits/0/max",
        f"{tool}/limits/0/scope",
        f"{tool}/limits/2",
        f"{tool}/limits/2/increment_from",
    }
    assert isinstance(caught.value, CatalogueError)
    assert str(caught.value).startswith("the policy has 21 faults: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "missing"),
        (r"(a)\1", "invalid escape"),
        ("(?=a)", "invalid perl operator"),
        ("a{1001}", "repetition"),
        (r"(\pL{900}){1,2}", "too large|repetition"),
        ("a" * 2001, "2001 characters"),
        ("\ud800", "surrogate"),
    ],
)
def test_a_pattern_that_cannot_run_in_linear_time_is_a_fault(pattern: str, reason: str) -> None:
    condition = {"path": "args.x", "op": "regex", "value": pattern}
    document = {"version": "1", "default": "deny", "tools": {"t": {"deny_if": [{"conditions": [condition]}]}}}
    with pytest.raises(PolicyError, match=reason) as caught:
        parse(document)
    assert [fault.pointer for fault in caught.value.faults] == ["/tools/t/deny_if/0/conditions/0/value"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_python_json_reads_numbers_that_json_does_not_know(number: float) -> None:
    limit = {"counter": "c", "window": "day", "max": number}
    with pytest.raises(PolicyError, match="/tools/t/limits/0/max"):
        parse({"version": "1", "default": "deny", "tools": {"t": {"limits": [limit]}}})


@pytest.mark.parametrize("document", [None, [], "deny", 1, True])
def test_what_is_no_object_is_no_policy(document: object) -> None:
    with pytest.raises(PolicyError, match='at "": expected an object'):
        parse(document)
