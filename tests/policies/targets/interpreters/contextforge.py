"""By plugins/unified_pdp (the native engine) and plugins/rate_limiter of https://github.com/IBM/mcp-context-forge."""

from __future__ import annotations

import fnmatch
import re
from typing import Any
from unicodedata import normalize

import yaml

from catalogue.policies.targets.needs import Answer
from tests.policies.targets.interpreters import Reading

_RATE = re.compile(r"[1-9][0-9]*/[smh]")


def tool_name(server: str, tool: str) -> str:
    """What the gateway calls a tool that it took in: two slugs, by mcpgateway/utils/create_slug.py."""
    own = re.sub(r"(\w)['’](\w)", r"\1\2", tool.lower())
    own = re.sub(r"[\W_]+", "-", own).strip("-")
    for char, said in (("æ", "ae"), ("ß", "ss"), ("ø", "o")):
        own = own.replace(char, said)
    own = normalize("NFKD", own).encode("ascii", "ignore").decode()
    return f"{server}-{own}"


def read(text: str, server: str) -> Reading:
    plugins = yaml.load(text, yaml.CSafeLoader)["plugins"]
    rules = [rules for plugin in plugins for rules in _rules(plugin)]
    assert rules

    def answer(tool: str, _: object) -> Answer:
        name = tool_name(server, tool)
        return Answer.ALLOW if all(_allows(each, name) for each in rules) else Answer.DENY

    return answer


def _rules(plugin: dict[str, Any]) -> list[list[dict[str, Any]]]:
    assert plugin["mode"] == "enforce"
    assert plugin["hooks"] == ["tool_pre_invoke"]
    config = plugin["config"]
    if "by_tool" in config:
        assert all(_RATE.fullmatch(rate) for rate in config["by_tool"].values())
        return []
    assert (config["combination_mode"], config["default_decision"]) == ("all_must_allow", "deny")
    return [[_sorted(rule) for rule in engine["settings"]["rules"]] for engine in config["engines"]]


def _allows(rules: list[dict[str, Any]], name: str) -> bool:
    def fits(rule: dict[str, Any]) -> bool:
        named = name in rule["plain"] or any(fnmatch.fnmatch(name, one) for one in rule["patterns"])
        action = any(fnmatch.fnmatch(f"tools.invoke.{name}", one) for one in rule["actions"])
        return named and action and "*" in rule["roles"] and "tool" in rule["resource_types"]

    return any(map(fits, rules))


def _sorted(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule with the names that are no patterns apart, since there are many of them."""
    assert not rule["id"].startswith("deny:")
    plain = {one for one in rule["resource_ids"] if not set(one) & set("*?[")}
    return rule | {"plain": plain, "patterns": [one for one in rule["resource_ids"] if one not in plain]}
