"""By https://openai.github.io/openai-agents-python/mcp/, in the SDK's reading, which runs what neither list names.

`test_openai_itself.py` asks the SDK about the same files.
"""

from __future__ import annotations

import json

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    entry = json.loads(text)
    assert entry["server_label"] == server
    allowed, always = set(entry["allowed_tools"]), set(entry["require_approval"]["always"]["tool_names"])
    assert not always & set(entry["require_approval"]["never"]["tool_names"])

    def answer(tool: str, _: object) -> Answer:
        if tool not in allowed:
            return Answer.HIDE
        return Answer.ASK if tool in always else Answer.ALLOW

    return answer
