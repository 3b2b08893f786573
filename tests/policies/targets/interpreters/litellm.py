"""By the proxy's source: an allow list that is not empty is the whole of what passes, else the list of denied tools.

Its versions differ: names are compared exactly or without regard to capitals, with the server's prefix or without it.
What any of them lets through counts as allowed.
"""

from __future__ import annotations

import yaml

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, server: str) -> Reading:
    config = yaml.load(text, yaml.CSafeLoader)["mcp_servers"][server]
    allowed = [name.lower() for name in config.get("allowed_tools") or ()]
    denied = [name.lower() for name in config.get("disallowed_tools") or ()]
    assert not set(allowed) & set(denied)  # letter case is lost on it: one name must not be in both
    known = set(allowed) | {name.removeprefix(f"{server}-") for name in allowed}

    def answer(tool: str, _: object) -> Answer:
        names = {tool.lower(), f"{server}-{tool}".lower(), tool.lower().removeprefix(f"{server}-")}
        if allowed:
            return Answer.ALLOW if names & known else Answer.HIDE
        return Answer.HIDE if names & set(denied) else Answer.ALLOW

    return answer
