"""Codex: which tools of a server it lists, and which of them it asks about.

https://developers.openai.com/codex/config-reference: `enabled_tools` lists what the model sees, `disabled_tools` is
applied after it, and a tool's `approval_mode` goes before the server's. A rule under `tools` also fits a tool by its
title if none has that name, so every tool that is listed has a rule of its own. Where nobody can be asked, as under
`codex exec`, a call that needs an approval is cancelled. A server is only known by letters, digits, - and _.
"""

from __future__ import annotations

import re

from catalogue.editing.edits import Edit, Members, Put
from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind

_SERVER = re.compile(r"[A-Za-z0-9_-]+")
_MODES = {Answer.ALLOW: "approve", Answer.ASK: "prompt"}


def _server_fault(name: str) -> str | None:
    return None if _SERVER.fullmatch(name) else "expected letters, digits, - and _"


def _entry(server: str) -> tuple[str, ...]:
    return ("mcp_servers", server)


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    entry = _entry(server)
    found = answers(policy)
    shown = tuple(tool for tool, answer in found.items() if answer in _MODES)
    hidden = tuple(tool for tool in found if tool not in shown)
    edits: list[Edit] = [Put((*entry, "default_tools_approval_mode"), "prompt")]
    if policy.default == "deny":
        edits.append(Members((*entry, "enabled_tools"), shown, only=True))
    edits.append(Members((*entry, "disabled_tools"), hidden, shown))
    edits += (Put((*entry, "tools", tool, "approval_mode"), _MODES[found[tool]]) for tool in shown)
    return tuple(edits)


CODEX = ExportTarget(
    name="codex",
    title="Codex",
    kind=Kind.CLIENT,
    file="~/.codex/config.toml, or .codex/config.toml of a trusted project",
    form=Form.TOML,
    source="https://developers.openai.com/codex/config-reference",
    checked_with="@openai/codex",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.APPROVAL, Need.DEFAULTS, Need.SCOPE, Need.NAMES}),
        unnamed=Answer.ASK,
    ),
    write=_write,
    server_fault=_server_fault,
    entry=_entry,
    notes={Need.HIDING: "every denied tool is hidden"},
)
