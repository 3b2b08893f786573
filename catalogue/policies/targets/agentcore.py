"""Amazon Bedrock AgentCore: Cedar policies of a gateway.

https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-schema-constraints.html: each tool is an action,
named after the gateway's target, three underscores and the tool; arguments are in context.input, and policies are
checked against the tools' schemas. An argument that is null is given, as a value of its own, so whether one is given
cannot be asked. Actions can be named only for the gateway of one ARN, which nobody but its owner
knows: until a person has put it in, the policies permit nothing.
"""

from __future__ import annotations

import re

from catalogue.editing.forms import Form
from catalogue.policies.document import Operator, Policy, Predicate
from catalogue.policies.paths import steps
from catalogue.policies.targets import cedar
from catalogue.policies.targets.lowering import Abilities
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind

GATEWAY = "arn:aws:bedrock-agentcore:REGION:ACCOUNT:gateway/ID"
"""What stands in for the gateway's ARN."""
_SERVER = re.compile(r"[0-9A-Za-z](?:-?[0-9A-Za-z])*")
_ABOUT = f"// In every policy, put the ARN of your gateway in place of {GATEWAY}\n"


def _server_fault(name: str) -> str | None:
    return None if _SERVER.fullmatch(name) else "expected letters, digits and single hyphens between them"


def _place(path: str) -> cedar.Place:
    return "context.input", tuple(str(name) for name in steps(path))


def _no_other(_: cedar.Place) -> str:
    return "false"


_DIALECT = cedar.Dialect(_place, _no_other, typed=True)


def _compares(predicate: Predicate) -> bool:
    values = predicate.value if isinstance(predicate.value, tuple) else (predicate.value,)
    return cedar.can_compare(predicate) and predicate.op is not Operator.EXISTS and len(set(map(type, values))) == 1


def _write(policy: Policy, server: str) -> str:
    permits = []
    for name, rule in policy.tools.items():
        if any(not denial.conditions for denial in rule.deny_if):
            continue
        held = [f"({one})" for one in cedar.conditions(rule, _DIALECT)]
        when = "\nwhen {\n  " + " &&\n  ".join(held) + "\n}" if held else ""
        action = f"AgentCore::Action::{cedar.text(f'{server}___{name}')}"
        permits.append(
            f"permit(\n  principal,\n  action == {action},\n  resource == AgentCore::Gateway::{cedar.text(GATEWAY)}\n)"
            f"{when};\n"
        )
    return _ABOUT + "\n".join(permits)


AGENTCORE = ExportTarget(
    name="agentcore",
    title="Amazon Bedrock AgentCore",
    kind=Kind.GATEWAY,
    file="policies of the gateway's policy engine, one for each permit",
    form=Form.TEXT,
    source="https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-understanding-cedar.html",
    checked_with="cedarpy",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.ARGUMENTS, Need.DEFAULTS, Need.SCOPE}),
        unnamed=Answer.DENY,
        compares=_compares,
    ),
    write=_write,
    server_fault=_server_fault,
    notes={
        Need.DENIAL: "until the gateway's ARN is filled in, every tool is denied",
        Need.ARGUMENTS: "equal texts and booleans; no patterns, numbers and lists, and not whether one is given",
        Need.DEFAULTS: "what no policy permits is denied, also where the policy's default is to allow",
    },
)
