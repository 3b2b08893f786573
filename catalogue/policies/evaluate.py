"""What a policy does: the one place that says so. Knows no tool definition, no verdict and no recommendation.

The order: a hidden tool; a tool that is not named, under `default: deny`; `require` and then `deny_if`, each in the
order written, the first denial wins; the limits of the tool, then those of all tools. A call is counted only if every
limit lets it pass, and `give_back` takes the count back if the server could not be reached.

Where a document leaves room, the stricter reading holds:
- An argument that is null counts as absent. Absent arguments fail every comparison but `exists`.
- An argument of a shape that the comparison cannot judge (a list where text is expected, a name below a string, text
  that is no number) fails a requirement and fulfils a denial.
- `[]` must hold for every member in `require`, and for any one in `deny_if`. Each condition is judged for itself.
- Numbers compare by value, and text that spells a JSON number counts as that number against a number. Otherwise
  values are equal if they are written alike: true equals "true", and "5.0" does not equal "5".
- Windows are whole minutes, hours and days of UTC. A gateway with sliding windows lets through less, never more.
- A counter belongs to the tool it stands under (or to all tools) and to its window; equal names elsewhere are others.

`tests/policies/cases.json` holds these rules as data that any implementation can run.
"""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from catalogue.policies.document import (
    EVERY_TOOL,
    Denial,
    Limit,
    Operator,
    Policy,
    Predicate,
    ToolRule,
    Window,
    spelled,
)
from catalogue.policies.paths import Lack, values_at
from catalogue.policies.patterns import found
from catalogue.policies.place import is_number, step

_SECONDS = {Window.MINUTE: 60, Window.HOUR: 3600, Window.DAY: 86400}
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
"""A JSON number in text; the bounds keep a hostile one cheap. Longer ones are no numbers, which denies."""


class Outcome(StrEnum):
    """What becomes of a call."""

    ALLOWED = "allowed"
    DENIED = "denied"
    HIDDEN = "hidden"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class _Counter:
    """`tool` is `None` for the counters of all tools."""

    tool: str | None
    name: str
    window: Window


@dataclass(frozen=True, slots=True)
class Charge:
    """What one call took from one counter: `period` numbers the windows since 1970."""

    counter: _Counter
    period: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one call, and why.

    `rule` is the RFC 6901 pointer to what decided, "(hidden)" or "(default deny)"; `rule` and `message` are "" for an
    allowed call. `charges` are empty if no limit counts the call.
    """

    outcome: Outcome
    rule: str = ""
    message: str = ""
    charges: tuple[Charge, ...] = ()


class Evaluator:
    """Decides the calls of one grant. It remembers what they used up; it is not for several threads at once."""

    def __init__(self, policy: Policy, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives the seconds since 1970."""
        self._policy = policy
        self._hidden = frozenset(policy.hide)
        self._clock = clock
        self._used: dict[_Counter, tuple[int, Decimal]] = {}

    def visible(self, tools: Iterable[str]) -> tuple[str, ...]:
        """The tools that remain in the listing, in order."""
        return tuple(tool for tool in tools if not self._hides(tool))

    def decide(self, tool: str, arguments: object = None) -> Decision:
        """Decide one call, and count it if it is allowed. `arguments` is decoded JSON; `None`: none were sent."""
        if self._hides(tool):
            return Decision(Outcome.HIDDEN, "(hidden)", "This tool is hidden by policy.")
        rule = self._policy.tools.get(tool)
        if rule is None and self._policy.default == "deny":
            return Decision(Outcome.DENIED, "(default deny)", "This tool is not permitted by policy.")
        given = {} if arguments is None else arguments
        return _denied(tool, rule or ToolRule(), given) or self._counted(tool, rule or ToolRule(), given)

    def give_back(self, decision: Decision) -> None:
        """Take back, once, what an allowed call was counted for: it never reached the server."""
        for charge in decision.charges:
            period, used = self._used[charge.counter]
            if period == charge.period:
                self._used[charge.counter] = (period, used - charge.amount)

    def _hides(self, tool: str) -> bool:
        return tool in self._hidden or EVERY_TOOL in self._hidden

    def _counted(self, tool: str, rule: ToolRule, arguments: object) -> Decision:
        now = self._clock()
        charges = []
        for pointer, owner, limit in self._limits(tool, rule):
            amount = _amount(limit, arguments)
            if amount is None:
                message = f"This call needs {limit.increment_from} as a number of 0 or more: a limit counts it."
                return Decision(Outcome.DENIED, pointer, message)
            counter = _Counter(owner, limit.counter, limit.window)
            charge = Charge(counter, int(now // _SECONDS[limit.window]), amount)
            if self._used_in(charge.counter, charge.period) + amount > _exact(limit.max):
                return Decision(Outcome.LIMITED, pointer, f"The limit of {limit.max} per {limit.window} is reached.")
            charges.append(charge)
        for charge in charges:
            used = self._used_in(charge.counter, charge.period)
            self._used[charge.counter] = (charge.period, used + charge.amount)
        return Decision(Outcome.ALLOWED, charges=tuple(charges))

    def _limits(self, tool: str, rule: ToolRule) -> Iterator[tuple[str, str | None, Limit]]:
        """Each limit of a call in order: its pointer, the tool that owns its counter, and itself."""
        for index, limit in enumerate(rule.limits):
            yield step(step(step("/tools", tool), "limits"), index), tool, limit
        for index, limit in enumerate(self._policy.limits):
            yield step("/all_tools/limits", index), None, limit

    def _used_in(self, counter: _Counter, period: int) -> Decimal:
        last, used = self._used.get(counter, (period, Decimal(0)))
        return used if last == period else Decimal(0)


def _denied(tool: str, rule: ToolRule, arguments: object) -> Decision | None:
    pointer = step("/tools", tool)
    for index, predicate in enumerate(rule.require):
        if not all(_holds(predicate, value) is True for value in values_at(arguments, predicate.path)):
            message = f"This call does not meet a requirement on {predicate.path} ({predicate.op})."
            return Decision(Outcome.DENIED, step(f"{pointer}/require", index), message)
    for index, denial in enumerate(rule.deny_if):
        if _applies(denial, arguments):
            message = denial.on_deny or "This call is denied by policy."
            return Decision(Outcome.DENIED, step(f"{pointer}/deny_if", index), message)
    return None


def _applies(denial: Denial, arguments: object) -> bool:
    return all(
        any(_holds(predicate, value) is not False for value in values_at(arguments, predicate.path))
        for predicate in denial.conditions
    )


def _holds(predicate: Predicate, value: object) -> bool | None:
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
        number = _decimal(value)
        return number is not None and number == _decimal(wanted)
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
        number = _decimal(value)
        return None if number is None else compare(number, _decimal(wanted))

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


def _exact(number: int | float) -> Decimal:
    """The number as its digits are written: 0.1 is a tenth."""
    return Decimal(number) if isinstance(number, int) else Decimal(repr(number))


def _decimal(value: object) -> Decimal | None:
    """The number that a value is or spells; `None` for anything else."""
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    return _exact(value) if is_number(value) else None


def _amount(limit: Limit, arguments: object) -> Decimal | None:
    """What a call counts; `None` if its argument does not say."""
    if limit.increment_from is None:
        return Decimal(1)
    total = Decimal(0)
    for value in values_at(arguments, limit.increment_from):
        number = _decimal(value)
        if number is None or number < 0:
            return None
        total += number
    return total
