"""By https://developers.openai.com/codex/config-reference: listed, not disabled, then the mode of tool or server."""

from __future__ import annotations

import tomllib

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading

_MODES = {"approve": Answer.ALLOW, "prompt": Answer.ASK}


def read(text: str, server: str) -> Reading:
    entry = tomllib.loads(text)["mcp_servers"][server]

    def answer(tool: str, _: object) -> Answer:
        if tool not in entry.get("enabled_tools", [tool]) or tool in entry.get("disabled_tools", ()):
            return Answer.HIDE
        own = entry.get("tools", {}).get(tool, {})
        return _MODES[own.get("approval_mode", entry["default_tools_approval_mode"])]

    return answer
