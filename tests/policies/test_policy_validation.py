from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.policies.comparisons import holds
from catalogue.policies.contradictions import contradicted
from catalogue.policies.decoding import LARGEST_FILE
from catalogue.policies.document import Operator, PolicyError, Predicate
from catalogue.policies.parsing import load
from catalogue.policies.runaway import can_run_away
from catalogue.policies.validation import validate

TOOLS: dict[str, dict[str, Any]] = {
    "refund": {
        "inputSchema": {
            "properties": {
                "amount": {"type": "number"},
                "mode": {"enum": ["full", "part"]},
                "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
                "meta": {"type": "object"},
            }
        }
    },
    "look": {},
}


def on(path: str, op: str, value: object) -> dict[str, Any]:
    return {"path": path, "op": op, "value": value}


def deny(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"conditions": list(conditions)}


def limit(window: str, most: float, **more: Any) -> dict[str, Any]:
    return {"counter": f"{window}s", "window": window, "max": most} | more


def faults(rule: dict[str, Any], tools: Any = None, **document: Any) -> dict[str, str]:
    """The faults of a document with one rule, each pointer with its message."""
    whole = {"version": "1+ask_if", "default": "deny", "tools": {"refund": rule, "look": {}}} | document
    found = validate(json.dumps(whole).encode(), tools)
    assert len({fault.pointer for fault in found}) == len(found)
    return {fault.pointer.removeprefix("/tools/refund"): fault.message for fault in found}


def test_every_kind_of_fault_is_named_at_once() -> None:
    rule = {
        "requires": [],
        "deny_if": [deny(on("args.mode", "eqq", 1)), deny(), deny(on("args.amount", "gt", 5))],
        "limits": [limit("minute", 100), limit("day", 10)],
    }
    found = faults(rule, TOOLS, hide=["lok"])
    assert set(found) == {
        "/requires",
        "/deny_if/0/conditions/0/op",
        "/deny_if/2",
        "/limits",
        "/limits/0/max",
        "/hide/0",
    }
    assert "did you mean require?" in found["/requires"]
    assert "did you mean eq?" in found["/deny_if/0/conditions/0/op"]
    assert '"look"' in found["/hide/0"]


@pytest.mark.parametrize(
    ("entries", "never"),
    [
        ([deny(), deny(on("args.amount", "gt", 1))], ["/deny_if/1"]),
        (
            [deny(on("args.amount", "gt", 1)), deny(on("args.amount", "gt", 1), on("args.mode", "eq", "full"))],
            ["/deny_if/1"],
        ),
        ([deny(on("args.amount", "gt", 1), on("args.mode", "eq", "full")), deny(on("args.amount", "gt", 1))], []),
        ([deny(on("args.amount", "eq", 1), on("args.amount", "eq", 2))], ["/deny_if/0"]),
        ([deny(on("args.amount", "eq", 1), on("args.amount", "eq", "1"))], []),
        ([deny(on("args.amount", "gt", 5), on("args.amount", "lte", 5))], ["/deny_if/0"]),
        ([deny(on("args.amount", "gte", 5), on("args.amount", "lte", 5))], []),
        ([deny(on("args.amount", "exists", False), on("args.amount", "neq", 5))], ["/deny_if/0"]),
        ([deny(on("args.lines[].sku", "eq", "a"), on("args.lines[].sku", "eq", "b"))], []),
    ],
)
def test_rules_that_can_never_match_are_named(entries: Any, never: list[str]) -> None:
    assert list(faults({"deny_if": entries})) == never


def test_what_require_denies_before_and_what_deny_if_denies_before_is_named() -> None:
    rule = {"require": [on("args.mode", "exists", True)], "deny_if": [deny(on("args.mode", "exists", False))]}
    assert list(faults(rule)) == ["/deny_if/0"]
    assert list(faults({"deny_if": [deny()], "ask_if": [deny(on("args.amount", "gt", 1))]})) == ["/ask_if/0"]
    assert list(faults({"require": [on("args.mode", "eq", "a"), on("args.mode", "eq", "b")]})) == ["/require"]


def test_a_rule_of_a_hidden_tool_is_never_looked_at() -> None:
    assert list(faults({}, hide=["refund"])) == [""]
    assert set(faults({}, hide=["*"])) == {"", "/tools/look"}


@given(st.lists(st.tuples(st.sampled_from(["eq", "neq", "lt", "gt", "lte", "gte"]), st.integers(-2, 2)), max_size=4))
def test_conditions_are_called_impossible_only_if_no_number_meets_them(asked: list[tuple[str, int]]) -> None:
    conditions = [Predicate("args.x", Operator(op), value) for op, value in asked]
    numbers = [number / 2 for number in range(-8, 9)]
    possible = any(all(holds(one, number) for one in conditions) for number in numbers)
    if contradicted(conditions):
        assert not possible


