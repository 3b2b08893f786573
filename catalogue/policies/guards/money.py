"""Guards for amounts of money: a cap for one call, a sum for a day, and the currencies that they may be in."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.policies.document import Denial, Limit, Operator, Predicate, Window
from catalogue.policies.guards.guard import Guard, Subject
from catalogue.policies.parameters import Argument
from catalogue.policies.place import shown
from catalogue.policies.placeholders import Blank, unfilled_denial
from classifier.schema import Parameter
from classifier.verdict import Category

_NUMBERS = frozenset({"number", "integer"})
_TEXTS = frozenset({"string", "null"})
_TOTALS = ("amount", "total", "value")
"""Words of the argument that says what a call costs; a price of one piece does not."""


def money_guards(subject: Subject) -> Iterator[Guard]:
    """Guards for a tool that moves money; the amount of its other calls is somebody's number and no cost."""
    if subject.verdict.category is not Category.FINANCIAL or not subject.full:
        return
    amounts = [one for one in subject.pointed_at("money-amount") if one.path and _is_amount(one.parameter)]
    for argument in amounts:
        yield _cap(subject, argument)
    total = next((one for word in _TOTALS for one in amounts if word in one.parameter.words), None)
    if total:
        yield _daily(subject, total)
    for argument in subject.arguments if amounts else ():
        if argument.values and argument.parameter.words[-1:] == ("currency",):
            yield _currency(subject, argument, argument.values)


def _is_amount(parameter: Parameter) -> bool:
    """Whether a number stands there; a text is one only where its name says so."""
    types = set(parameter.types)
    named = not {*_TOTALS, "price", "sum", "size"}.isdisjoint(parameter.words)
    return bool(types & _NUMBERS or named) and types <= _NUMBERS | _TEXTS


def _cap(subject: Subject, argument: Argument) -> Guard:
    name, path = shown(argument.parameter.path), argument.path or ""
    required = argument.parameter.required and not subject.narrowed
    given = (Predicate(path, Operator.EXISTS, True),) if required else ()
    reason = f"{name} is an amount of money: no call may be larger than a person has said."
    if not subject.filling.cap:
        return Guard(reason, require=given, deny_if=(unfilled_denial(Blank.CAP, path),))
    cap = subject.filling.cap[0]
    above = Denial((Predicate(path, Operator.GT, cap),), f"Amounts above {cap} are not allowed.")
    below = Denial((Predicate(path, Operator.LTE, 0),), "Amounts must be above zero.")
    return Guard(reason, require=given, deny_if=(above, below))


def _daily(subject: Subject, argument: Argument) -> Guard:
    name, path = shown(argument.parameter.path), argument.path or ""
    if subject.narrowed or not argument.parameter.required:
        return Guard(f"No sum of a day is kept for {name}: calls without it would have to be denied.")
    reason = f"{name} is added up, so that many small calls are no way around the cap."
    if not subject.filling.daily:
        return Guard(reason, deny_if=(unfilled_denial(Blank.DAILY, path),))
    counted = Limit(f"{subject.name}_spent", Window.DAY, subject.filling.daily[0], increment_from=path)
    return Guard(reason, limits=(counted,))


def _currency(subject: Subject, argument: Argument, path: str) -> Guard:
    reason = f"{shown(argument.parameter.path)} gives the amount its worth, so only listed currencies pass."
    listed = subject.filling.currency
    if not listed:
        return Guard(reason, deny_if=(unfilled_denial(Blank.CURRENCY, path),))
    spellings = tuple(dict.fromkeys(way for code in listed for way in (code, code.upper(), code.lower())))
    other = Predicate(path, Operator.NOT_IN, spellings)
    return Guard(reason, deny_if=(Denial((other,), f"Amounts must be in {' or '.join(listed)}."),))
