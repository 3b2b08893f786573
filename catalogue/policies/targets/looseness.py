"""What stands in a target's file already and lets pass more than the policy that is merged into it. Knows no target.

Nobody else's entry is ever taken out of a file, so whoever merges has to be told of those that undo their policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from catalogue.policies.document import Policy
from catalogue.policies.targets.lowering import answers
from catalogue.policies.targets.needs import Answer

_GLOB = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]|[*?\[\]{}!]")


class Passes(StrEnum):
    """What an entry lets pass."""

    RULED = "tools that the policy asks about or denies"
    UNNAMED = "tools that the policy does not name"


@dataclass(frozen=True, slots=True)
class Loose:
    """An entry of somebody else's: where in the file it stands, what it says, and what it lets pass."""

    place: str
    entry: str
    passes: Passes


def nothing(_: Any, __: Policy, ___: str) -> Iterable[Loose]:
    """For a target in whose file no other entry is looser than the policy."""
    return ()


def loose(place: str, entries: Iterable[tuple[str, str]], policy: Policy) -> Iterator[Loose]:
    """The loose ones of entries that are stronger than the policy's own; each with the names of tools that it fits."""
    ruled = [name for name, answer in answers(policy).items() if answer is not Answer.ALLOW]
    for entry, names in entries:
        if any(fits(names, name) for name in ruled):
            yield Loose(place, entry, Passes.RULED)
        elif reaches_unnamed(names, policy):
            yield Loose(place, entry, Passes.UNNAMED)


def reaches_unnamed(names: str, policy: Policy) -> bool:
    """Whether an entry for these names lets pass a tool that the policy denies without naming it."""
    return policy.default == "deny" and names not in policy.tools and names not in policy.hide


def fits(pattern: str, name: str) -> bool:
    """Whether a pattern may fit a name: what a sign of a glob means differs, so each stands for anything."""
    first, *others = _GLOB.split(pattern.casefold())
    name = name.casefold()
    if not others:
        return name == first
    at, end = len(first), len(name) - len(others[-1])
    if at > end or not name.startswith(first) or not name.endswith(others[-1]):
        return False
    for part in others[:-1]:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def texts(data: Any, *path: str) -> list[str]:
    """The texts of the list that stands there; none where something else does."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return [one for one in data if isinstance(one, str)] if isinstance(data, list) else []
