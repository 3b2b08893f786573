"""Policies in Cedar, https://docs.cedarpolicy.com, for any gateway that speaks it. Knows no gateway.

Cedar denies what no policy permits, and a policy that fails while it is evaluated counts for nothing. So there are only
permits, and what would deny a call stands as a condition inside them: a call that cannot be judged is not permitted.

Cedar has no regular expressions, and tells whole numbers, decimals and texts apart by their types. So arguments are
compared where both readings are the same: whether one is given, and with texts that spell no number, and booleans.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from catalogue.policies.document import Operator, Predicate, Scalar, ToolRule, spelled
from catalogue.policies.paths import steps

_PLAIN = re.compile(r"[ -!#-\[\]-~]*")
_EQUALITIES = {Operator.EQ: True, Operator.IN: True, Operator.NEQ: False, Operator.NOT_IN: False}
_NUMBER_LIKE = re.compile(r"-?[0-9].*", re.DOTALL)

Place = tuple[str, tuple[str, ...]]
"""A record, and the keys that lead from it to an argument."""


class Dialect(NamedTuple):
    """How a gateway hands arguments to Cedar.

    `place` leads from a policy's path to the argument. `other` is an expression for an argument that is given in a form
    that cannot be compared, "false" if there is none. `typed`: policies are checked against the types of arguments, so
    a boolean is never a text there.
    """

    place: Callable[[str], Place]
    other: Callable[[Place], str]
    typed: bool


def text(value: str) -> str:
    """The text as a Cedar string."""
    return '"' + "".join(map(_escaped, value)) + '"'


def can_compare(predicate: Predicate) -> bool:
    """Whether Cedar says the same of it as a policy does."""
    if any(not isinstance(part, str) for part in steps(predicate.path)):
        return False
    if predicate.op is Operator.EXISTS:
        return True
    return predicate.op in _EQUALITIES and all(map(_is_distinct, _values(predicate)))


def conditions(rule: ToolRule, dialect: Dialect) -> Iterator[str]:
    """What has to hold for a call to be permitted: one expression for each requirement and each denial."""
    for predicate in rule.require:
        at = dialect.place(predicate.path)
        if predicate.op is Operator.EXISTS:
            yield _given(at) if predicate.value else f"!({_given(at)}) && !({dialect.other(at)})"
        else:
            yield f"{_given(at)} && {_holds(predicate, at, dialect)}"
    for denial in rule.deny_if:
        yield "!(" + " && ".join(f"({_fits(predicate, dialect)})" for predicate in denial.conditions) + ")"


def _fits(predicate: Predicate, dialect: Dialect) -> str:
    """Whether the comparison holds or cannot be judged, so an argument in another form fits it."""
    at = dialect.place(predicate.path)
    if predicate.op is Operator.EXISTS:
        return f"{_given(at)} || {dialect.other(at)}" if predicate.value else f"!({_given(at)})"
    return f"({_given(at)} && {_holds(predicate, at, dialect)}) || {dialect.other(at)}"


def _given(at: Place) -> str:
    record, keys = at
    found = []
    for key in keys:
        found.append(f"{record} has {text(key)}")
        record = f"{record}[{text(key)}]"
    return " && ".join(found)


def _holds(predicate: Predicate, at: Place, dialect: Dialect) -> str:
    record, keys = at
    value = record + "".join(f"[{text(key)}]" for key in keys)
    among = f"[{', '.join(_literals(_values(predicate), dialect))}].contains({value})"
    return among if _EQUALITIES[predicate.op] else f"!{among}"


def _literals(values: Iterable[Scalar], dialect: Dialect) -> Iterator[str]:
    """Every Cedar value that a policy calls equal to one of the values: without types, true is also "true"."""
    for value in values:
        said = spelled(value)
        if isinstance(value, str) or not dialect.typed:
            yield text(said)
        if isinstance(value, bool) or (said in ("true", "false") and not dialect.typed):
            yield said


def _values(predicate: Predicate) -> tuple[Scalar, ...]:
    return predicate.value if isinstance(predicate.value, tuple) else (predicate.value,)


def _is_distinct(value: Scalar) -> bool:
    """Whether no number is equal to it."""
    return isinstance(value, bool) or (isinstance(value, str) and not _NUMBER_LIKE.fullmatch(value))


def _escaped(char: str) -> str:
    return char if _PLAIN.fullmatch(char) or (not char.isascii() and char.isprintable()) else f"\\u{{{ord(char):x}}}"
