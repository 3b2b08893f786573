"""Kiro and Amazon Q: what a server's entry says of its tools.

https://kiro.dev/docs/mcp/configuration: `autoApprove` runs without a question, * is all; `disabledTools` are not shown
to the model. Everything else asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalogue.editing.edits import Edit, Members
from catalogue.editing.forms import Form
from catalogue.policies.document import EVERY_TOOL, Policy
from catalogue.policies.targets.looseness import Loose, loose, texts
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind, exact


def _spell(name: str) -> str | None:
    return None if "*" in name else exact(name)


def _entry(server: str) -> tuple[str, ...]:
    return ("mcpServers", server)


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    found = answers(policy)
    allowed = tuple(tool for tool, answer in found.items() if answer is Answer.ALLOW)
    disabled = tuple(tool for tool, answer in found.items() if answer > Answer.ASK)
    asked = tuple(tool for tool, answer in found.items() if answer is Answer.ASK)
    return (
        Members((*_entry(server), "autoApprove"), allowed, (*asked, *disabled, EVERY_TOOL)),
        Members((*_entry(server), "disabledTools"), disabled, (*asked, *allowed)),
    )


def _looser(data: Any, policy: Policy, server: str) -> Iterable[Loose]:
    entries = texts(data, *_entry(server), "autoApprove")
    return loose("autoApprove", zip(entries, entries, strict=True), policy)


KIRO = ExportTarget(
    name="kiro",
    title="Kiro and Amazon Q",
    kind=Kind.CLIENT,
    file="~/.kiro/settings/mcp.json, or .kiro/settings/mcp.json of a workspace; ~/.aws/amazonq/mcp.json",
    form=Form.JSON,
    source="https://kiro.dev/docs/mcp/configuration",
    abilities=Abilities(frozenset({Need.DENIAL, Need.HIDING, Need.APPROVAL, Need.SCOPE}), unnamed=Answer.ASK),
    write=_write,
    spell=_spell,
    entry=_entry,
    looser=_looser,
    notes={
        Need.HIDING: "every denied tool is hidden",
        Need.NAMES: "a name with * would stand for others; such a tool is left out",
    },
)
