"""The parameters table and the table of the server's hints. Knows the definition and its evidence; no page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from catalogue.site.marks import Quoted, inert
from catalogue.site.pages.evidence import Located
from classifier.claims import CONFLICT, OUTSIDE, Claim, Standing, compare
from classifier.schema import Parameter
from classifier.tool import Annotations, Tool
from classifier.verdict import Category, Signal, Verdict

_LONGEST = 600
"""Characters of a parameter's description on a page, where nothing is marked behind them."""

_MOST_ROWS = 40
"""Parameters on a page; those that carry evidence are always shown, the rest is in the JSON twin."""

_MOST_VALUES = 24
"""Values of an enumeration on a page, those that carry evidence apart."""


class Value(NamedTuple):
    """One allowed value of a parameter, and what an action of that name does (`None`: nothing of its own)."""

    text: Quoted
    category: Category | None


class Row(NamedTuple):
    """One parameter. `path` is its dotted path up to its own name, which is `name`.

    `values_more` counts the allowed values that are not shown. `limits` are the schema's other bounds, in words.
    """

    depth: int
    path: str
    name: Quoted
    type: Quoted
    required: bool
    description: Quoted
    values: tuple[Value, ...]
    values_more: int
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """One annotation, and what we found of the same.

    `key` is its name with marks, `asks` what it means, `claimed` what the server says (`None`: nothing). `standing` is
    "agrees", "disagrees", "silent" (not claimed) or "open" (we found nothing to compare it with).
    """

    name: str
    key: Quoted
    asks: str
    claimed: bool | None
    found: str
    standing: str


def parameter_rows(tool: Tool, verdict: Verdict, located: Located) -> tuple[tuple[Row, ...], int]:
    """Return the rows to show, and how many parameters are left out."""
    actions = {(action.parameter, action.value): action.category for action in verdict.actions}
    more = [parameter for parameter in tool.parameters[_MOST_ROWS:] if located.marks(parameter.pointer)]
    shown = (*tool.parameters[:_MOST_ROWS], *more)
    return tuple([_row(item, tool, actions, located) for item in shown]), len(tool.parameters) - len(shown)


def _row(parameter: Parameter, tool: Tool, actions: Mapping[tuple[str, str], Category], located: Located) -> Row:
    values = _values(parameter, actions, located) if parameter.enum else ()
    return Row(
        depth=min(parameter.depth, 4),
        path=inert(parameter.path.removesuffix(parameter.name), 160),
        name=located.quote(parameter.name[:200], parameter.pointer),
        type=_type(parameter, located),
        required=parameter.required,
        description=located.quote(parameter.description, parameter.description_pointer, _LONGEST),
        values=values,
        values_more=len(parameter.enum) - len(values),
        limits=_limits(_node(tool.wire, parameter.pointer)),
    )


def _type(parameter: Parameter, located: Located) -> Quoted:
    if len(parameter.types) == 1 and not parameter.format:
        return located.quote(parameter.types[0], f"{parameter.pointer}/type")
    form = f" ({parameter.format})" if parameter.format else ""
    return Quoted(inert(" or ".join(parameter.types) + form, 80))


def _values(parameter: Parameter, actions: Mapping[tuple[str, str], Category], located: Located) -> tuple[Value, ...]:
    values = []
    for index, item in enumerate(parameter.enum):
        pointer = f"{parameter.enum_pointer}/{index}" if parameter.enum_pointer else ""
        if index < _MOST_VALUES or (pointer and located.marks(pointer)):
            text = item if isinstance(item, str) else json.dumps(item, default=str)
            quoted = located.quote(text[:200], pointer) if pointer else Quoted(inert(text, 200))
            values.append(Value(quoted, actions.get((parameter.path, text))))
    return tuple(values)


_BOUNDS = {
    "default": "default",
    "minimum": "at least",
    "maximum": "at most",
    "minLength": "shortest",
    "maxLength": "longest",
    "maxItems": "items at most",
    "pattern": "pattern",
}


_spelled = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _limits(node: Mapping[str, Any]) -> tuple[str, ...]:
    if _BOUNDS.keys().isdisjoint(node):
        return ()
    return tuple(
        [f"{words} {inert(_spelled(node[key]), 80)}" for key, words in _BOUNDS.items() if node.get(key) is not None]
    )


def _node(wire: Any, pointer: str) -> Mapping[str, Any]:
    """Return the schema at `pointer`; empty where it is none."""
    node = wire
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~") if "~" in step else step
        if isinstance(node, dict):
            node = node.get(key)
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
    return node if isinstance(node, dict) else {}


_ASKS = {
    "readOnlyHint": "changes nothing",
    "destructiveHint": "may destroy data",
    "idempotentHint": "repeating it changes nothing more",
    "openWorldHint": "reaches beyond its own system",
}

_TELLING = OUTSIDE | {CONFLICT}
"""The signals that say something about hints."""

_STANDINGS = {
    Standing.AGREES: "agrees",
    Standing.MILDER: "disagrees",
    Standing.STRICTER: "disagrees",
    Standing.ABSENT: "silent",
}


def hint_rows(tool: Tool, verdict: Verdict, located: Located) -> tuple[Hint, ...]:
    """Return the four hints of the protocol, each beside what the rules found."""
    signals = [signal for signal in verdict.signals if signal.id in _TELLING]
    if any(signal.id == CONFLICT for signal in signals) or located.marks("/annotations"):
        claims = compare(tool.annotations, verdict.category, signals)
        return tuple(_hint(claim, located.quote(claim.hint, f"/annotations/{claim.hint}")) for claim in claims)
    untitled = tool.annotations if tool.annotations.title is None else tool.annotations._replace(title=None)
    return _unmarked(untitled, verdict.category, tuple([signal.id for signal in signals]))


@lru_cache(maxsize=1024)
def _unmarked(annotations: Annotations, category: Category, signals: tuple[str, ...]) -> tuple[Hint, ...]:
    """Return the rows where no rule speaks of a hint: of most tools they are the same as of another."""
    claims = compare(annotations, category, [Signal(signal, ()) for signal in signals])
    return tuple(_hint(claim, Quoted(claim.hint)) for claim in claims)


def _hint(claim: Claim, key: Quoted) -> Hint:
    standing = "open" if claim.found is None else _STANDINGS[claim.standing]
    words = {True: "yes", False: "no", None: "not judged"}[claim.found]
    return Hint(claim.hint, key, _ASKS[claim.hint], claim.claimed, words, standing)
