"""Lowers a policy to what a target can say: still a policy, never a looser one, with what was lost on the way.

Knows no target, only what one says. What is lowered is a document, so the evaluator says what it does; a target then
has to write down exactly that. Where something cannot be said, the stricter choice is made: a person is asked, or,
where nobody can be asked, the call is denied. The one exception is a target that cannot deny: there, too, a person is
asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from catalogue.policies.document import EVERY_TOOL, Approval, Denial, Limit, Policy, Predicate, ToolRule
from catalogue.policies.targets.needs import Answer, Instead, Loss, Need, instead_of

_HIDDEN = "This tool is hidden by policy."
_UNSEEN = "The arguments of this call are for a person to look at."
_UNCOUNTED = "Nobody counts the calls of this tool, so a person looks at each."


def _every(_: object) -> bool:
    return True


def _always(_: str, __: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a target can say.

    `unnamed`: what becomes of a tool that the file does not name. `compares` and `counts` tell which comparisons and
    limits it says, where it says these at all. `always_asks`: what the policy allows is asked all the same.
    `counts_together`: it can also count the calls of all tools together. `fits`: there is room for a tool's whole rule.
    """

    says: frozenset[Need]
    unnamed: Answer
    compares: Callable[[Predicate], bool] = field(default=_every)
    counts: Callable[[Limit], bool] = field(default=_every)
    always_asks: bool = False
    counts_together: bool = False
    fits: Callable[[str, ToolRule], bool] = field(default=_always)

    def can_say(self, need: Need) -> bool:
        return not self.always_asks if need is Need.ALLOWING else need in self.says

    def asks(self) -> bool:
        return Need.APPROVAL in self.says

    def can_compare(self, predicate: Predicate) -> bool:
        return Need.ARGUMENTS in self.says and self.compares(predicate)

    def can_count(self, limit: Limit) -> bool:
        return Need.RATES in self.says and self.counts(limit)

    def can_count_together(self, limit: Limit) -> bool:
        return self.counts_together and self.can_count(limit)


class Lowered(NamedTuple):
    """A policy that the target can say, and what it says less than the one it was made from."""

    policy: Policy
    losses: tuple[Loss, ...]


def lower(policy: Policy, abilities: Abilities) -> Lowered:
    """The policy as far as the target can say it. Every tool that it named is still named."""
    everything = EVERY_TOOL in policy.hide
    hidden = (*(name for name in policy.hide if name != EVERY_TOOL), *(policy.tools if everything else ()))
    uncounted = tuple(limit for limit in policy.limits if not abilities.can_count_together(limit))
    lost: dict[Need, list[str]] = {}
    rules: dict[str, ToolRule] = {}
    for name, rule in policy.tools.items():
        if name not in hidden:
            rules[name] = _lowered(name, rule, abilities, lost)
            if uncounted and not _is_final(rules[name]):
                lost.setdefault(Need.RATES, []).append(name)
                rules[name] = _uncounted(rules[name], rules[name].limits, abilities)
    if Need.HIDING not in abilities.says:
        for name in hidden:
            lost.setdefault(Need.HIDING, []).append(name)
            rules[name] = _denial(Denial((), _HIDDEN), abilities)
    lowered = Policy(
        default="deny" if everything or uncounted else policy.default,
        hide=tuple(dict.fromkeys(hidden)) if Need.HIDING in abilities.says else (),
        limits=tuple(limit for limit in policy.limits if limit not in uncounted),
        tools=rules,
    )
    _lose_whole(lowered, abilities, lost)
    return Lowered(lowered, (*_losses(lost, abilities), *_lost_default(lowered, abilities)))


def answer_of(policy: Policy, tool: str) -> Answer | None:
    """What becomes of every call of a tool, whatever its arguments; `None` if that depends on them or on a count."""
    if tool in policy.hide:
        return Answer.HIDE
    rule = policy.tools.get(tool)
    if rule is None:
        return Answer.DENY if policy.default == "deny" else Answer.ALLOW
    if any(not denial.conditions for denial in rule.deny_if):
        return Answer.DENY
    if rule.require or rule.deny_if or rule.limits or policy.limits:
        return None
    if not rule.ask_if:
        return Answer.ALLOW
    return Answer.ASK if any(not approval.conditions for approval in rule.ask_if) else None


def answers(policy: Policy) -> dict[str, Answer]:
    """The answer for each tool of a lowered policy that has no rules on arguments and no limits, in order of names."""
    found = {}
    for name in sorted({*policy.tools, *policy.hide}):
        answer = answer_of(policy, name)
        found[name] = Answer.DENY if answer is None else answer  # never so in a lowered policy; denying is safe
    return found


def allowed(policy: Policy) -> tuple[str, ...]:
    """The tools of a lowered policy whose every call is allowed, in order of names."""
    return tuple(name for name, answer in answers(policy).items() if answer is Answer.ALLOW)


