"""Finds conditions that no argument can meet together, by asking the comparisons themselves. Knows no document.

Only paths without `[]` are looked at: two members of an array may well meet two conditions that one value cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalogue.policies.comparisons import exact, holds
from catalogue.policies.document import Operator, Predicate
from catalogue.policies.paths import Lack

_LOWER = {Operator.GT, Operator.GTE}
_UPPER = {Operator.LT, Operator.LTE}
_MOST_VALUES = 500
"""Values of a list that are tried one by one: a hostile file may have any number."""


def contradicted(conditions: Iterable[Predicate]) -> str | None:
    """The first path of which the conditions ask too much; `None` if they can hold together."""
    by_path: dict[str, list[Predicate]] = {}
    for predicate in conditions:
        if "[]" not in predicate.path:
            by_path.setdefault(predicate.path, []).append(predicate)
    return next((path for path, asked in by_path.items() if _is_impossible(asked)), None)


def _is_impossible(asked: Sequence[Predicate]) -> bool:
    for predicate in asked:
        candidates = _candidates(predicate)
        if candidates and not any(all(holds(other, one) is True for other in asked) for one in candidates):
            return True
    return _is_empty_range(asked)


def _candidates(predicate: Predicate) -> Sequence[object]:
    """All values that meet the condition, where they can be counted."""
    if predicate.op is Operator.EXISTS:
        return [] if predicate.value else [Lack.ABSENT]
    if predicate.op is Operator.EQ:
        return [predicate.value]
    values = predicate.value if predicate.op is Operator.IN and isinstance(predicate.value, tuple) else ()
    return values if len(values) <= _MOST_VALUES else []


def _is_empty_range(asked: Sequence[Predicate]) -> bool:
    lower = [one for one in asked if one.op in _LOWER and isinstance(one.value, int | float)]
    upper = [one for one in asked if one.op in _UPPER and isinstance(one.value, int | float)]
    for low in lower:
        for high in upper:
            least, most = exact(_number(low)), exact(_number(high))
            if least > most or (least == most and (low.op is Operator.GT or high.op is Operator.LT)):
                return True
    return False


def _number(predicate: Predicate) -> int | float:
    return predicate.value if isinstance(predicate.value, int | float) else 0
