"""Runs the rules in CEL, by internal/mcpproxy/authorization.go of https://github.com/envoyproxy/ai-gateway.

The limits are those of its api/v1beta1/mcp_route.go. What an expression may cost is not counted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading
from tests.policies.targets.interpreters.cel import holds, program


def read(text: str, server: str) -> Reading:
    authorization = yaml.load(text, yaml.CSafeLoader)["spec"]["securityPolicy"]["authorization"]
    assert authorization["defaultAction"] == "Deny"
    rules = authorization["rules"]
    assert len(rules) <= 32
    assert all(rule["action"] == "Allow" and len(rule["cel"]) <= 4096 for rule in rules)
    programs = [program(rule["cel"]) for rule in rules]

    def answer(tool: str, arguments: Mapping[str, Any]) -> Answer:
        mcp = {"method": "tools/call", "backend": server, "tool": tool, "params": {"arguments": dict(arguments)}}
        return Answer.ALLOW if any(holds(each, {"request": {"mcp": mcp}}) for each in programs) else Answer.DENY

    return answer
