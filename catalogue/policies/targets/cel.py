"""Conditions on arguments in CEL, https://cel.dev. Knows no gateway.

An expression that fails while it is evaluated decides nothing, so each asks for a value's type before it compares it.
What a policy cannot judge fulfils a denial here, too. Numbers are compared as doubles, and a text that spells one
counts as a value that cannot be judged: that denies, where a policy would look at the number.
"""

from __future__ import annotations

from collections.abc import Callable

from catalogue.policies.document import Operator, Predicate, Scalar, ToolRule, spelled
from catalogue.policies.paths import Step, steps
from catalogue.policies.targets.notation import json_text

_ORDERS = {Operator.LT: "<", Operator.LTE: "<=", Operator.GT: ">", Operator.GTE: ">="}
_NEGATED = frozenset({Operator.NEQ, Operator.NOT_IN})
_NUMBER = "type({0}) in [int, double]"
_SCALAR = "type({0}) in [string, bool, int, double]"
_TEXT = "type({0}) == string"
_LARGEST = 2**53
"""Above it, whole numbers are no longer told apart by doubles."""

Leaf = Callable[[str], str]


def can_compare(predicate: Predicate) -> bool:
    """Whether CEL says the same of it as a policy does, or denies more."""
    values = _values(predicate)
    return predicate.op is not Operator.CONTAINS and not any(
        isinstance(value, int | float) and abs(value) > _LARGEST for value in values
    )


def conditions(rule: ToolRule, arguments: str) -> str:
    """What has to hold for a call to be allowed; `arguments` is a name that the whole map of them is bound to."""
    held = [f"!{_broken(predicate, arguments)}" for predicate in rule.require]
    for denial in rule.deny_if:
        fits = " && ".join(_fits(predicate, arguments) for predicate in denial.conditions)
        held.append(f"!({fits})" if len(denial.conditions) > 1 else f"!{fits}")
    return " && ".join(held) or "true"


def _fits(predicate: Predicate, arguments: str) -> str:
    """Whether the comparison holds, or cannot be judged, for some value at its path."""
    if predicate.op is Operator.EXISTS:
        return _present(arguments, predicate.path) if predicate.value else _absent(arguments, predicate.path)
    shape, truth = _comparison(predicate)
    return _some(arguments, steps(predicate.path), lambda value: f"!({shape.format(value)}) || {truth(value)}")


def _broken(predicate: Predicate, arguments: str) -> str:
    """Whether some value at its path, or the lack of one, breaks a requirement."""
    if predicate.op is Operator.EXISTS:
        return _absent(arguments, predicate.path) if predicate.value else _present(arguments, predicate.path)
    shape, truth = _comparison(predicate)
    wrong = _some(arguments, steps(predicate.path), lambda value: f"!({shape.format(value)}) || !({truth(value)})")
    return f"({_absent(arguments, predicate.path)} || {wrong})"


def _present(arguments: str, path: str) -> str:
    return _some(arguments, steps(path), lambda _: "true")


def _some(value: str, rest: tuple[Step, ...], leaf: Leaf, depth: int = 0) -> str:
    """Whether some value on the way is of a wrong shape, or one at its end fits the leaf; null is no value."""
    if not rest:
        return f"({leaf(value)})"
    first, later = rest[0], rest[1:]
    if isinstance(first, str):
        key = json_text(first)
        below = f"{value}[{key}]"
        found = f"({key} in {value} && {below} != null && {_some(below, later, leaf, depth + 1)})"
        return found if depth == 0 else f"(type({value}) != map || {found})"
    if first is None:
        one = f"m{depth}"
        return (
            f"(type({value}) != list || {value}.exists({one}, {one} != null && {_some(one, later, leaf, depth + 1)}))"
        )
    below = f"{value}[{first}]"
    inner = f"size({value}) > {first} && {below} != null && {_some(below, later, leaf, depth + 1)}"
    return f"(type({value}) != list || ({inner}))"


def _absent(value: str, path: str) -> str:
    return _lack(value, steps(path), 0)


def _lack(value: str, rest: tuple[Step, ...], depth: int) -> str:
    """Whether some value on the way is missing, null or of a wrong shape."""
    if not rest:
        return "false"
    first, later = rest[0], rest[1:]
    if isinstance(first, str):
        key = json_text(first)
        below = f"{value}[{key}]"
        found = f"!({key} in {value}) || {below} == null || {_lack(below, later, depth + 1)}"
        return f"({found})" if depth == 0 else f"(type({value}) != map || {found})"
    if first is None:
        one = f"m{depth}"
        inner = f"{one} == null || {_lack(one, later, depth + 1)}"
        return f"(type({value}) != list || size({value}) == 0 || {value}.exists({one}, {inner}))"
    below = f"{value}[{first}]"
    inner = f"size({value}) <= {first} || {below} == null || {_lack(below, later, depth + 1)}"
    return f"(type({value}) != list || {inner})"


def _comparison(predicate: Predicate) -> tuple[str, Leaf]:
    """The type that a value needs to be judged, and whether it then fulfils the comparison."""
    if predicate.op is Operator.REGEX:
        return _TEXT, lambda value: f"{value}.matches({json_text(predicate.value)})"
    if predicate.op in _ORDERS:
        return _NUMBER, lambda value: f"double({value}) {_ORDERS[predicate.op]} {_double(predicate.value)}"
    values = _values(predicate)
    shape = _NUMBER if any(map(_is_number, values)) else _shape_of_texts(values)
    sign = "!" if predicate.op in _NEGATED else ""
    return shape, lambda value: sign + "(" + " || ".join(_equal(value, one) for one in values) + ")"


def _shape_of_texts(values: tuple[Scalar, ...]) -> str:
    """Texts that spell a number equal that number, too, so numbers are not judged beside them."""
    numeric = any(isinstance(value, str) and value[:1] in "-0123456789" and value for value in values)
    return "type({0}) in [string, bool]" if numeric else _SCALAR


def _equal(value: str, wanted: Scalar) -> str:
    if _is_number(wanted):
        return f"double({value}) == {_double(wanted)}"
    said = spelled(wanted)
    equal = f"(type({value}) == string && {value} == {json_text(said)})"
    return f"{equal} || (type({value}) == bool && {value} == {said})" if said in ("true", "false") else equal


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _double(value: object) -> str:
    return repr(float(value)) if isinstance(value, int | float) else "0.0"


def _values(predicate: Predicate) -> tuple[Scalar, ...]:
    return predicate.value if isinstance(predicate.value, tuple) else (predicate.value,)
