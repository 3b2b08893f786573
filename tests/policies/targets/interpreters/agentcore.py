"""Runs the policies in Cedar, by https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-schema-constraints.html.

The gateway's ARN has been filled in, as a person would do it. A policy that fails counts for nothing. The listing
leaves out a tool that no policy permits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading
from tests.policies.targets.interpreters.cedar import NAME, by_scope, decide, spoken_of

PLACEHOLDER = "arn:aws:bedrock-agentcore:REGION:ACCOUNT:gateway/ID"
GATEWAY = "arn:aws:bedrock-agentcore:eu-west-1:000000000000:gateway/example"


def _value(value: Any) -> Any:
    if isinstance(value, float):
        return {"__extn": {"fn": "decimal", "arg": f"{value:.4f}"}}
    if value is None:
        return {"__entity": {"type": "AgentCore::Null", "id": "null"}}
    if isinstance(value, dict):
        return {key: _value(member) for key, member in value.items()}
    return [_value(member) for member in value] if isinstance(value, list) else value


def read(text: str, server: str) -> Reading:
    policies = by_scope(text.replace(PLACEHOLDER, GATEWAY), "action")

    def answer(tool: str, arguments: Mapping[str, Any]) -> Answer:
        own = policies(f"{server}___{tool}")
        if not own:
            return Answer.HIDE
        request = {
            "principal": 'AgentCore::OAuthUser::"somebody"',
            "action": {"type": "AgentCore::Action", "id": NAME},
            "resource": f'AgentCore::Gateway::"{GATEWAY}"',
            "context": {"input": _value(spoken_of(own, arguments))},
        }
        return Answer.ALLOW if decide(own, request).allowed else Answer.DENY

    return answer
