"""VS Code: which tools may never run without a question.

https://code.visualstudio.com/docs/agents/approvals: `chat.tools.eligibleForAutoApproval` says of a tool that no person
may approve it for good; without it, a tool asks until a person does, and one that calls itself read-only runs at once.
Nothing here denies. The setting knows a tool by its name, whatever its server
(https://github.com/microsoft/vscode/issues/283422); the longer name, with the server, is written beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalogue.editing.edits import Edit, Put
from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.looseness import Loose, Passes
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind

_SETTING = "chat.tools.eligibleForAutoApproval"
_EVERYTHING = "chat.tools.global.autoApprove"


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    asked = [tool for tool, answer in answers(policy).items() if answer is not Answer.ALLOW]
    return tuple(Put((_SETTING, name), False) for tool in asked for name in (tool, f"{server}/{tool}"))


def _looser(data: Any, policy: Policy, _: str) -> Iterator[Loose]:
    """What may never be approved for good is asked about all the same."""
    if data.get(_EVERYTHING) is True and policy.default == "deny":
        yield Loose(_EVERYTHING, "true", Passes.UNNAMED)


VSCODE = ExportTarget(
    name="vscode",
    title="VS Code (Copilot)",
    kind=Kind.CLIENT,
    file="settings.json of the user or the workspace",
    form=Form.JSON,
    source="https://code.visualstudio.com/docs/agents/approvals",
    abilities=Abilities(frozenset({Need.APPROVAL, Need.NAMES}), unnamed=Answer.ASK, always_asks=True),
    write=_write,
    looser=_looser,
    notes={
        Need.ALLOWING: "a person may approve these tools for good",
        Need.DEFAULTS: "a tool that calls itself read-only runs without a question",
    },
)
