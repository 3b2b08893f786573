"""Claude Code: the lists of permissions in its settings.

https://code.claude.com/docs/en/permissions: deny is looked at first, then ask, then allow. A denied tool is taken out
of what the model sees. A rule is `mcp__SERVER__TOOL`; every rule here is a full name, since globs in such rules have
been unreliable (https://github.com/anthropics/claude-code/issues/13077 and 34739), and one with parentheses is skipped.

The client knows a tool by its name with an underscore for each character that a model's tool name cannot have. Names
of servers may hold letters, digits, - and _; two underscores in a row would end the name in the eyes of the client.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalogue.editing.edits import Edit, Members
from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.looseness import Loose, Passes, reaches_unnamed, texts
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind

_SERVER = re.compile(r"[A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*")
_UNSPEAKABLE = re.compile(r"[^A-Za-z0-9_-]")
_BYPASS = "bypassPermissions"
_LISTS = {"allow": (Answer.ALLOW,), "ask": (Answer.ASK,), "deny": (Answer.DENY, Answer.HIDE)}


def _spell(name: str) -> str | None:
    return _UNSPEAKABLE.sub("_", name) or None


def _server_fault(name: str) -> str | None:
    if _SERVER.fullmatch(name):
        return None
    return "expected letters, digits, - and single underscores between them"


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    found = {f"mcp__{server}__{tool}": answer for tool, answer in answers(policy).items()}
    edits = []
    for name, meant in _LISTS.items():
        listed = tuple(rule for rule, answer in found.items() if answer in meant)
        edits.append(Members(("permissions", name), listed, tuple(rule for rule in found if rule not in listed)))
    return tuple(edits)


def _looser(data: Any, policy: Policy, server: str) -> Iterator[Loose]:
    """Rules that allow come last, so they reach only what no rule of ours names."""
    whole, permissions = f"mcp__{server}", data.get("permissions")
    for rule in texts(data, "permissions", "allow"):
        reached = rule == whole or (rule.startswith(f"{whole}__") and "(" not in rule)
        if reached and reaches_unnamed(rule.removeprefix(f"{whole}__"), policy):
            yield Loose("permissions.allow", rule, Passes.UNNAMED)
    if isinstance(permissions, Mapping) and permissions.get("defaultMode") == _BYPASS and policy.default == "deny":
        yield Loose("permissions.defaultMode", _BYPASS, Passes.UNNAMED)


CLAUDE_CODE = ExportTarget(
    name="claude-code",
    title="Claude Code",
    kind=Kind.CLIENT,
    file="~/.claude/settings.json, or .claude/settings.json of a project",
    form=Form.JSON,
    source="https://code.claude.com/docs/en/permissions",
    abilities=Abilities(frozenset({Need.DENIAL, Need.HIDING, Need.APPROVAL, Need.SCOPE}), unnamed=Answer.ASK),
    write=_write,
    spell=_spell,
    server_fault=_server_fault,
    looser=_looser,
    notes={
        Need.HIDING: "every denied tool is hidden",
        Need.DEFAULTS: "in a mode that bypasses permissions nobody is asked about tools that the file does not name",
        Need.NAMES: "other characters than letters, digits, - and _ are underscores, also in the client itself",
    },
)
