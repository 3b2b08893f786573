"""Runs the policies in Cedar, with calls as pkg/authz of https://github.com/stacklok/toolhive hands them over.

Any error of any policy denies the call. The listing asks for a tool as if it were called without arguments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading
from tests.policies.targets.interpreters.cedar import NAME, by_scope, decide, spoken_of


def context_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, str | bool):
            found[f"arg_{name}"] = value
        elif isinstance(value, int | float):
            found[f"arg_{name}"] = {"__extn": {"fn": "decimal", "arg": f"{value:.4f}"}}
        else:
            found[f"arg_{name}_present"] = True
    return found


def read(text: str, _: str) -> Reading:
    config = json.loads(text)
    assert (config["version"], config["type"]) == ("1.0", "cedarv1")
    assert config["cedar"]["policies"]
    policies = by_scope("\n".join(config["cedar"]["policies"]), "resource")

    def permits(tool: str, arguments: Mapping[str, Any]) -> bool:
        own = policies(tool)
        request = {
            "principal": 'Client::"somebody"',
            "action": 'Action::"call_tool"',
            "resource": {"type": "Tool", "id": NAME},
            "context": spoken_of(own, context_of(arguments)),
        }
        decided = decide(own, request)
        return decided.allowed and not decided.failed

    def answer(tool: str, arguments: Mapping[str, Any]) -> Answer:
        if permits(tool, arguments):
            return Answer.ALLOW
        return Answer.DENY if permits(tool, {}) else Answer.HIDE

    return answer
