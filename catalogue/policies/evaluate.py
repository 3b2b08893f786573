"""What a policy does: the one place that says so. Knows no tool definition, no verdict and no recommendation.

The order: a hidden tool; a tool that is not named, under `default: deny`; `require` and then `deny_if`, each in the
order written, the first denial wins; the limits of the tool, then those of all tools; `ask_if`, in the order written.
Limits stand before `ask_if` so that no person is asked for what a limit refuses anyway; a call that waits for a person
is not counted, and one that was approved is decided anew, by everything but `ask_if`.

A call is counted only if every limit lets it pass (reserve), and `give_back` takes the count back if the server could
not be reached (roll back). An answer of the server, also one that says that the call failed, keeps the count.

Where a document leaves room, the stricter reading holds:
- An argument that is null counts as absent. Absent arguments fail every comparison but `exists`.
- An argument of a shape that the comparison cannot judge (a list where text is expected, a name below a string, text
  that is no number) fails a requirement, and fulfils a condition of `deny_if` and `ask_if`.
- `[]` must hold for every member in `require`, and for any one in the others. Each condition is judged for itself.
- Numbers compare by value, and text that spells a JSON number counts as that number against a number. Otherwise
  values are equal if they are written alike: true equals "true", and "5.0" does not equal "5".
- Text compares by code points: capitals count, and nothing is normalised.
- Windows are whole minutes, hours and days of UTC. A gateway with sliding windows lets through less, never more.
- A counter belongs to the tool it stands under (or to all tools) and to its window; equal names elsewhere are others.

`cases.json` beside this file holds these rules as data that any implementation can run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from catalogue.policies.comparisons import exact, holds, to_decimal
from catalogue.policies.document import EVERY_TOOL, Limit, Policy, Predicate, ToolRule, Window
from catalogue.policies.paths import values_at
from catalogue.policies.place import step

_SECONDS = {Window.MINUTE: 60, Window.HOUR: 3600, Window.DAY: 86400}
_NO_RULE = ToolRule()


class Outcome(StrEnum):
    """What becomes of a call."""

    ALLOWED = "allowed"
    HELD = "held"  # until a person approves it
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
    allowed call. `charges` are empty if no limit counted the call.
    """

    outcome: Outcome
    rule: str = ""
    message: str = ""
    charges: tuple[Charge, ...] = ()


_ALLOWED = Decision(Outcome.ALLOWED)


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

    def decide(self, tool: str, arguments: object = None, *, approved: bool = False) -> Decision:
        """Decide one call, and count it if it is allowed.

        `arguments` is decoded JSON; `None`: none were sent. `approved`: a person has approved this very call.
        """
        if self._hides(tool):
            return Decision(Outcome.HIDDEN, "(hidden)", "This tool is hidden by policy.")
        rule = self._policy.tools.get(tool)
        if rule is None and self._policy.default == "deny":
            return Decision(Outcome.DENIED, "(default deny)", "This tool is not permitted by policy.")
        rule = rule or _NO_RULE
        given = {} if arguments is None else arguments
        decision = _denied(tool, rule, given) or self._reserved(tool, rule, given)
        if decision.outcome is not Outcome.ALLOWED:
            return decision
        held = None if approved else _held(tool, rule, given)
        if held is None:
            self._count(decision.charges)
        return held or decision

    def give_back(self, decision: Decision) -> None:
        """Take back, once, what an allowed call was counted for: it never reached the server."""
        for charge in decision.charges:
            period, used = self._used[charge.counter]
            if period == charge.period:
                self._used[charge.counter] = (period, used - charge.amount)

    def _hides(self, tool: str) -> bool:
        return tool in self._hidden or EVERY_TOOL in self._hidden

    def _reserved(self, tool: str, rule: ToolRule, arguments: object) -> Decision:
        """Whether every limit lets the call pass, and what it would be counted for."""
        if not rule.limits and not self._policy.limits:
            return _ALLOWED
        now = self._clock()
        charges = []
        for pointer, owner, limit in self._limits(tool, rule):
            amount = _amount(limit, arguments)
            if amount is None:
                message = f"This call needs {limit.increment_from} as a number of 0 or more: a limit counts it."
                return Decision(Outcome.DENIED, pointer, message)
            counter = _Counter(owner, limit.counter, limit.window)
            charge = Charge(counter, int(now // _SECONDS[limit.window]), amount)
            if self._used_in(charge.counter, charge.period) + amount > exact(limit.max):
                return Decision(Outcome.LIMITED, pointer, f"The limit of {limit.max} per {limit.window} is reached.")
            charges.append(charge)
        return Decision(Outcome.ALLOWED, charges=tuple(charges))

    def _count(self, charges: Iterable[Charge]) -> None:
        for charge in charges:
            used = self._used_in(charge.counter, charge.period)
            self._used[charge.counter] = (charge.period, used + charge.amount)

    def _limits(self, tool: str, rule: ToolRule) -> Iterator[tuple[str, str | None, Limit]]:
        """Each limit of a call in order: its pointer, the tool that owns its counter, and itself."""
        for index, limit in enumerate(rule.limits):
            yield _pointer(tool, "limits", index), tool, limit
        for index, limit in enumerate(self._policy.limits):
            yield step("/all_tools/limits", index), None, limit

    def _used_in(self, counter: _Counter, period: int) -> Decimal:
        last, used = self._used.get(counter, (period, Decimal(0)))
        return used if last == period else Decimal(0)


def _denied(tool: str, rule: ToolRule, arguments: object) -> Decision | None:
    for index, predicate in enumerate(rule.require):
        if not all(holds(predicate, value) is True for value in values_at(arguments, predicate.path)):
            message = f"This call does not meet a requirement on {predicate.path} ({predicate.op})."
            return Decision(Outcome.DENIED, _pointer(tool, "require", index), message)
    for index, denial in enumerate(rule.deny_if):
        if _fits(denial.conditions, arguments):
            message = denial.on_deny or "This call is denied by policy."
            return Decision(Outcome.DENIED, _pointer(tool, "deny_if", index), message)
    return None


def _held(tool: str, rule: ToolRule, arguments: object) -> Decision | None:
    for index, approval in enumerate(rule.ask_if):
        if _fits(approval.conditions, arguments):
            message = approval.on_ask or "This call waits for a person's approval."
            return Decision(Outcome.HELD, _pointer(tool, "ask_if", index), message)
    return None


def _pointer(tool: str, key: str, index: int) -> str:
    return step(step(step("/tools", tool), key), index)


def _fits(conditions: Iterable[Predicate], arguments: object) -> bool:
    """Whether every condition holds, or cannot be judged, for some value at its path."""
    for predicate in conditions:
        for value in values_at(arguments, predicate.path):
            if holds(predicate, value) is not False:
                break
        else:
            return False
    return True


def _amount(limit: Limit, arguments: object) -> Decimal | None:
    """What a call counts; `None` if its argument does not say."""
    if limit.increment_from is None:
        return Decimal(1)
    total = Decimal(0)
    for value in values_at(arguments, limit.increment_from):
        number = to_decimal(value)
        if number is None or number < 0:
            return None
        total += number
    return total
