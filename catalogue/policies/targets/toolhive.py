"""ToolHive: the Cedar policies of one MCP server.

https://docs.stacklok.com/toolhive/reference/authz-policy-reference and pkg/authz/authorizers/cedar/core.go: a call is
the action call_tool on the resource Tool::"NAME", an argument x is context.arg_x if it is a text, a number or a
boolean, and context.arg_x_present is true for anything else, null among it. A denied tool is left out of the listing,
which is filtered as if each tool were called without arguments.
"""

from __future__ import annotations

from catalogue.editing.forms import Form
from catalogue.policies.document import Policy, Predicate
from catalogue.policies.paths import steps
from catalogue.policies.targets import cedar
from catalogue.policies.targets.lowering import Abilities
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.notation import json_text
from catalogue.policies.targets.target import ExportTarget, Kind

_PRESENT = "_present"
_SCOPE = 'principal, action == Action::"call_tool", resource'
_NOBODY = f"forbid({_SCOPE});"
"""For a server without a permitted tool: the file is refused without a policy."""


def _compares(predicate: Predicate) -> bool:
    names = steps(predicate.path)
    # An argument called x_present is mixed up with the mark of an argument x.
    return cedar.can_compare(predicate) and len(names) == 1 and not str(names[0]).endswith(_PRESENT)


def _place(path: str) -> cedar.Place:
    return "context", (f"arg_{steps(path)[0]}",)


def _other(at: cedar.Place) -> str:
    return f"context has {cedar.text(at[1][0] + _PRESENT)}"


_DIALECT = cedar.Dialect(_place, _other, typed=False)


def _write(policy: Policy, _: str) -> str:
    permits = []
    for name, rule in policy.tools.items():
        if any(not denial.conditions for denial in rule.deny_if):
            continue
        held = [f"({one})" for one in cedar.conditions(rule, _DIALECT)]
        when = f" when {{ {' && '.join(held)} }}" if held else ""
        permits.append(f"permit({_SCOPE} == Tool::{cedar.text(name)}){when};")
    options = {"policies": permits or [_NOBODY], "entities_json": "[]"}
    return json_text({"version": "1.0", "type": "cedarv1", "cedar": options}, indent=2) + "\n"


TOOLHIVE = ExportTarget(
    name="toolhive",
    title="ToolHive",
    kind=Kind.GATEWAY,
    file="an authorization file of this server: thv run --authz-config FILE",
    form=Form.JSON,
    source="https://docs.stacklok.com/toolhive/reference/authz-policy-reference",
    checked_with="cedarpy",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.ARGUMENTS, Need.DEFAULTS, Need.SCOPE}),
        unnamed=Answer.DENY,
        compares=_compares,
    ),
    write=_write,
    notes={
        Need.DENIAL: "every denied tool is left out of the listing; prompts and resources need policies of their own",
        Need.HIDING: "a tool is left out of the listing, too, if it has an argument that must be given",
        Need.ARGUMENTS: "whether one is given, and equal texts and booleans, at the top; no patterns and no numbers",
        Need.RATES: "its operator for Kubernetes counts calls of a tool, in a resource of its own",
        Need.DEFAULTS: "what no policy permits is denied, also where the policy's default is to allow",
    },
)
