"""Reads the policy document: from decoded JSON to a `Policy`, or to every fault with its place. Runs no policy.

`policy.schema.json` says the same in JSON Schema, as far as JSON Schema can; the tests hold the two together. Only this
parser knows that a pattern must compile and that a list of limits names no counter twice.
"""

from __future__ import annotations

from catalogue.policies.decoding import decode
from catalogue.policies.document import (
    LARGEST,
    SCOPES,
    VERSION,
    WITH_APPROVALS,
    Approval,
    Denial,
    Limit,
    Operator,
    Policy,
    PolicyError,
    Predicate,
    Scalar,
    ToolRule,
    Window,
)
from catalogue.policies.paths import is_path
from catalogue.policies.patterns import PatternError, check
from catalogue.policies.place import Fault, Place, is_scalar, shown


def load(data: bytes) -> Policy:
    """The policy of a file; raises `PolicyError` with every fault of its text and of the document."""
    decoded = decode(data)
    found = list(decoded.faults)
    policy = _policy(Place(decoded.value, "", found)) if decoded.readable else None
    if policy is None or found:
        raise PolicyError(found)
    return policy


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
        fields["version"].choice([VERSION, WITH_APPROVALS])
    approvals = "version" in fields and fields["version"].value == WITH_APPROVALS
    default = fields["default"].choice(["allow", "deny"]) if "default" in fields else None
    every_tool = fields["all_tools"].fields([], ["limits"]) if "all_tools" in fields else {}
    tools = fields["tools"].entries() if "tools" in fields else ()
    return Policy(
        default="allow" if default == "allow" else "deny",
        hide=_names(fields.get("hide")),
        limits=_limits(every_tool.get("limits")),
        tools={name: _tool_rule(rule, approvals) for name, rule in tools},
    )


def _names(place: Place | None) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for item in place.items() if place else ():
        name = item.text()
        if name in names:
            item.fault(f"{shown(name)} is named twice")
        names[name] = None
    return tuple(names)


def _tool_rule(place: Place, approvals: bool) -> ToolRule:
    fields = place.fields([], ["require", "deny_if", "ask_if", "limits"])
    if "ask_if" in fields and not approvals:
        fields["ask_if"].fault(f'ask_if is an extension: it needs "version": "{WITH_APPROVALS}"')
    return ToolRule(
        require=_predicates(fields.get("require")),
        deny_if=tuple(_denial(item) for item in (fields["deny_if"].items() if "deny_if" in fields else ())),
        ask_if=tuple(_approval(item) for item in (fields["ask_if"].items() if "ask_if" in fields else ())),
        limits=_limits(fields.get("limits")),
    )


def _denial(place: Place) -> Denial:
    fields = place.fields(["conditions"], ["on_deny"])
    return Denial(_predicates(fields.get("conditions")), fields["on_deny"].text() if "on_deny" in fields else "")


def _approval(place: Place) -> Approval:
    fields = place.fields(["conditions"], ["on_ask"])
    return Approval(_predicates(fields.get("conditions")), fields["on_ask"].text() if "on_ask" in fields else "")


def _predicates(place: Place | None) -> tuple[Predicate, ...]:
    found = [read_predicate(item) for item in (place.items() if place else ())]
    return tuple(predicate for predicate in found if predicate)


def read_predicate(place: Place) -> Predicate | None:
    """One condition; `None` if so much is wrong that nothing can be made of it. Faults go to the place's list."""
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
        limit = read_limit(item)
        if limit and (limit.counter, limit.window) in limits:
            item.fault(f"the counter {shown(limit.counter)} has a limit for this {limit.window} already")
        elif limit:
            limits[limit.counter, limit.window] = limit
    return tuple(limits.values())


def read_limit(place: Place) -> Limit | None:
    """One limit; `None` without a window. Faults go to the place's list."""
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
