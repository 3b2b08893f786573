"""Gives a policy's tools the names under which a target knows them. Knows no particular target.

Two tools that a target cannot tell apart share what is forbidden of either. A tool that it cannot name at all is left
to what it does with tools that it is not told of; where that is looser than the policy, the export is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from catalogue.errors import CatalogueError
from catalogue.policies.document import EVERY_TOOL, Policy, ToolRule
from catalogue.policies.place import shown
from catalogue.policies.targets.lowering import Abilities, answer_of, lower
from catalogue.policies.targets.needs import Answer, Instead, Loss, Need

_MOST_NAMED = 5


class Named(NamedTuple):
    """The policy in a target's names, and what was lost."""

    policy: Policy
    losses: tuple[Loss, ...]


def name_tools(policy: Policy, spell: Callable[[str], str | None], abilities: Abilities, title: str) -> Named:
    """The policy with every tool as the target calls it.

    Raises CatalogueError, with the names, where a tool can neither be named nor be left out.
    """
    spelled = {
        name: spell(name) for name in (*policy.tools, *policy.hide) if name != EVERY_TOOL or name in policy.tools
    }
    left = tuple(sorted(name for name, said in spelled.items() if said is None))
    denied = policy.default == "deny" and Need.DEFAULTS in abilities.says
    unnamed = Answer.DENY if denied else abilities.unnamed
    _refuse((name for name in left if _least(policy, name, abilities) > unnamed), title)
    by_name: dict[str, list[str]] = {}
    for name, said in spelled.items():
        if said is not None:
            by_name.setdefault(said, []).append(name)
    hidden = {said for said, names in by_name.items() if any(name in policy.hide for name in names)}
    tools = {
        said: _joined(policy.tools[name] for name in names) for said, names in by_name.items() if said not in hidden
    }
    every = (EVERY_TOOL,) if EVERY_TOOL in policy.hide else ()
    joined = tuple(sorted(name for names in by_name.values() if len(names) > 1 for name in names))
    losses = ((Loss(Need.NAMES, Instead.JOINED, joined),) if joined else ()) + (
        (Loss(Need.NAMES, Instead.OMITTED, left),) if left else ()
    )
    return Named(replace(policy, hide=(*every, *sorted(hidden)), tools=dict(sorted(tools.items()))), losses)


def _least(policy: Policy, name: str, abilities: Abilities) -> Answer:
    """What the target would do at least with the tool, if it could name it."""
    answer = answer_of(lower(policy, abilities).policy, name)
    return Answer.DENY if answer is None else min(answer, Answer.DENY)


def _joined(rules: Iterable[ToolRule]) -> ToolRule:
    """What any of the rules forbids is forbidden."""
    joined = ToolRule()
    for rule in rules:
        joined = ToolRule(
            require=tuple(dict.fromkeys((*joined.require, *rule.require))),
            deny_if=tuple(dict.fromkeys((*joined.deny_if, *rule.deny_if))),
            ask_if=tuple(dict.fromkeys((*joined.ask_if, *rule.ask_if))),
            limits=tuple(dict.fromkeys((*joined.limits, *rule.limits))),
        )
    return joined


def _refuse(names: Iterable[str], title: str) -> None:
    found = list(names)
    if not found:
        return
    listed = ", ".join(map(shown, found[:_MOST_NAMED]))
    more = f" and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
    raise CatalogueError(
        f"{title} cannot name {listed}{more}, which the policy does not simply allow; nothing was written",
        "put a gateway in front of the server that can: `catalogue policy --targets`",
    )
