"""The eleven comparisons of a policy, of one value each. Knows no path, no rule and no order of rules."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from catalogue.policies.document import Operator, Predicate, spelled
from catalogue.policies.paths import Lack
from catalogue.policies.patterns import found
from catalogue.policies.place import is_number

_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
"""A JSON number in text; the bounds keep a hostile one cheap. Longer ones are no numbers, which denies."""


def holds(predicate: Predicate, value: object) -> bool | None:
    """Whether one value fulfils the comparison; `None` if it is of a shape that the comparison cannot judge."""
    if value is Lack.MISSHAPEN:
        return None
    if predicate.op is Operator.EXISTS:
        return (value is not Lack.ABSENT) is predicate.value
    if value is Lack.ABSENT:
        return False
    return _COMPARISONS[predicate.op](value, predicate.value)


def _equal(value: object, wanted: Any) -> bool | None:
    if isinstance(value, str) and isinstance(wanted, str):
        return value == wanted
    if isinstance(value, list | tuple | Mapping):
        return None
    if is_number(value) or is_number(wanted):
        number = to_decimal(value)
        return number is not None and number == to_decimal(wanted)
    return spelled(value) == spelled(wanted)


def _among(value: object, wanted: Any) -> bool | None:
    held = False
    for one in wanted:
        equal = _equal(value, one)
        if equal is None:
            return None
        held = held or equal
    return held


def _contains(value: object, wanted: Any) -> bool | None:
    if isinstance(value, str) and isinstance(wanted, str):
        return wanted in value
    if isinstance(value, list | tuple):
        return any(_equal(member, wanted) is True for member in value)
    return None


def _negated(compare: Callable[[object, Any], bool | None]) -> Callable[[object, Any], bool | None]:
    def negated(value: object, wanted: Any) -> bool | None:
        held = compare(value, wanted)
        return None if held is None else not held

    return negated


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, Any], bool | None]:
    def ordered(value: object, wanted: Any) -> bool | None:
        number = to_decimal(value)
        return None if number is None else compare(number, to_decimal(wanted))

    return ordered


_COMPARISONS: Mapping[Operator, Callable[[object, Any], bool | None]] = {
    Operator.EQ: _equal,
    Operator.NEQ: _negated(_equal),
    Operator.LT: _ordered(operator.lt),
    Operator.LTE: _ordered(operator.le),
    Operator.GT: _ordered(operator.gt),
    Operator.GTE: _ordered(operator.ge),
    Operator.IN: _among,
    Operator.NOT_IN: _negated(_among),
    Operator.REGEX: lambda value, wanted: found(wanted, value) if isinstance(value, str) else None,
    Operator.CONTAINS: _contains,
}


def exact(number: int | float) -> Decimal:
    """The number as its digits are written: 0.1 is a tenth."""
    return Decimal(number) if isinstance(number, int) else Decimal(repr(number))


def to_decimal(value: object) -> Decimal | None:
    """The number that a value is or spells; `None` for anything else."""
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    return exact(value) if is_number(value) else None