@pytest.mark.parametrize(
    ("own", "over_all", "where"),
    [
        ([limit("minute", 10), limit("hour", 10)], [], []),
        ([limit("minute", 11), limit("hour", 10)], [], ["/limits/0/max"]),
        ([limit("day", 9), limit("hour", 10)], [], ["/limits/1/max"]),
        ([limit("hour", 10)], [limit("hour", 9)], ["/limits/0/max"]),
        ([limit("hour", 10)], [limit("minute", 9)], []),
        ([limit("minute", 100, increment_from="args.amount"), limit("hour", 10)], [], []),
    ],
)
def test_a_limit_above_a_wider_one_is_named(own: Any, over_all: Any, where: list[str]) -> None:
    assert list(faults({"limits": own}, all_tools={"limits": over_all})) == where


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(x+x+)+y", "((a+))*", "(?:a*)*b", "(a|aa)+$", r"(?i)(\w+\s?)*$", "(a{2,})+", "(?P<x>[^/]+)*"]
)
def test_a_pattern_that_can_run_away_elsewhere_is_named(pattern: str) -> None:
    assert can_run_away(pattern)
    assert list(faults({"require": [on("args.mode", "regex", pattern)]})) == ["/require/0/value"]


@pytest.mark.parametrize(
    "pattern",
    [
        "a+b+",
        r"(?:[^.]+\.)*com",
        "(?:foo|bar)+",
        r"(\d{1,3}\.){3}\d+",
        r"\Q(a+)+\E",
        "[(a+)+]+",
        r"\(a+\)+",
        "(a?b)+",
        "",
    ],
)
def test_a_pattern_that_cannot_is_left_alone(pattern: str) -> None:
    assert not can_run_away(pattern)


def test_a_server_that_lost_and_gained_tools_is_one_line_each() -> None:
    found = validate(
        json.dumps({"version": "1", "default": "deny", "hide": ["gone"], "tools": {"refnd": {}, "look": {}}}).encode(),
        {"refund": {}, "look": {}, "new": {}},
    )
    assert [(fault.pointer, fault.message) for fault in found] == [
        ("/tools/refnd", 'the server has no tool "refnd"; the closest is "refund"'),
        ("/hide/0", 'the server has no tool "gone"'),
        ("/tools", 'the server\'s tool "refund" is not named, so it is denied'),
        ("/tools", 'the server\'s tool "new" is not named, so it is denied'),
    ]


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        (on("args.amout", "gt", 1), '"amout"; the closest is "amount"'),
        (on("args.lines[].skuu", "eq", "a"), '"skuu"; the closest is "sku"'),
        (on("args.lines[3].sku", "eq", "a"), None),
        (on("args.meta.anything", "eq", "a"), None),
        (on("args.mode", "in", ["none", "all"]), "the schema's values"),
        (on("args.mode", "in", ["none", "full"]), None),
        (on("args.mode", "neq", "none"), None),
    ],
)
def test_conditions_are_held_against_the_tool_s_schema(condition: dict[str, Any], fault: str | None) -> None:
    found = faults({"deny_if": [deny(condition)]}, TOOLS)
    assert [fault in message for message in found.values()] == ([True] if fault else []) if fault else not found


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not JSON"),
        (b'{"version": "1",}', "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b" " * (LARGEST_FILE + 1), "larger than"),
        (b'{"version": "1", "default": "deny", "hide": [[[[]]]]}', "expected a string, found a list"),
        (b'{"version": 1, "default": true, "tools": []}', "expected one of 1"),
    ],
)
def test_a_file_that_is_no_policy_is_said_to_be_none(data: bytes, says: str) -> None:
    assert any(says in fault.message for fault in validate(data))
    with pytest.raises(PolicyError):
        load(data)


def _limited(most: bytes) -> bytes:
    limits = b'[{"counter": "c", "window": "day", "max": ' + most + b"}]"
    return b'{"version": "1", "default": "deny", "all_tools": {"limits": ' + limits + b"}}"


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        (b'\xef\xbb\xbf{"version": "1", "default": "deny"}', [""]),
        (b'{"version": "1", "default": "deny", "default": "allow"}', ["/default"]),
        (b'{"version": "1", "default": "deny", "tools": {"t": {}, "u": {}, "t": {}}}', ["/tools/t"]),
        (_limited(b"NaN"), ["/all_tools/limits/0/max"]),
        (_limited(b"1" + b"0" * 5000), ["/all_tools/limits/0/max"]),
    ],
)
def test_what_json_readers_read_differently_is_a_fault(data: bytes, pointers: list[str]) -> None:
    assert [fault.pointer for fault in validate(data)] == pointers
    with pytest.raises(PolicyError):
        load(data)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert validate(data, TOOLS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["args.x", "eq", "day"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tools", "t", "deny_if", "conditions", "path", "op", "value", "limits"]), inner
        )
    ),
    max_leaves=15,
)


@given(json_values)
def test_any_json_is_answered(value: object) -> None:
    document = {"version": "1+ask_if", "default": "deny", "tools": {"t": value, "refund": value}}
    for data in (value, document):
        assert isinstance(validate(json.dumps(data).encode(), TOOLS), tuple)


def test_a_document_of_hostile_size_costs_no_more_than_it_is_long() -> None:
    def document(size: int) -> bytes:
        rule = {"deny_if": [deny(on("args.q", "eq", number)) for number in range(size)]}
        rule |= {"limits": [limit("minute", number + 1) for number in range(size)]}
        tools = {f"t{number}": {"requir": []} for number in range(size)} | {"refund": rule}
        return json.dumps({"version": "1", "default": "deny", "tools": tools}).encode()

    def cost(data: bytes) -> float:
        start = time.process_time()
        validate(data, TOOLS)
        return time.process_time() - start

    small, large = document(300), document(3000)
    assert cost(large) < 40 * min(cost(small), cost(small))
