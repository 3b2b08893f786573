"""A condition or a limit in words, for sentences about documents. What they do is the evaluator's to say."""

from __future__ import annotations

import json

from catalogue.policies.document import Limit, Operator, Predicate
from catalogue.policies.placeholders import blank_of

_PHRASES = {
    Operator.EQ: "equal to",
    Operator.NEQ: "other than",
    Operator.LT: "below",
    Operator.LTE: "at most",
    Operator.GT: "above",
    Operator.GTE: "at least",
    Operator.IN: "among",
    Operator.NOT_IN: "other than",
    Operator.REGEX: "matching",
    Operator.CONTAINS: "containing",
}
_MOST_SHOWN = 8
_LONGEST = 80


def name_of(path: str) -> str:
    """The argument at a path, as a person calls it."""
    return f"`{path.removeprefix('args.')}`"


def condition_words(predicate: Predicate) -> str:
    """Words that follow "calls with" or "calls need": "`amount` above 50"."""
    name, blank = name_of(predicate.path), blank_of(predicate)
    if blank:
        return f"{name} while {blank} is not filled in"
    if predicate.op is Operator.EXISTS:
        return name if predicate.value else f"no {name}"
    return f"{name} {_PHRASES[predicate.op]} {_value_words(predicate)}"


def _value_words(predicate: Predicate) -> str:
    values = predicate.value if isinstance(predicate.value, tuple) else (predicate.value,)
    shown = [_cut(json.dumps(value, ensure_ascii=False)) for value in values[:_MOST_SHOWN]]
    more = f" and {len(values) - _MOST_SHOWN:,} more" if len(values) > _MOST_SHOWN else ""
    return ", ".join(shown) + more


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def limit_words(limit: Limit) -> str:
    """What a limit lets through: "30 calls per minute"."""
    if limit.increment_from is None:
        return f"{limit.max} {'call' if limit.max == 1 else 'calls'} per {limit.window}"
    return f"a sum of {limit.max} of {name_of(limit.increment_from)} per {limit.window}"
