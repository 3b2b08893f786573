"""Which export targets can say a policy, by what they declare. What an export loses exactly, the export reports."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from catalogue.policies.document import Policy, ToolRule
from catalogue.policies.targets.needs import Loss, Need, instead_of
from catalogue.policies.targets.table import TARGETS
from catalogue.policies.targets.target import ExportTarget


class Suited(NamedTuple):
    """Targets that lose the same of a policy; nothing, if there are no losses."""

    losses: tuple[Loss, ...]
    targets: tuple[ExportTarget, ...]


def needs_of(policy: Policy) -> frozenset[Need]:
    """What a target has to be able to say for a policy; whether it can have the names, only an export tells."""
    return frozenset(_needs(policy))


def _needs(policy: Policy) -> Iterator[Need]:
    rules = policy.tools.values()
    if policy.default == "deny":
        yield Need.DEFAULTS
    if policy.hide:
        yield Need.HIDING
    if policy.limits or any(rule.limits for rule in rules):
        yield Need.RATES
    if any(rule.ask_if for rule in rules):
        yield Need.APPROVAL
    if any(not denial.conditions for rule in rules for denial in rule.deny_if):
        yield Need.DENIAL
    if any(map(_judges_arguments, rules)):
        yield Need.ARGUMENTS
    free = ToolRule()
    if any(rule == free for rule in rules):
        yield Need.ALLOWING
    if policy.hide or any(rule != free for rule in rules):
        yield Need.SCOPE


def _judges_arguments(rule: ToolRule) -> bool:
    denied = any(denial.conditions for denial in rule.deny_if)
    return bool(rule.require) or denied or any(approval.conditions for approval in rule.ask_if)


@lru_cache(maxsize=256)
def suited(needs: frozenset[Need]) -> tuple[Suited, ...]:
    """Return all targets by what they lose of a policy with these needs: first those that lose nothing."""
    found: dict[tuple[Loss, ...], list[ExportTarget]] = {}
    for target in TARGETS.values():
        found.setdefault(tuple(_losses(needs, target)), []).append(target)
    return tuple(Suited(losses, tuple(found[losses])) for losses in sorted(found, key=len))


def _losses(needs: frozenset[Need], target: ExportTarget) -> Iterator[Loss]:
    abilities = target.abilities
    for need in Need:
        instead = instead_of(need, abilities.says, abilities.unnamed)
        if need in needs and instead and not abilities.can_say(need):
            yield Loss(need, instead)
