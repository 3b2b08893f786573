"""By internal/config and internal/engine of https://github.com/PolicyLayer/Intercept: what is valid, and what wins.

Rates are read as what is left of them for a first call.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading

_RATE = re.compile(r"[1-9][0-9]*/(minute|hour|day)")


def read(text: str, _: str) -> Reading:
    policy = yaml.load(text, yaml.CSafeLoader)
    _validate(policy)
    tools = policy["tools"]

    def answer(tool: str, _: object) -> Answer:
        if {tool, "*"} & set(policy["hide"]):
            return Answer.HIDE
        if policy["default"] == "deny" and tool not in tools:
            return Answer.DENY
        rules = [*tools.get(tool, {"rules": []})["rules"], *tools.get("*", {"rules": []})["rules"]]
        return Answer.DENY if any(rule.get("action") == "deny" for rule in rules) else Answer.ALLOW

    return answer


def _validate(policy: dict[str, Any]) -> None:
    assert policy["version"] == "1"
    assert policy["default"] in ("allow", "deny")
    assert len(set(policy["hide"])) == len(policy["hide"])
    assert all(name.strip() for name in policy["hide"])
    for tool, entry in policy["tools"].items():
        assert isinstance(tool, str)
        windows = [_RATE.fullmatch(rule["rate_limit"]) for rule in entry["rules"] if "rate_limit" in rule]
        assert all(windows)
        assert len({match[1] for match in windows if match}) == len(windows)
        assert not windows or "." not in tool
        for rule in entry["rules"]:
            assert ("rate_limit" in rule) != (rule.get("action") == "deny")
            assert rule["name"]
