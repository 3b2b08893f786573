"""What changed from one policy to another, in sentences: for which tool, which argument, and in which direction.

Whether a tool can be called at all is asked of the evaluator; the rules of a tool that can are compared part by part.
Parts that only changed places change no decision but the message, and are not named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from catalogue.policies.document import Limit, Policy, Predicate, ToolRule, Window
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.place import is_number
from catalogue.policies.wording import condition_words, limit_words, name_of


class Direction(StrEnum):
    """What a change does to what an agent may do."""

    LOOSER = "looser"
    STRICTER = "stricter"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed. `tool` is "" for what is about all tools, `argument` "" for what is about none."""

    direction: Direction
    tool: str
    argument: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Part:
    """One entry of a rule. Entries of the same `kind` and `shape` are one entry that changed."""

    kind: str
    shape: tuple[object, ...]
    conditions: tuple[Predicate, ...]
    message: str = ""


_NOW = {
    "require": "Calls now need {}",
    "deny_if": "Calls with {} are now denied",
    "ask_if": "Calls with {} now wait for a person",
}
_NO_LONGER = {
    "require": "Calls no longer need {}",
    "deny_if": "Calls with {} are no longer denied",
    "ask_if": "Calls with {} no longer wait for a person",
}
_ACCESS = {
    "hidden": 0,
    "denied": 1,
    "held until a person approves": 2,
    "allowed": 3,
}
"""What can become of a tool's calls, from strictest to loosest."""


