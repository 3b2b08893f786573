"""By the toolkit's tutorial on MCP governance: the first rule that fits the tool decides.

Nothing says that a name may hold other patterns than a lone `*`, and nothing says that it may not, so none may stand.
"""

from __future__ import annotations

import yaml

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading


def read(text: str, _: str) -> Reading:
    policy = yaml.load(text, yaml.CSafeLoader)
    assert (policy["version"], policy["mode"]) == ("1.0", "enforce")
    actions: dict[str, str] = {}
    for rule in policy["rules"]:
        assert isinstance(rule["tool"], str)
        assert rule["tool"] == "*" or not set(rule["tool"]) & set("*?[]{}")
        assert not set(rule) - {"tool", "action", "reason"}
        actions.setdefault(rule["tool"], rule["action"])
    assert policy["rules"][-1]["tool"] == "*"

    def answer(tool: str, _: object) -> Answer:
        return Answer.ALLOW if actions.get(tool, actions["*"]) == "allow" else Answer.DENY

    return answer
