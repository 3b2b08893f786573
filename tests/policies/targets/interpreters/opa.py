"""Runs the module in an implementation of Rego, https://github.com/microsoft/rego-cpp.

It keeps texts with their escapes, which is why a call is handed over as JSON and not as Python's values. The policy is
handed over with each call, and of it only what is said of the tool: a module is slow to build, and data slow to copy.
It also refuses \x00 in patterns, so the control characters are named for it, as RE2 defines them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import regopy

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading

_DATA = re.compile(r"^policy := (\{.*?^\})$", re.MULTILINE | re.DOTALL)
_QUERY = "allowed := data.mcp.policy.allow; seen := data.mcp.policy.visible"


@cache
def _engine(module: str) -> tuple[regopy.Interpreter, regopy.Bundle]:
    engine = regopy.Interpreter()
    engine.add_module("policy.rego", module)
    return engine, engine.build(_QUERY, [])


@cache
def _asked(module: str, call: str) -> Answer:
    engine, bundle = _engine(module)
    engine.set_input_term(call)
    found = engine.query_bundle(bundle)
    assert found.ok()
    if found.binding("allowed").value is True:
        return Answer.ALLOW
    return Answer.DENY if json.loads(found.binding("seen").json()) else Answer.HIDE


def _named(tools: Mapping[str, Any]) -> set[str]:
    """The arguments that conditions speak of."""
    rules = tools.values()
    conditions = [one for rule in rules for denial in (rule, *rule["deny_if"]) for one in denial.get("conditions", ())]
    return {one["steps"][0] for one in conditions} | {one["steps"][0] for rule in rules for one in rule["require"]}


def read(text: str, server: str) -> Reading:
    match = _DATA.search(text)
    assert match
    policy = json.loads(match[1].replace(r"[\\x00-\\x1f\\x7f]", "[[:cntrl:]]"))
    module = text.replace(match[0], "policy := input.policy")

    def answer(tool: str, arguments: Mapping[str, Any]) -> Answer:
        # All tools are asked about under one name, so that those of one rule are asked about once.
        said = {
            "server": policy["server"],
            "default": policy["default"],
            "hide": ["t"] if tool in policy["hide"] else [],
            "tools": {"t": policy["tools"][tool]} if tool in policy["tools"] else {},
        }
        seen = {key: value for key, value in arguments.items() if key in _named(said["tools"])}
        call = {"server": server, "tool": "t", "arguments": seen, "tools": ["t"], "policy": said}
        return _asked(module, json.dumps(call, ensure_ascii=False))

    return answer
