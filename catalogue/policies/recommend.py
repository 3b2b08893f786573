"""Recommends: from a definition and its verdict to a rule, and to the documents for one tool and for a whole server.

Says what a policy should be, never what it does: `effects` finds that out by running the evaluator. A tool has one
rule in a posture, so the documents of a tool and of its server cannot contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, Literal, NamedTuple, TypeAlias

from catalogue.policies.actions import Narrowing, narrow
from catalogue.policies.document import EVERY_TOOL, Approval, Denial, Limit, Policy, ToolRule, Window
from catalogue.policies.guards.guard import Guard, Subject
from catalogue.policies.guards.table import guards, may_guard
from catalogue.policies.placeholders import NOTHING, Filling
from classifier.lazy import lazy
from classifier.verdict import Category, Verdict, more_severe

Posture: TypeAlias = Literal["recommended", "strict", "permissive"]
"""Each allows what the one before it in this order allows, and more: strict, recommended, permissive.

strict: what only reads; the rest is hidden. recommended: also what changes data or runs things, so many times a
minute, and where its arguments say where to, only there; what destroys is hidden, and what costs money or runs the
caller's code waits for a person. permissive: the same without rates and places, and what destroys is shown and waits
for a person too.
"""

_WITHOUT_A_PERSON = frozenset({Category.READ, Category.WRITE, Category.EXECUTE, Category.UNCLASSIFIED})
_ACCEPTED: Mapping[Posture, frozenset[Category]] = {
    "strict": frozenset({Category.READ}),
    "recommended": _WITHOUT_A_PERSON,
    "permissive": _WITHOUT_A_PERSON,
}

_RATES: Mapping[Category, int] = {Category.WRITE: 30, Category.EXECUTE: 10, Category.UNCLASSIFIED: 10}
"""Calls a minute: more than an agent at work makes, and few enough for a person to stop one that has lost its way.

The more severe of two categories never has the higher rate: a tool that can do both gets the rate of the more severe.
"""

_DOES: Mapping[Category, str] = {
    Category.READ: "It only returns information",
    Category.WRITE: "It changes data in ways that can be undone",
    Category.EXECUTE: "It runs code, processes or workflows",
    Category.UNCLASSIFIED: "No rule can say what it does, so it counts as one that runs code",
    Category.DESTRUCTIVE: "It can destroy data for good",
    Category.FINANCIAL: "It can move money or oblige someone to pay",
}
_APPROVAL: Mapping[Category, str] = {
    Category.DESTRUCTIVE: "Needs a person's approval, because this tool can destroy data for good.",
    Category.FINANCIAL: "Needs a person's approval, because this tool can move money or oblige someone to pay.",
}
_OPEN = ToolRule()
_EVERY_TOOL = Denial((), "The name * stands for every tool, so no rule can be meant for this one alone.")


class Recommendation(NamedTuple):
    """What to do with one tool: hide it (`rule` is `None` then), or let it be called as the rule says; and why."""

    hide: bool
    rule: ToolRule | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A tool to recommend something for. What several postures look at is worked out once."""

    name: str
    definition: Mapping[str, Any]
    verdict: Verdict
    filling: Filling = NOTHING

    def recommend(self, posture: Posture = "recommended") -> Recommendation:
        """The rule for the tool, and plain sentences that say why."""
        if self.name == EVERY_TOOL:
            return Recommendation(False, ToolRule(deny_if=(_EVERY_TOOL,)), (_EVERY_TOOL.on_deny,))
        kept = self._usual if posture != "strict" else narrow(self.definition, self.verdict, _ACCEPTED[posture])
        if kept is None and posture == "strict":
            return _hidden(self.verdict)
        guarding = self._guards if posture != "permissive" else self._guarding(full=False)
        if kept is None:
            return _refused(self.verdict, posture, guarding)
        return _allowed(self, kept, self._usual or kept, posture, guarding)

    @lazy
    def _usual(self) -> Narrowing | None:
        """What the recommended posture keeps: the permissive one accepts the same."""
        return narrow(self.definition, self.verdict, _ACCEPTED["recommended"])

    @lazy
    def _guards(self) -> tuple[Guard, ...]:
        """Those of all postures but the permissive one.

        The strict posture must not allow more of a call: its guards, too, see what the recommended one keeps.
        """
        return self._guarding(full=True)

    def _guarding(self, *, full: bool) -> tuple[Guard, ...]:
        if not may_guard(self.verdict):
            return ()
        usual = self._usual
        subject = Subject(
            name=self.name,
            definition=self.definition,
            verdict=self.verdict,
            reads=usual is not None and usual.categories == {Category.READ},
            narrowed=usual is not None and bool(usual.denials),
            full=full,
            filling=self.filling,
        )
        return guards(subject)


