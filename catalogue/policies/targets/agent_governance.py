"""Microsoft's agent governance toolkit: a policy file of its MCP proxy.

https://microsoft.github.io/agent-governance-toolkit/tutorials/policy-as-code/mcp-governance/: rules in order, the
first that fits the tool decides, and `*` fits every tool. The proxy sees tools/call alone, so it hides nothing.

Its rate limits are left alone: limits of single rules have not fired in releases of the toolkit
(https://github.com/microsoft/agent-governance-toolkit/pull/3185), and nothing says what its conditions do with an
argument that is absent or no text.
"""

from __future__ import annotations

from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.notation import yaml_text
from catalogue.policies.targets.target import ExportTarget, Kind, exact

_PATTERN = frozenset("*?[]{}")
_REASON = "not permitted by policy"


def _spell(name: str) -> str | None:
    return None if set(name) & _PATTERN else exact(name)


def _write(policy: Policy, _: str) -> str:
    actions = {name: answer is Answer.ALLOW for name, answer in answers(policy).items()}
    actions["*"] = policy.default == "allow"
    rules = [{"tool": name, **_action(allows=allows)} for name, allows in actions.items()]
    return yaml_text({"version": "1.0", "mode": "enforce", "rules": rules})


def _action(*, allows: bool) -> dict[str, str]:
    return {"action": "allow"} if allows else {"action": "deny", "reason": _REASON}


AGENT_GOVERNANCE = ExportTarget(
    name="agent-governance",
    title="Microsoft agent governance toolkit (MCP proxy)",
    kind=Kind.GATEWAY,
    file="a policy file of the proxy in front of this server: agentmesh protect --policy FILE",
    form=Form.YAML,
    source="https://microsoft.github.io/agent-governance-toolkit/tutorials/policy-as-code/mcp-governance/",
    abilities=Abilities(frozenset({Need.DENIAL, Need.DEFAULTS, Need.SCOPE}), unnamed=Answer.ALLOW),
    write=_write,
    spell=_spell,
    notes={
        Need.RATES: "its limits for single tools have not worked in all releases, so none is relied on",
        Need.ARGUMENTS: "nothing says what its conditions do with an argument that is absent or no text",
        Need.DEFAULTS: "the last rule says the policy's default",
        Need.NAMES: "a name that would be a pattern is left to the last rule",
    },
)
