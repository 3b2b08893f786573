"""OpenAI's Responses API and Agents SDK: the description of a server among a request's tools.

https://openai.github.io/openai-agents-python/mcp/: `allowed_tools` filters what the model sees, `require_approval` says
which of these run at once (`never`) and which wait (`always`). The hosted API asks about a tool in neither list, the
SDK runs it for a local server; so without `allowed_tools` what is not named is not safe. For a local server give
`require_approval` to its class, and `allowed_tools` to `create_static_tool_filter`.
"""

from __future__ import annotations

from catalogue.editing.edits import Edit, Members, Put
from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    found = answers(policy)
    never = tuple(tool for tool, answer in found.items() if answer is Answer.ALLOW)
    always = tuple(tool for tool, answer in found.items() if answer is Answer.ASK)
    return (
        Put(("type",), "mcp"),
        Put(("server_label",), server),
        Members(("allowed_tools",), (*never, *always), only=True),
        Put(("require_approval",), {"never": {"tool_names": list(never)}, "always": {"tool_names": list(always)}}),
    )


OPENAI = ExportTarget(
    name="openai",
    title="OpenAI Responses API and Agents SDK",
    kind=Kind.CLIENT,
    file="the server's entry in `tools` of a request",
    form=Form.JSON,
    source="https://openai.github.io/openai-agents-python/mcp/",
    checked_with="openai-agents",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.APPROVAL, Need.DEFAULTS, Need.SCOPE, Need.NAMES}),
        unnamed=Answer.DENY,
    ),
    write=_write,
    notes={Need.HIDING: "every denied tool is hidden"},
)
