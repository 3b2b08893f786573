"""The policy document, version "1": its types, its parser and its JSON form. What a policy does is `evaluate`'s to say.

`policy.schema.json` beside this file says the same in JSON Schema, as far as JSON Schema can; the tests hold the two
together. Only the parser knows that a pattern must compile and that a list of limits names no counter twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any, Literal, TypeAlias, cast

from catalogue.errors import CatalogueError
from catalogue.policies.paths import is_path
from catalogue.policies.patterns import PatternError, check
from catalogue.policies.place import Fault, Place, is_scalar, shown

Scalar: TypeAlias = str | int | float | bool
Default: TypeAlias = Literal["allow", "deny"]

VERSION = "1"
EVERY_TOOL = "*"
"""In `hide` it stands for every tool. Nowhere else: under `tools` it names a tool that is really called so."""
LARGEST = 2**53 - 1
"""The largest limit: above it, JSON readers of other languages no longer tell two integers apart."""
SCOPES = ("grant",)
"""Whom a counter belongs to: each grant of access counts for itself. The published grammar knows no other."""


class Operator(StrEnum):
    """The eleven comparisons."""

    EQ = "eq"
    NEQ = "neq"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    IN = "in"
    NOT_IN = "not_in"
    EXISTS = "exists"
    REGEX = "regex"
    CONTAINS = "contains"


class Window(StrEnum):
    """The span a limit counts over."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Predicate:
    """One comparison of an argument. `value` is a tuple for `in` and `not_in` only."""

    path: str
    op: Operator
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Denial:
    """Denies a call for which every condition holds; without any, every call. `on_deny` is told to the caller."""

    conditions: tuple[Predicate, ...]
    on_deny: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `max` per window. A call counts 1, or the number at the path `increment_from`."""

    counter: str
    window: Window
    max: int | float
    scope: str = "grant"
    increment_from: str | None = None


@dataclass(frozen=True, slots=True)
class ToolRule:
    """What must hold for a call of one tool, what denies it, and how often it may happen. Empty: it is allowed."""

    require: tuple[Predicate, ...] = ()
    deny_if: tuple[Denial, ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole document. `default` governs the tools that `tools` does not name; `limits` count every call."""

    default: Default
    hide: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    tools: Mapping[str, ToolRule] = field(default_factory=dict)


