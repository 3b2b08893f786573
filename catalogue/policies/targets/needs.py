"""What a policy may need to say, and what an export target does with what it cannot say. Knows no target.

Both vocabularies are closed: the table of targets, the loss report of an export and the documentation all speak them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Need(StrEnum):
    """What a policy can say."""

    ALLOWING = "allowing"
    DENIAL = "denial"
    HIDING = "hiding"
    APPROVAL = "approval"
    ARGUMENTS = "arguments"
    RATES = "rates"
    DEFAULTS = "defaults"
    SCOPE = "scope"
    NAMES = "names"


MEANINGS: dict[Need, str] = {
    Need.ALLOWING: "a call that passes without a person",
    Need.DENIAL: "a tool that is never called",
    Need.HIDING: "a tool that the agent does not see",
    Need.APPROVAL: "a call that waits for a person",
    Need.ARGUMENTS: "rules on the arguments of a call",
    Need.RATES: "so many calls in a while, or a sum of them",
    Need.DEFAULTS: "that a tool which the policy does not name is denied",
    Need.SCOPE: "a rule for the tools of one server alone",
    Need.NAMES: "every name that a tool can have, exactly",
}


class Answer(IntEnum):
    """What becomes of every call of a tool, from the loosest to the strictest."""

    ALLOW = 0
    ASK = 1  # a person
    DENY = 2
    HIDE = 3


class Instead(StrEnum):
    """What happens where a target cannot say what the policy says.

    All but those that are looser are at least as strict as the policy.
    """

    ASKED = "a person is asked"
    DENIED = "calls are denied"
    SHOWN = "calls are denied, but the agent sees the tool"
    PASSABLE = "a person is asked, and may let it pass"
    LEFT = "the tool is left to what the target does with tools that it is not told of"
    OMITTED = "the tool stays out of the file, which is as strict there as a rule would be, or else nothing is exported"
    JOINED = "tools that the target cannot tell apart have the strictest rule of them"
    SHARED = "the rule holds for the tools of that name on every server"

    @property
    def short(self) -> str:
        """A word or two, for a table; with a ! where it is looser than the policy."""
        return _SHORT[self] + ("!" if self.is_looser else "")

    @property
    def is_looser(self) -> bool:
        """Whether something can pass that the policy denies or hides, if only with a person's word."""
        return self in (Instead.PASSABLE, Instead.LEFT)


_SHORT = {
    Instead.ASKED: "asks",
    Instead.DENIED: "denies",
    Instead.SHOWN: "shows",
    Instead.PASSABLE: "asks",
    Instead.LEFT: "left out",
    Instead.OMITTED: "reports",
    Instead.JOINED: "joins",
    Instead.SHARED: "all servers",
}


@dataclass(frozen=True, slots=True)
class Loss:
    """What an export could not say, what the target does instead, and the tools that it concerns.

    No tools: it concerns those that the policy does not name.
    """

    need: Need
    instead: Instead
    tools: tuple[str, ...] = ()


def instead_of(need: Need, says: Collection[Need], unnamed: Answer) -> Instead | None:
    """What happens where a target that says `says` meets a need; `None` if it can say it.

    `unnamed` is what the target does with a tool that it is not told of.
    """
    if need in says:
        return None
    if need is Need.HIDING:
        return Instead.SHOWN if Need.DENIAL in says else Instead.PASSABLE
    if need is Need.DENIAL:
        return Instead.PASSABLE
    if need is Need.SCOPE:
        return Instead.SHARED
    if need is Need.NAMES:
        return Instead.OMITTED
    if need is Need.DEFAULTS:
        return Instead.PASSABLE if unnamed is Answer.ASK else Instead.LEFT
    return Instead.ASKED if Need.APPROVAL in says or need is Need.ALLOWING else Instead.DENIED
