"""GitHub Copilot CLI and coding agent: which tools of a server they load.

https://docs.github.com/copilot/how-tos/copilot-cli: `tools` of a server is a list of names, and * is all. Each loaded
tool asks; what a person allows for good, and what `--allow-tool` and `--deny-tool` say, is kept elsewhere. The coding
agent takes the same list and asks nobody: give it one without approvals (`--plain`).
"""

from __future__ import annotations

from catalogue.editing.edits import Edit, Members
from catalogue.editing.forms import Form
from catalogue.policies.document import EVERY_TOOL, Policy
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind, exact


def _spell(name: str) -> str | None:
    return None if name == EVERY_TOOL else exact(name)


def _entry(server: str) -> tuple[str, ...]:
    return ("mcpServers", server)


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    found = answers(policy)
    loaded = tuple(tool for tool, answer in found.items() if answer < Answer.DENY)
    return (Members((*_entry(server), "tools"), loaded, only=True),)


COPILOT_CLI = ExportTarget(
    name="copilot-cli",
    title="GitHub Copilot CLI",
    kind=Kind.CLIENT,
    file="~/.copilot/mcp-config.json",
    form=Form.JSON,
    source="https://docs.github.com/copilot/how-tos/copilot-cli",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.APPROVAL, Need.DEFAULTS, Need.SCOPE}),
        unnamed=Answer.DENY,
        always_asks=True,
    ),
    write=_write,
    spell=_spell,
    entry=_entry,
    notes={
        Need.HIDING: "every denied tool is hidden",
        Need.ALLOWING: "unless the program was started with --allow-tool",
        Need.NAMES: "a tool called * stands for all of them, so it is left out",
    },
)