class PolicyError(CatalogueError):
    """A document that is no policy: `faults` has all of them, in the order of the document."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = "a fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        listed = "; ".join(f"at {json.dumps(fault.pointer)}: {fault.message}" for fault in self.faults)
        super().__init__(f"the policy has {count}: {listed}", "the grammar is published as policy.schema.json")


def spelled(value: object) -> str:
    """A scalar as text, as JSON spells it: two that are spelled alike are equal to a policy."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def json_schema() -> dict[str, Any]:
    """The published grammar (JSON Schema, draft 2020-12)."""
    text = files("catalogue.policies").joinpath("policy.schema.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


def parse(data: object) -> Policy:
    """The policy that the decoded JSON says; raises `PolicyError` with every fault."""
    faults: list[Fault] = []
    policy = _policy(Place(data, "", faults))
    if faults:
        raise PolicyError(faults)
    return policy


def _policy(place: Place) -> Policy:
    fields = place.fields(["version", "default"], ["hide", "all_tools", "tools"])
    if "version" in fields:
        fields["version"].choice([VERSION])
    default = fields["default"].choice(["allow", "deny"]) if "default" in fields else None
    every_tool = fields["all_tools"].fields([], ["limits"]) if "all_tools" in fields else {}
    tools = fields["tools"].entries() if "tools" in fields else ()
    return Policy(
        default="allow" if default == "allow" else "deny",
        hide=_names(fields.get("hide")),
        limits=_limits(every_tool.get("limits")),
        tools={name: _tool_rule(rule) for name, rule in tools},
    )


def _names(place: Place | None) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for item in place.items() if place else ():
        name = item.text()
        if name in names:
            item.fault(f"{shown(name)} is named twice")
        names[name] = None
    return tuple(names)


def _tool_rule(place: Place) -> ToolRule:
    fields = place.fields([], ["require", "deny_if", "limits"])
    return ToolRule(
        require=_predicates(fields.get("require")),
        deny_if=tuple(_denial(item) for item in (fields["deny_if"].items() if "deny_if" in fields else ())),
        limits=_limits(fields.get("limits")),
    )


def _denial(place: Place) -> Denial:
    fields = place.fields(["conditions"], ["on_deny"])
    return Denial(_predicates(fields.get("conditions")), fields["on_deny"].text() if "on_deny" in fields else "")


def _predicates(place: Place | None) -> tuple[Predicate, ...]:
    found = [_predicate(item) for item in (place.items() if place else ())]
    return tuple(predicate for predicate in found if predicate)


def _predicate(place: Place) -> Predicate | None:
    fields = place.fields(["path", "op", "value"], [])
    path = _path(fields["path"]) if "path" in fields else ""
    op = fields["op"].choice(list(Operator)) if "op" in fields else None
    if op is None or "value" not in fields:
        return None
    return Predicate(path, Operator(op), _value(Operator(op), fields["value"]))


def _path(place: Place) -> str:
    path = place.text()
    if isinstance(place.value, str) and not is_path(path):
        place.fault(f"expected a path such as args.url or args.files[].path, found {shown(path)}")
    return path


def _value(op: Operator, place: Place) -> Scalar | tuple[Scalar, ...]:
    match op:
        case Operator.LT | Operator.LTE | Operator.GT | Operator.GTE:
            return place.number()
        case Operator.IN | Operator.NOT_IN:
            items = place.items()
            if place.value == []:
                place.fault(f"{op} needs at least one value")
            return tuple(_scalar(item) for item in items)
        case Operator.EXISTS:
            if not isinstance(place.value, bool):
                place.fault(f"exists needs true or false, found {shown(place.value)}")
            return place.value is True
        case Operator.REGEX:
            return _pattern(place)
        case _:
            return _scalar(place)


def _scalar(place: Place) -> Scalar:
    if is_scalar(place.value):
        return place.value
    place.fault(f"expected a string, a number, true or false, found {shown(place.value)}")
    return ""


def _pattern(place: Place) -> str:
    pattern = place.text()
    try:
        check(pattern)
    except PatternError as error:
        place.fault(f"not a regular expression of RE2: {error}")
    return pattern


def _limits(place: Place | None) -> tuple[Limit, ...]:
    limits: dict[tuple[str, Window], Limit] = {}
    for item in place.items() if place else ():
        limit = _limit(item)
        if limit and (limit.counter, limit.window) in limits:
            item.fault(f"the counter {shown(limit.counter)} has a limit for this {limit.window} already")
        elif limit:
            limits[limit.counter, limit.window] = limit
    return tuple(limits.values())


def _limit(place: Place) -> Limit | None:
    fields = place.fields(["counter", "window", "max"], ["scope", "increment_from"])
    counter = fields["counter"].text() if "counter" in fields else ""
    if "counter" in fields and fields["counter"].value == "":
        fields["counter"].fault("a counter needs a name")
    window = fields["window"].choice(list(Window)) if "window" in fields else None
    most = fields["max"].number() if "max" in fields else 0
    if not 0 <= most <= LARGEST:
        fields["max"].fault(f"expected a number from 0 to {LARGEST}, found {shown(most)}")
    if "scope" in fields:
        fields["scope"].choice(SCOPES)
    increment = _path(fields["increment_from"]) if "increment_from" in fields else None
    return Limit(counter, Window(window), most, increment_from=increment) if window else None


def to_json(policy: Policy) -> dict[str, Any]:
    """The document as JSON: always in this order, and without the fields that say nothing."""
    written: dict[str, Any] = {"version": VERSION, "default": policy.default}
    if policy.hide:
        written["hide"] = list(policy.hide)
    if policy.limits:
        written["all_tools"] = {"limits": [_written_limit(limit) for limit in policy.limits]}
    if policy.tools:
        written["tools"] = {name: written_rule(rule) for name, rule in policy.tools.items()}
    return written


def written_rule(rule: ToolRule) -> dict[str, Any]:
    """One tool's rule as it stands under `tools`."""
    written: dict[str, Any] = {}
    if rule.require:
        written["require"] = [_written_predicate(predicate) for predicate in rule.require]
    if rule.deny_if:
        written["deny_if"] = [_written_denial(denial) for denial in rule.deny_if]
    if rule.limits:
        written["limits"] = [_written_limit(limit) for limit in rule.limits]
    return written


def _written_denial(denial: Denial) -> dict[str, Any]:
    conditions = [_written_predicate(predicate) for predicate in denial.conditions]
    return {"conditions": conditions} | ({"on_deny": denial.on_deny} if denial.on_deny else {})


def _written_predicate(predicate: Predicate) -> dict[str, Any]:
    value = list(predicate.value) if isinstance(predicate.value, tuple) else predicate.value
    return {"path": predicate.path, "op": predicate.op.value, "value": value}


def _written_limit(limit: Limit) -> dict[str, Any]:
    written = {"counter": limit.counter, "window": limit.window.value, "max": limit.max, "scope": limit.scope}
    return written | ({"increment_from": limit.increment_from} if limit.increment_from else {})
