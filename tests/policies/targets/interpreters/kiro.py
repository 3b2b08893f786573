"""By https://kiro.dev/docs/mcp/configuration: disabled tools are not there, approved ones run, the rest asks."""

from __future__ import annotations

import json

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    entry = json.loads(text).get("mcpServers", {}).get(server, {})
    disabled, approved = set(entry.get("disabledTools", ())), set(entry.get("autoApprove", ()))

    def answer(tool: str, _: object) -> Answer:
        if tool in disabled:
            return Answer.HIDE
        return Answer.ALLOW if {tool, "*"} & approved else Answer.ASK

    return answer