def recommend(
    name: str,
    definition: Mapping[str, Any],
    verdict: Verdict,
    posture: Posture = "recommended",
    filling: Filling = NOTHING,
) -> Recommendation:
    """The rule for a tool, and plain sentences that say why."""
    return Case(name, definition, verdict, filling).recommend(posture)


def _hidden(verdict: Verdict) -> Recommendation:
    """A tool in the strict posture that cannot be kept to reading."""
    return _kept_from_sight(_worst(verdict), "and this posture shows only what reads.")


@lru_cache(maxsize=32)
def _kept_from_sight(worst: Category, why: str) -> Recommendation:
    return Recommendation(True, None, (f"{_DOES[worst]}, {why}",))


def _refused(verdict: Verdict, posture: Posture, guarding: Sequence[Guard]) -> Recommendation:
    """A tool that no rule keeps to what the posture accepts."""
    worst = _worst(verdict)
    if posture == "recommended" and worst is Category.DESTRUCTIVE:
        return _kept_from_sight(worst, "so the agent does not see it.")
    return _guarded(*_held(worst), guarding)


@lru_cache(maxsize=len(Category))
def _held(worst: Category) -> tuple[ToolRule, tuple[str, ...]]:
    reason = f"{_DOES[worst]}, so every call waits until a person approves it."
    return ToolRule(ask_if=(Approval((), _APPROVAL[worst]),)), (reason,)


def _worst(verdict: Verdict) -> Category:
    if not verdict.actions:
        return verdict.category
    return max((verdict.category, *(action.category for action in verdict.actions)), key=more_severe)


def _allowed(
    case: Case, kept: Narrowing, usual: Narrowing, posture: Posture, guarding: Sequence[Guard]
) -> Recommendation:
    rate = None if posture == "permissive" else _RATES.get(max(usual.categories, key=more_severe))
    limits = (Limit(f"{case.name}_rate", Window.MINUTE, rate),) if rate else ()
    does = _does(max(kept.categories, key=more_severe), rate, narrowed=bool(kept.reasons))
    if not kept.denials:
        rule = ToolRule(limits=limits) if limits else _OPEN
    elif posture == "strict" or (posture == "recommended" and _can_destroy(case.verdict)):
        rule = ToolRule(deny_if=kept.denials, limits=limits)
    else:
        asked = tuple(Approval(denial.conditions, denial.on_deny) for denial in kept.denials)
        rule = ToolRule(ask_if=asked, limits=limits)
    return _guarded(rule, (*kept.reasons, does), guarding)


@lru_cache(maxsize=64)
def _does(worst: Category, rate: int | None, *, narrowed: bool) -> str:
    does = f"Kept to that, {_DOES[worst][0].lower()}{_DOES[worst][1:]}" if narrowed else _DOES[worst]
    return does + _often(rate)


def _can_destroy(verdict: Verdict) -> bool:
    """Whether anything that the tool may do destroys: the recommended posture hides that, and asks nobody."""
    values = (value.category for argument in verdict.arguments for value in argument.values)
    return Category.DESTRUCTIVE in {verdict.category, *(action.category for action in verdict.actions), *values}


