"""Windsurf and Antigravity: which tools of a server are switched off.

https://docs.windsurf.com/windsurf/cascade/mcp: `disabledTools` are not shown to the model. Nothing in the file says
which tools run without a question; that is for the person to click.
"""

from __future__ import annotations

from catalogue.editing.edits import Edit, Members
from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind


def _entry(server: str) -> tuple[str, ...]:
    return ("mcpServers", server)


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    found = answers(policy)
    disabled = tuple(tool for tool, answer in found.items() if answer > Answer.ASK)
    shown = tuple(tool for tool in found if tool not in disabled)
    return (Members((*_entry(server), "disabledTools"), disabled, shown),)


WINDSURF = ExportTarget(
    name="windsurf",
    title="Windsurf and Antigravity",
    kind=Kind.CLIENT,
    file="~/.codeium/windsurf/mcp_config.json; ~/.gemini/antigravity/mcp_config.json",
    form=Form.JSON,
    source="https://docs.windsurf.com/windsurf/cascade/mcp",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.APPROVAL, Need.SCOPE, Need.NAMES}),
        unnamed=Answer.ASK,
        always_asks=True,
    ),
    write=_write,
    entry=_entry,
    notes={
        Need.HIDING: "every denied tool is hidden",
        Need.APPROVAL: "nobody is asked where a person has switched the questions off",
    },
)
