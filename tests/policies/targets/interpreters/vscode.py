"""By https://code.visualstudio.com/docs/agents/approvals: a tool asks, and one set to false does so for good."""

from __future__ import annotations

import json

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    eligible = json.loads(text).get("chat.tools.eligibleForAutoApproval", {})

    def answer(tool: str, _: object) -> Answer:
        by_name = eligible.get(tool, True)
        assert by_name is eligible.get(f"{server}/{tool}", True)
        return Answer.ASK

    return answer
