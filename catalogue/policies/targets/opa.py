"""Open Policy Agent: a policy as data, with the rule that reads it, in one Rego module.

There is no input that all MCP gateways agree on; the module's is a server, a tool and its arguments, and a gateway maps
its own to it. Its rule, `opa.rego` beside this file, reads documents as `evaluate` does, but for what is counted and
for a person's approval, and denies where an argument cannot be judged. https://www.openpolicyagent.org/docs/policy-language
"""

from __future__ import annotations

from importlib.resources import files

from catalogue.editing.forms import Form
from catalogue.policies.document import Operator, Policy, Predicate
from catalogue.policies.paths import steps
from catalogue.policies.targets.lowering import Abilities
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.notation import json_text
from catalogue.policies.targets.target import ExportTarget, Kind

_PACKAGE = "package mcp.policy\n\nimport rego.v1\n\n"


def _compares(predicate: Predicate) -> bool:
    return predicate.op is not Operator.CONTAINS


def _listed(predicate: Predicate) -> tuple[object, ...]:
    return predicate.value if isinstance(predicate.value, tuple) else (predicate.value,)


def _write(policy: Policy, server: str) -> str:
    tools = {
        name: {
            "require": [_condition(predicate) for predicate in rule.require],
            "deny_if": [{"conditions": [_condition(one) for one in denial.conditions]} for denial in rule.deny_if],
        }
        for name, rule in policy.tools.items()
    }
    data = {"server": server, "default": policy.default, "hide": list(policy.hide), "tools": tools}
    rule = files("catalogue.policies.targets").joinpath("opa.rego").read_text("utf-8")
    return f"{_PACKAGE}policy := {json_text(data, indent=2)}\n\n{rule}"


def _condition(predicate: Predicate) -> dict[str, object]:
    """`in` and `eq` alike have a list of values."""
    single = predicate.op in (Operator.EQ, Operator.NEQ)
    value = list(_listed(predicate)) if single or isinstance(predicate.value, tuple) else predicate.value
    return {"steps": list(steps(predicate.path)), "op": predicate.op.value, "value": value}


OPA = ExportTarget(
    name="opa",
    title="Open Policy Agent",
    kind=Kind.GATEWAY,
    file="a Rego module for the agent that decides calls: data.mcp.policy.allow",
    form=Form.TEXT,
    source="https://www.openpolicyagent.org/docs/policy-language",
    checked_with="regopy",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.ARGUMENTS, Need.DEFAULTS, Need.SCOPE}),
        unnamed=Answer.ALLOW,
        compares=_compares,
    ),
    write=_write,
    notes={
        Need.HIDING: "data.mcp.policy.visible says what remains of a listing",
        Need.ARGUMENTS: "all but whether a text or a list contains a value",
        Need.DEFAULTS: "the module says the policy's default",
    },
)
