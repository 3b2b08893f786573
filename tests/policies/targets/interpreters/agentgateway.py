"""Runs the rules in CEL, by crates/agentgateway/src/http/authorization.rs of https://github.com/agentgateway/agentgateway.

A rule sees the names of a tool and of its target and nothing else.
"""

from __future__ import annotations

import yaml

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading
from tests.policies.targets.interpreters.cel import holds, program


def read(text: str, server: str) -> Reading:
    rules = yaml.load(text, yaml.CSafeLoader)["mcpAuthorization"]["rules"]
    assert all(isinstance(rule, str) for rule in rules)
    programs = [program(rule) for rule in rules]

    def answer(tool: str, _: object) -> Answer:
        seen = {"mcp": {"tool": {"name": tool, "target": server}}}
        if not programs or any(holds(each, seen) for each in programs):
            return Answer.ALLOW
        return Answer.HIDE

    return answer
