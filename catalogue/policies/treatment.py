"""What becomes of a tool's calls under a policy, told apart in six ways: to count tools by, and to compare policies by.

Reads the document. What exactly a rule does to a call is in the sentences of `effects`, which run it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from catalogue.policies.document import EVERY_TOOL, Policy


class Treatment(StrEnum):
    """In the order in which a page lists them. Only the last two let every call pass, if not too many of them come."""

    HIDDEN = "hidden"
    DENIED = "denied"
    ASKED = "asked"
    HELD = "held"
    LIMITED = "limited"
    OPEN = "open"


MEANINGS: Mapping[Treatment, str] = {
    Treatment.HIDDEN: "hidden from the model, and denied if called anyway",
    Treatment.DENIED: "shown to the model, and denied",
    Treatment.ASKED: "held until a person approves the call",
    Treatment.HELD: "allowed only under conditions on its arguments",
    Treatment.LIMITED: "allowed, so many times a minute",
    Treatment.OPEN: "allowed without a limit",
}


def treatment(policy: Policy, tool: str) -> Treatment:
    """Return what becomes of a tool's calls: of all of them, or, for `HELD`, by their arguments."""
    if tool in policy.hide or EVERY_TOOL in policy.hide:
        return Treatment.HIDDEN
    rule = policy.tools.get(tool)
    if rule is None and policy.default == "deny":
        return Treatment.DENIED
    if rule is None:
        return Treatment.LIMITED if policy.limits else Treatment.OPEN
    if rule.deny_if and not all(denial.conditions for denial in rule.deny_if):
        return Treatment.DENIED
    if rule.ask_if and not all(approval.conditions for approval in rule.ask_if):
        return Treatment.ASKED
    if rule.require or rule.deny_if or rule.ask_if:
        return Treatment.HELD
    return Treatment.LIMITED if rule.limits or policy.limits else Treatment.OPEN