def _lowered(name: str, rule: ToolRule, abilities: Abilities, lost: dict[Need, list[str]]) -> ToolRule:
    """One tool's rule; adds the tool to what is lost."""
    final = next((denial for denial in rule.deny_if if not denial.conditions), None)
    if final is not None:
        if Need.DENIAL not in abilities.says:
            lost.setdefault(Need.DENIAL, []).append(name)
        return _denial(final, abilities)
    for need, lowering in _STEPS:
        before, rule = rule, lowering(rule, abilities)
        if rule != before:
            lost.setdefault(need, []).append(name)
    if not abilities.fits(name, rule):
        lost.setdefault(Need.ARGUMENTS, []).append(name)
        return _denial(Denial((), _UNSEEN), abilities)
    return rule


def _arguments(rule: ToolRule, abilities: Abilities) -> ToolRule:
    """Without the comparisons that cannot be said: a condition less, and a rule fits more calls than before."""
    can = abilities.can_compare
    denials: list[Denial] = []
    approvals: list[Approval] = []
    kept = tuple(predicate for predicate in rule.require if can(predicate))
    if kept != rule.require:
        _take((), "", abilities, denials, approvals)
    for denial in rule.deny_if:
        if all(map(can, denial.conditions)):
            denials.append(denial)
        else:
            _take(tuple(filter(can, denial.conditions)), denial.on_deny, abilities, denials, approvals)
    approvals += (replace(approval, conditions=tuple(filter(can, approval.conditions))) for approval in rule.ask_if)
    return replace(rule, require=kept, deny_if=tuple(denials), ask_if=_once(approvals))


def _take(
    conditions: tuple[Predicate, ...],
    words: str,
    abilities: Abilities,
    denials: list[Denial],
    approvals: list[Approval],
) -> None:
    """Ask a person about what cannot be judged, or deny it where nobody can be asked."""
    if abilities.asks():
        approvals.append(Approval(conditions, words or _UNSEEN))
    else:
        denials.append(Denial(conditions, words))


def _once(approvals: Iterable[Approval]) -> tuple[Approval, ...]:
    """The approvals, or only the first of those that ask about every call."""
    found = tuple(dict.fromkeys(approvals))
    every = next((approval for approval in found if not approval.conditions), None)
    return (every,) if every else found


def _rates(rule: ToolRule, abilities: Abilities) -> ToolRule:
    kept = tuple(limit for limit in rule.limits if abilities.can_count(limit))
    return rule if kept == rule.limits else _uncounted(rule, kept, abilities)


def _uncounted(rule: ToolRule, kept: tuple[Limit, ...], abilities: Abilities) -> ToolRule:
    """The rule with these limits left, and a person, or a denial, in place of the others."""
    if not abilities.asks():
        return ToolRule(deny_if=(Denial((), _UNCOUNTED),))
    return replace(rule, limits=kept, ask_if=_once((*rule.ask_if, Approval((), _UNCOUNTED))))


def _is_final(rule: ToolRule) -> bool:
    return any(not denial.conditions for denial in rule.deny_if)


def _approval(rule: ToolRule, abilities: Abilities) -> ToolRule:
    if abilities.asks() or not rule.ask_if:
        return rule
    denied = tuple(Denial(approval.conditions, approval.on_ask) for approval in rule.ask_if)
    return replace(rule, deny_if=rule.deny_if + denied, ask_if=())


def _denial(denial: Denial, abilities: Abilities) -> ToolRule:
    if Need.DENIAL in abilities.says:
        return ToolRule(deny_if=(denial,))
    return ToolRule(ask_if=(Approval((), denial.on_deny),))


_STEPS = ((Need.ARGUMENTS, _arguments), (Need.RATES, _rates), (Need.APPROVAL, _approval))


def _lose_whole(policy: Policy, abilities: Abilities, lost: dict[Need, list[str]]) -> None:
    """Add the tools to which the target does something else than any of its rules can say."""
    free = [name for name, rule in policy.tools.items() if rule == ToolRule()]
    if free and not abilities.can_say(Need.ALLOWING):
        lost[Need.ALLOWING] = free
    ruled = [*policy.hide, *(name for name in policy.tools if name not in free)]
    if ruled and not abilities.can_say(Need.SCOPE):
        lost[Need.SCOPE] = ruled


def _losses(lost: dict[Need, list[str]], abilities: Abilities) -> list[Loss]:
    found = []
    for need in Need:
        instead = instead_of(need, abilities.says, abilities.unnamed) or _partly(abilities)
        if need in lost:
            found.append(Loss(need, instead, tuple(sorted({*lost[need]}))))
    return found


def _partly(abilities: Abilities) -> Instead:
    """For what a target says only in part."""
    return Instead.ASKED if abilities.asks() else Instead.DENIED


def _lost_default(policy: Policy, abilities: Abilities) -> tuple[Loss, ...]:
    if policy.default == "allow":
        return (Loss(Need.DEFAULTS, Instead.DENIED),) if abilities.unnamed >= Answer.DENY else ()
    if abilities.can_say(Need.DEFAULTS):
        return ()
    return (Loss(Need.DEFAULTS, instead_of(Need.DEFAULTS, abilities.says, abilities.unnamed) or Instead.LEFT),)
