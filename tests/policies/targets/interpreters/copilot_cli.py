"""By the documentation of mcp-config.json: a list of names, or * for all; every tool that is loaded asks."""

from __future__ import annotations

import json

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    tools = json.loads(text)["mcpServers"][server]["tools"]

    def answer(tool: str, _: object) -> Answer:
        return Answer.ASK if tool in tools or "*" in tools else Answer.HIDE

    return answer