def _guarded(rule: ToolRule, reasons: tuple[str, ...], guarding: Sequence[Guard]) -> Recommendation:
    for guard in guarding:
        asks_anyway = any(not approval.conditions for approval in rule.ask_if)
        rule = ToolRule(
            require=rule.require + guard.require,
            deny_if=rule.deny_if + guard.deny_if,
            ask_if=rule.ask_if if asks_anyway else rule.ask_if + guard.ask_if,
            limits=rule.limits + guard.limits,
        )
        reasons = (*reasons, guard.reason)
    return Recommendation(False, rule, tuple(dict.fromkeys(reasons)))


def _often(rate: int | None) -> str:
    if rate is None:
        return ", and may be called any number of times."
    return f": {rate} calls a minute are enough for work, and stop an agent that has lost its way."


def _stricter(one: Recommendation, other: Recommendation) -> Recommendation:
    """What either forbids is forbidden, since a call by name may reach either tool."""
    reasons = tuple(dict.fromkeys((*one.reasons, *other.reasons)))
    if one.rule is None or other.rule is None:
        return Recommendation(True, None, reasons)
    limits: dict[tuple[str, Window], Limit] = {}
    for limit in sorted((*one.rule.limits, *other.rule.limits), key=lambda limit: limit.max):
        limits.setdefault((limit.counter, limit.window), limit)
    rule = ToolRule(
        require=tuple(dict.fromkeys((*one.rule.require, *other.rule.require))),
        deny_if=tuple(dict.fromkeys((*one.rule.deny_if, *other.rule.deny_if))),
        ask_if=tuple(dict.fromkeys((*one.rule.ask_if, *other.rule.ask_if))),
        limits=tuple(limits.values()),
    )
    return Recommendation(False, rule, reasons)


def tool_policy(
    name: str,
    definition: Mapping[str, Any],
    verdict: Verdict,
    twins: Iterable[tuple[Mapping[str, Any], Verdict]] = (),
    posture: Posture = "recommended",
    filling: Filling = NOTHING,
) -> Policy:
    """The document that rules this tool and leaves the rest of its server as it is.

    `twins` are the server's other tools of the same name: a call cannot tell them apart, so the stricter rule holds.
    """
    tools = ((definition, verdict), *twins)
    return tool_document(name, (recommend(name, *tool, posture, filling) for tool in tools))


def server_policy(
    tools: Iterable[tuple[str, Mapping[str, Any], Verdict]],
    posture: Posture = "recommended",
    filling: Filling = NOTHING,
) -> Policy:
    """The document that names every tool of a server (name, definition, verdict) and denies what it does not name."""
    return server_document(
        (name, recommend(name, definition, verdict, posture, filling)) for name, definition, verdict in tools
    )


def requested_policy(
    tools: Iterable[tuple[str, Mapping[str, Any], Verdict]],
    tool: str | None,
    posture: Posture = "recommended",
    filling: Filling = NOTHING,
) -> Policy:
    """The document of a server with these tools; or that of `tool`, and then these are all of its name."""
    if tool is None:
        return server_policy(tools, posture, filling)
    one, *twins = tools
    return tool_policy(*one, [(definition, verdict) for _, definition, verdict in twins], posture, filling)


def tool_document(name: str, recommended: Iterable[Recommendation]) -> Policy:
    """The document of `tool_policy`, from what is recommended for the tool and for its twins."""
    return _document("allow", {name: reduce(_stricter, recommended)})


def server_document(recommended: Iterable[tuple[str, Recommendation]]) -> Policy:
    """The document of `server_policy`, from what is recommended for each of its tools, by name."""
    found: dict[str, Recommendation] = {}
    for name, one in recommended:
        found[name] = _stricter(found[name], one) if name in found else one
    return _document("deny", dict(sorted(found.items())))


def _document(default: Literal["allow", "deny"], found: Mapping[str, Recommendation]) -> Policy:
    return Policy(
        default=default,
        hide=tuple([name for name, one in found.items() if one.hide]),
        tools={name: one.rule for name, one in found.items() if one.rule is not None},
    )
