"""Reviews a document that may well be valid: rules that can never match, limits above wider ones, names nobody has.

Works on the decoded JSON and reads each part for itself, so a fault in one place hides nothing in another. What the
grammar says is `parsing`'s; a part that it refuses is passed over here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogue.policies.contradictions import contradicted
from catalogue.policies.document import EVERY_TOOL, Limit, Operator, Predicate, Window
from catalogue.policies.parsing import read_limit, read_predicate
from catalogue.policies.place import Fault, Place, shown, step
from catalogue.policies.runaway import can_run_away
from catalogue.policies.surroundings import review_names, review_paths

_WIDTH = {window: width for width, window in enumerate(Window)}
_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of `deny_if` or `ask_if`, or `require` as a whole; `None` if a condition in it cannot be read."""

    pointer: str
    conditions: tuple[Predicate, ...] | None


def review(data: object, tools: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Fault, ...]:
    """What is wrong in a document beside its grammar. `tools` are the definitions of the server, if they are known."""
    document = data if isinstance(data, Mapping) else _EMPTY
    rules = _mapping(document.get("tools"))
    shared = _limits(_mapping(document.get("all_tools")).get("limits"), "/all_tools/limits")
    faults = [*_hidden(document), *_limit_order(shared, ())]
    for name, rule in rules.items():
        pointer = step("/tools", name)
        faults += _review_rule(_mapping(rule), pointer, shared)
        if tools is not None and name in tools:
            faults += review_paths(_predicates_below(_mapping(rule), pointer), tools[name])
    return (*faults, *(review_names(document, tools) if tools is not None else ()))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _EMPTY


def _hidden(document: Mapping[str, Any]) -> Iterator[Fault]:
    hidden = document.get("hide")
    names = {name for name in hidden if isinstance(name, str)} if isinstance(hidden, list) else set()
    for name in _mapping(document.get("tools")):
        if name in names or EVERY_TOOL in names:
            yield Fault(step("/tools", name), "this rule can never match: the tool is hidden")


def _review_rule(rule: Mapping[str, Any], pointer: str, shared: Sequence[tuple[str, Limit]]) -> Iterator[Fault]:
    for at, predicate in _predicates_below(rule, pointer):
        if predicate.op is Operator.REGEX and can_run_away(str(predicate.value)):
            yield Fault(f"{at}/value", "this pattern can run away in engines that backtrack: it repeats a repetition")
    required = _Entry(f"{pointer}/require", _conditions(rule.get("require"), f"{pointer}/require"))
    if required.conditions and (path := contradicted(required.conditions)):
        yield Fault(required.pointer, f"no call can meet this: too much is asked of {path} at once")
    entries = [*_entries(rule, "deny_if", pointer), *_entries(rule, "ask_if", pointer)]
    yield from _never_matching(required, entries)
    limits = _limits(rule.get("limits"), f"{pointer}/limits")
    if limits and any(one.conditions == () and "/deny_if/" in one.pointer for one in entries):
        yield Fault(f"{pointer}/limits", "these limits can never be reached: deny_if denies every call before")
    yield from _limit_order(limits, shared)


def _never_matching(required: _Entry, entries: Iterable[_Entry]) -> Iterator[Fault]:
    """What stands in `deny_if` and `ask_if` for nothing."""
    earlier: dict[frozenset[Predicate], str] = {}
    for entry in entries:
        if entry.conditions is None:
            continue
        asked = frozenset(entry.conditions)
        # of its parts, those that are cheap to look for: nothing, each condition alone, all of them
        parts = (frozenset(), *(frozenset({one}) for one in entry.conditions), asked)
        if covering := next((earlier[part] for part in parts if part in earlier), None):
            yield Fault(entry.pointer, f"this rule can never match: {covering} stands before it")
        elif path := contradicted(entry.conditions):
            yield Fault(entry.pointer, f"this rule can never match: too much is asked of {path} at once")
        elif path := contradicted((*(required.conditions or ()), *entry.conditions)):
            yield Fault(entry.pointer, f"this rule can never match: require denies such a {path} before")
        earlier.setdefault(asked, entry.pointer)


def _entries(rule: Mapping[str, Any], key: str, pointer: str) -> Iterator[_Entry]:
    listed = rule.get(key)
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        at = step(f"{pointer}/{key}", index)
        missing = not isinstance(item, Mapping) or not isinstance(item.get("conditions"), list)
        yield _Entry(at, None if missing else _conditions(item["conditions"], f"{at}/conditions"))


def _conditions(listed: object, pointer: str) -> tuple[Predicate, ...] | None:
    found = [_read(item, step(pointer, index)) for index, item in enumerate(listed if isinstance(listed, list) else ())]
    known = tuple(predicate for predicate in found if predicate)
    return known if len(known) == len(found) else None


def _read(value: object, pointer: str) -> Predicate | None:
    faults: list[Fault] = []
    predicate = read_predicate(Place(value, pointer, faults))
    return None if faults else predicate


def _predicates_below(rule: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, Predicate]]:
    """Every readable condition of a rule, and its pointer."""
    lists = [(rule.get("require"), f"{pointer}/require")]
    for key in ("deny_if", "ask_if"):
        entries = rule.get(key)
        for index, item in enumerate(entries if isinstance(entries, list) else ()):
            lists.append((_mapping(item).get("conditions"), f"{step(f'{pointer}/{key}', index)}/conditions"))
    for listed, at in lists:
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if predicate := _read(item, step(at, index)):
                yield step(at, index), predicate


def _limits(listed: object, pointer: str) -> list[tuple[str, Limit]]:
    found = []
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        faults: list[Fault] = []
        limit = read_limit(Place(item, step(pointer, index), faults))
        if limit and not faults:
            found.append((step(pointer, index), limit))
    return found


def _limit_order(own: Sequence[tuple[str, Limit]], shared: Sequence[tuple[str, Limit]]) -> Iterator[Fault]:
    """A limit that lets through more than one of a wider window, or than one of all tools, is never reached."""
    least = _least(own)
    over_all = _least(shared)
    for at, limit in own:
        width = _WIDTH[limit.window]
        wider = [least.get((window, limit.increment_from)) for window in Window if _WIDTH[window] > width]
        wider += [over_all.get((window, limit.increment_from)) for window in Window if _WIDTH[window] >= width]
        for pointer, other in filter(None, wider):
            if limit.max > other.max:
                message = (
                    f"this limit can never be reached: {shown(limit.max)} per {limit.window} is above"
                    f" {shown(other.max)} per {other.window} ({pointer})"
                )
                yield Fault(f"{at}/max", message)
                break


def _least(limits: Iterable[tuple[str, Limit]]) -> dict[tuple[Window, str | None], tuple[str, Limit]]:
    """The lowest limit of each window and of what is counted."""
    found: dict[tuple[Window, str | None], tuple[str, Limit]] = {}
    for at, limit in limits:
        key = (limit.window, limit.increment_from)
        if key not in found or limit.max < found[key][1].max:
            found[key] = (at, limit)
    return found
