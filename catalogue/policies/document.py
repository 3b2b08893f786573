"""The policy document, version "1": its types and its JSON form. What a policy does is `evaluate`'s to say.

`policy.schema.json` beside this file is the grammar in JSON Schema, and `parsing` reads by it.

`ask_if` is the one extension: a call that waits for a person. A document that uses it has the version "1+ask_if", so
that a reader that knows only version "1" refuses it whole, instead of passing over what it does not know and letting
such calls through. `plain` says the same without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib.resources import files
from typing import Any, Literal, TypeAlias, cast

from catalogue.errors import CatalogueError
from catalogue.policies.place import Fault

Scalar: TypeAlias = str | int | float | bool
Default: TypeAlias = Literal["allow", "deny"]

VERSION = "1"
WITH_APPROVALS = "1+ask_if"
"""The version of a document in which `ask_if` stands."""
EVERY_TOOL = "*"
"""In `hide` it stands for every tool. Nowhere else: under `tools` it names a tool that is really called so."""
LARGEST = 2**53 - 1
"""The largest limit: above it, JSON readers of other languages no longer tell two integers apart."""
_MOST_NAMED = 5
"""Faults in the one line of an error. `catalogue policy check` lists all."""
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
class Approval:
    """Holds a call for which every condition holds until a person approves it; without any, every call.

    `on_ask` is what the person is asked.
    """

    conditions: tuple[Predicate, ...]
    on_ask: str = ""


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
    """What must hold for a call of one tool, what denies it, what a person is asked, how often it may happen.

    Empty: every call is allowed.
    """

    require: tuple[Predicate, ...] = ()
    deny_if: tuple[Denial, ...] = ()
    ask_if: tuple[Approval, ...] = ()
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
        listed = "; ".join(f"at {json.dumps(fault.pointer)}: {fault.message}" for fault in self.faults[:_MOST_NAMED])
        if len(self.faults) > _MOST_NAMED:
            listed += f"; and {len(self.faults) - _MOST_NAMED:,} more"
        super().__init__(
            f"the policy has {count}: {listed}", "`catalogue policy check FILE` lists all of them, one a line"
        )


def spelled(value: object) -> str:
    """A scalar as text, as JSON spells it: two that are spelled alike are equal to a policy."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(policy: Policy) -> Policy:
    """The same without the extension: what a person would be asked is denied."""
    return replace(policy, tools={name: _plain_rule(rule) for name, rule in policy.tools.items()})


def _plain_rule(rule: ToolRule) -> ToolRule:
    denied = tuple(Denial(approval.conditions, approval.on_ask) for approval in rule.ask_if)
    return replace(rule, deny_if=rule.deny_if + denied, ask_if=())


def json_schema() -> dict[str, Any]:
    """The published grammar (JSON Schema, draft 2020-12)."""
    return _published("policy.schema.json")


def cases() -> dict[str, Any]:
    """What a policy does, as data: calls and decisions that any implementation can be tested with."""
    return _published("cases.json")


def _published(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(files("catalogue.policies").joinpath(name).read_text("utf-8")))


def to_json(policy: Policy) -> dict[str, Any]:
    """The document as JSON: always in this order, and without the fields that say nothing."""
    version = WITH_APPROVALS if any(rule.ask_if for rule in policy.tools.values()) else VERSION
    written: dict[str, Any] = {"version": version, "default": policy.default}
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
    if rule.ask_if:
        written["ask_if"] = [_written_approval(approval) for approval in rule.ask_if]
    if rule.limits:
        written["limits"] = [_written_limit(limit) for limit in rule.limits]
    return written


def _written_denial(denial: Denial) -> dict[str, Any]:
    conditions = [_written_predicate(predicate) for predicate in denial.conditions]
    return {"conditions": conditions} | ({"on_deny": denial.on_deny} if denial.on_deny else {})


def _written_approval(approval: Approval) -> dict[str, Any]:
    conditions = [_written_predicate(predicate) for predicate in approval.conditions]
    return {"conditions": conditions} | ({"on_ask": approval.on_ask} if approval.on_ask else {})


def _written_predicate(predicate: Predicate) -> dict[str, Any]:
    value = list(predicate.value) if isinstance(predicate.value, tuple) else predicate.value
    return {"path": predicate.path, "op": predicate.op.value, "value": value}


def _written_limit(limit: Limit) -> dict[str, Any]:
    written = {"counter": limit.counter, "window": limit.window.value, "max": limit.max, "scope": limit.scope}
    return written | ({"increment_from": limit.increment_from} if limit.increment_from else {})
