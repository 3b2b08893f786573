"""agentgateway: CEL rules of MCP authorization.

https://agentgateway.dev/docs/standalone/main/configuration/security/mcp-authz/ (and http/authorization.rs): once there
is a rule that allows, only what one allows passes, in lists and in calls; a rule that cannot be evaluated does not
allow. Rules that deny fail open on an error, so there is none here. Arguments are not there when rules are evaluated,
though its documentation said so (https://github.com/agentgateway/website/pull/868).
"""

from __future__ import annotations

from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.lowering import Abilities, allowed
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.notation import json_text, yaml_text
from catalogue.policies.targets.target import ExportTarget, Kind


def _write(policy: Policy, server: str) -> str:
    # One rule for all tools: a list without any rule would allow every tool, and an empty list of names allows none.
    rule = f"mcp.tool.target == {json_text(server)} && mcp.tool.name in {json_text(list(allowed(policy)))}"
    return yaml_text({"mcpAuthorization": {"rules": [rule]}})


AGENTGATEWAY = ExportTarget(
    name="agentgateway",
    title="agentgateway",
    kind=Kind.GATEWAY,
    file="the `policies` of the route or of the MCP backend in agentgateway's configuration",
    form=Form.YAML,
    source="https://agentgateway.dev/docs/standalone/main/configuration/security/mcp-authz/",
    checked_with="common-expression-language",
    abilities=Abilities(frozenset({Need.DENIAL, Need.HIDING, Need.DEFAULTS, Need.SCOPE}), unnamed=Answer.DENY),
    write=_write,
    notes={
        Need.DENIAL: "every denied tool is left out of the listing; prompts and resources need rules of their own",
        Need.ARGUMENTS: "its rules do not see the arguments of a call",
        Need.RATES: "it counts the requests of a route, not the calls of a tool",
        Need.DEFAULTS: "what no rule allows is denied, also tools of other targets, and where the default is to allow",
    },
)
