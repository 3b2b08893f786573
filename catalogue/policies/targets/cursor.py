"""Cursor: the list of tools that run without a question. Everything else asks.

https://cursor.com/docs/reference/permissions: entries are `SERVER:TOOL`, with * in either. A list in this file replaces
the one in the settings, and the lists of the user's and the workspace's file are joined. Nothing can be denied; Cursor
itself says that the list is a convenience and no security boundary.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalogue.editing.edits import Edit, Members
from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.looseness import Loose, fits, loose, texts
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind, exact

_SPECIAL = frozenset("*?[]{}!:\\")
"""What a glob or the entry itself may give a meaning; which ones Cursor does is not documented."""


def _spell(name: str) -> str | None:
    return None if _SPECIAL & set(name) else exact(name)


def _server_fault(name: str) -> str | None:
    return "expected a name without any of * ? [ ] { } ! : and \\" if _spell(name) is None else None


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    found = {f"{server}:{tool}": answer for tool, answer in answers(policy).items()}
    asked = {entry.casefold() for entry, answer in found.items() if answer is not Answer.ALLOW}
    allowed = tuple(entry for entry in found if entry.casefold() not in asked)
    others = tuple(entry for entry in found if entry not in allowed)
    return (Members(("mcpAllowlist",), allowed, (*others, f"{server}:*") if policy.default == "deny" else others),)


def _looser(data: Any, policy: Policy, server: str) -> Iterable[Loose]:
    entries = [(entry, *entry.partition(":")) for entry in texts(data, "mcpAllowlist")]
    return loose("mcpAllowlist", ((entry, tools) for entry, of, _, tools in entries if fits(of, server)), policy)


CURSOR = ExportTarget(
    name="cursor",
    title="Cursor",
    kind=Kind.CLIENT,
    file="~/.cursor/permissions.json, or .cursor/permissions.json of a workspace",
    form=Form.JSON,
    source="https://cursor.com/docs/reference/permissions",
    abilities=Abilities(frozenset({Need.APPROVAL, Need.SCOPE}), unnamed=Answer.ASK),
    write=_write,
    spell=_spell,
    server_fault=_server_fault,
    looser=_looser,
    notes={
        Need.APPROVAL: "in a mode that runs everything nobody is asked, whatever this list says",
        Need.NAMES: "a name with a colon or a character of a glob, and one that differs from one that is asked about by"
        " capitals alone, stays off the list, so a person is asked",
    },
)