def differences(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Everything that changed, tool by tool in the order of the names; first what is about all of them."""
    names = sorted({*old.tools, *old.hide, *new.tools, *new.hide})
    return (
        *_default(old, new),
        *_limits("", old.limits, new.limits),
        *(change for name in names for change in _tool(name, old, new)),
    )


def _default(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = (_access(policy, _unnamed(old, new)) for policy in (old, new))
    if before != after:
        text = f"A tool that the policy does not name was {before} and is now {after}."
        yield Change(_direction(_ACCESS[before], _ACCESS[after]), "", "", text)


def _unnamed(old: Policy, new: Policy) -> str:
    name = "another tool"
    while any(name in policy.tools or name in policy.hide for policy in (old, new)):
        name += "'"
    return name


def _access(policy: Policy, name: str) -> str:
    """What becomes of the calls of a tool, as far as no argument decides it."""
    if not Evaluator(policy).visible([name]):
        return "hidden"
    rule = policy.tools.get(name)
    if rule is None:
        return "allowed" if Evaluator(policy).decide(name).outcome in (Outcome.ALLOWED, Outcome.LIMITED) else "denied"
    if any(not denial.conditions for denial in rule.deny_if):
        return "denied"
    return "held until a person approves" if any(not one.conditions for one in rule.ask_if) else "allowed"


def _direction(before: int | float, after: int | float) -> Direction:
    return Direction.LOOSER if after > before else Direction.STRICTER if after < before else Direction.OTHER


def _tool(name: str, old: Policy, new: Policy) -> Iterator[Change]:
    before, after = _access(old, name), _access(new, name)
    if before != after:
        text = f"The tool was {before} and is now {after}."
        yield Change(_direction(_ACCESS[before], _ACCESS[after]), name, "", text)
    if _ACCESS[after] < _ACCESS["held until a person approves"]:
        return
    opened = _ACCESS[before] < _ACCESS["held until a person approves"]
    was, is_now = ToolRule() if opened else old.tools.get(name, ToolRule()), new.tools.get(name, ToolRule())
    for change in (*_parts(name, was, is_now), *_limits(name, was.limits, is_now.limits)):
        yield replace(change, direction=Direction.OTHER) if opened else change


def _parts(name: str, old: ToolRule, new: ToolRule) -> Iterator[Change]:
    was = {(one.kind, one.conditions): one for one in _parts_of(old)}
    is_now = {(one.kind, one.conditions): one for one in _parts_of(new)}
    gone: dict[tuple[object, ...], list[_Part]] = {}
    for key, part in was.items():
        if key not in is_now:
            gone.setdefault((part.kind, part.shape), []).append(part)
    for key, part in is_now.items():
        same, alike = was.get(key), gone.get((part.kind, part.shape))
        if same is None:
            yield _turned_into(name, alike.pop(0), part) if alike else _appeared(name, part)
        elif same.message != part.message:
            text = f"Of calls with {_words(part)} it is now said: {part.message or 'nothing'}"
            yield Change(Direction.OTHER, name, _argument(part), text)
    for part in (one for parts in gone.values() for one in parts):
        text = _NO_LONGER[part.kind].format(_words(part))
        yield Change(Direction.LOOSER, name, _argument(part), f"{text}.")


def _parts_of(rule: ToolRule) -> list[_Part]:
    found = [_Part("require", _shape((one,)), (one,)) for one in rule.require]
    found += [_Part("deny_if", _shape(one.conditions), one.conditions, one.on_deny) for one in rule.deny_if]
    found += [_Part("ask_if", _shape(one.conditions), one.conditions, one.on_ask) for one in rule.ask_if]
    return [part for part in found if part.conditions]  # those without conditions are the tool's access


def _shape(conditions: Iterable[Predicate]) -> tuple[object, ...]:
    return tuple((predicate.path, predicate.op) for predicate in conditions)


def _argument(part: _Part) -> str:
    return ", ".join(dict.fromkeys(one.path.removeprefix("args.") for one in part.conditions))


def _words(part: _Part) -> str:
    return " and with ".join(condition_words(one) for one in part.conditions)


def _appeared(name: str, part: _Part) -> Change:
    return Change(Direction.STRICTER, name, _argument(part), f"{_NOW[part.kind].format(_words(part))}.")


def _turned_into(name: str, old: _Part, new: _Part) -> Change:
    text = f"{_NOW[new.kind].format(_words(new))}; before, {_words(old)}."
    return Change(_turn(old, new), name, _argument(new), text)


def _turn(old: _Part, new: _Part) -> Direction:
    """The direction of a change of values, where the values are one number or one list and say so."""
    if len(new.conditions) != 1:
        return Direction.OTHER
    before, after = old.conditions[0], new.conditions[0]
    direction = Direction.OTHER
    if is_number(before.value) and is_number(after.value) and before.op.value[:2] in ("lt", "gt"):
        direction = _direction(before.value, after.value)
        direction = direction if before.op.value[:2] == "gt" else _turned(direction)
    elif isinstance(before.value, tuple) and isinstance(after.value, tuple):
        more, fewer = set(after.value) > set(before.value), set(after.value) < set(before.value)
        direction = Direction.LOOSER if more else Direction.STRICTER if fewer else Direction.OTHER
        direction = direction if before.op.value == "not_in" else _turned(direction)
    return _turned(direction) if new.kind == "require" else direction


def _turned(direction: Direction) -> Direction:
    return {Direction.LOOSER: Direction.STRICTER, Direction.STRICTER: Direction.LOOSER}.get(direction, direction)


def _limits(name: str, old: Sequence[Limit], new: Sequence[Limit]) -> Iterator[Change]:
    was, is_now = _by_counter(old), _by_counter(new)
    for key, limit in is_now.items():
        argument = name_of(limit.increment_from).strip("`") if limit.increment_from else ""
        before = was.get(key)
        if before is None:
            yield Change(
                Direction.STRICTER, name, argument, f"{_subject(name)} may now have {limit_words(limit)} at most."
            )
        elif before.max != limit.max:
            text = f"{_subject(name)} may now have {limit_words(limit)} at most; before, {before.max}."
            yield Change(_direction(before.max, limit.max), name, argument, text)
    for key, limit in was.items():
        if key not in is_now:
            argument = name_of(limit.increment_from).strip("`") if limit.increment_from else ""
            text = f"{_subject(name)} may now have more than {limit_words(limit)}."
            yield Change(Direction.LOOSER, name, argument, text)


def _subject(name: str) -> str:
    return "The tool" if name else "All tools together"


def _by_counter(limits: Iterable[Limit]) -> dict[tuple[Window, str | None, int], Limit]:
    """Limits by what they count. Names of counters are nobody's business, unless two count the same."""
    found: dict[tuple[Window, str | None, int], Limit] = {}
    for limit in sorted(limits, key=lambda one: one.max):
        number = sum(key[:2] == (limit.window, limit.increment_from) for key in found)
        found[limit.window, limit.increment_from, number] = limit
    return found
