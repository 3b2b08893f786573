"""By https://docs.windsurf.com/windsurf/cascade/mcp: disabled tools are not there, the rest asks."""

from __future__ import annotations

import json

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    entry = json.loads(text).get("mcpServers", {}).get(server, {})
    disabled = set(entry.get("disabledTools", ()))

    def answer(tool: str, _: object) -> Answer:
        return Answer.HIDE if tool in disabled else Answer.ASK

    return answer
