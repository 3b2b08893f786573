"""The traps of single gateways, each of which would let something through or break the file."""

from __future__ import annotations

import pytest
import yaml

from catalogue.editing.documents import written
from catalogue.editing.edits import apply
from catalogue.errors import CatalogueError
from catalogue.policies.document import Denial, Limit, Operator, Policy, Predicate, ToolRule, Window
from catalogue.policies.targets.agentcore import GATEWAY
from catalogue.policies.targets.export import Export, export
from catalogue.policies.targets.needs import Answer, Instead, Loss, Need
from catalogue.policies.targets.table import TARGETS
from tests.policies.targets.interpreters import Reading
from tests.policies.targets.interpreters.contextforge import read as read_contextforge
from tests.policies.targets.interpreters.table import INTERPRETERS

FREE = ToolRule()
DENIED = ToolRule(deny_if=(Denial(()),))


def exported(name: str, tools: dict[str, ToolRule], *limits: Limit) -> Export:
    return export(Policy("deny", limits=limits, tools=tools), TARGETS[name], "server")


def text_of(name: str, made: Export) -> str:
    return made.content if isinstance(made.content, str) else written(TARGETS[name].form, made.content)


def read(name: str, tools: dict[str, ToolRule]) -> Reading:
    return INTERPRETERS[name](text_of(name, exported(name, tools)), "server")


def kept(path: str, *values: str) -> ToolRule:
    return ToolRule(deny_if=(Denial((Predicate(path, Operator.NOT_IN, values),)),))


@pytest.mark.parametrize("name", ["docker", "litellm", "agentgateway", "toolhive", "contextforge"])
def test_a_server_without_an_allowed_tool_allows_none(name: str) -> None:
    answer = read(name, {"purge": DENIED})
    assert answer("purge", {}) > Answer.ASK
    assert answer("unheard-of", {}) > Answer.ASK


@pytest.mark.parametrize(("free", "denied"), [("List", "list"), ("server-list", "list"), ("list", "SERVER-list")])
def test_litellm_refuses_names_that_one_of_its_versions_mixes_up(free: str, denied: str) -> None:
    with pytest.raises(CatalogueError, match="LiteLLM can take"):
        exported("litellm", {free: FREE, denied: DENIED})
    exported("litellm", {free: FREE, denied: FREE})


def test_intercept_is_not_given_a_counter_whose_tool_has_a_dot() -> None:
    limit = Limit("calls", Window.MINUTE, 30)
    made = exported("intercept", {"files.write": ToolRule(limits=(limit,)), "write": ToolRule(limits=(limit,))})
    tools = yaml.safe_load(text_of("intercept", made))["tools"]
    assert tools == {"write": {"rules": [{"name": "calls per minute", "rate_limit": "30/minute"}]}}
    assert Loss(Need.NAMES, Instead.OMITTED, ("files.write",)) in made.losses


def test_limits_of_all_tools_are_kept_only_where_they_can_be_counted_together() -> None:
    limit = Limit("calls", Window.HOUR, 100)
    counted = exported("intercept", {"read": FREE}, limit)
    assert counted.losses == ()
    assert '"100/hour"' in text_of("intercept", counted)
    assert exported("contextforge", {"read": FREE}, limit).losses == (Loss(Need.RATES, Instead.DENIED, ("read",)),)


def test_toolhive_takes_null_and_lists_for_no_value() -> None:
    answer = read("toolhive", {"act": kept("args.action", "list")})
    for value, meant in {"list": Answer.ALLOW, "drop": Answer.DENY}.items():
        assert answer("act", {"action": value}) is meant
    for odd in (None, ["list"], {"a": 1}, 5, 1.5):
        assert answer("act", {"action": odd}) is Answer.DENY


def test_toolhive_is_not_asked_about_an_argument_that_is_called_like_a_mark() -> None:
    made = exported("toolhive", {"act": kept("args.file_present", "yes")})
    assert made.losses == (Loss(Need.ARGUMENTS, Instead.DENIED, ("act",)),)


def test_agentcore_permits_nothing_until_the_gateway_is_filled_in() -> None:
    text = text_of("agentcore", exported("agentcore", {"read": FREE}))
    assert INTERPRETERS["agentcore"](text, "server")("read", {}) is Answer.ALLOW
    assert INTERPRETERS["agentcore"](text.replace(GATEWAY, f"{GATEWAY}X"), "server")("read", {}) is not Answer.ALLOW


def test_envoy_denies_a_tool_whose_rule_has_no_room_and_refuses_too_many_rules() -> None:
    made = exported("envoy", {"act": kept("args.a", "x" * 4000), "read": FREE})
    assert made.losses == (Loss(Need.ARGUMENTS, Instead.DENIED, ("act",)),)
    with pytest.raises(CatalogueError, match="holds 32 rules, and this policy needs 40"):
        exported("envoy", {f"act{number}": kept("args.a", "x" * 3000) for number in range(40)})


def test_contextforge_leaves_the_tools_of_other_servers_alone_and_joins_names_of_one_slug() -> None:
    made = exported("contextforge", {"get_x": FREE, "get-X": DENIED, "read": FREE})
    other = export(Policy("deny", tools={"read": FREE}), TARGETS["contextforge"], "servers")
    assert not isinstance(made.content, str)
    assert not isinstance(other.content, str)
    data = apply(apply({}, made.content), other.content)
    text = yaml.safe_dump(data)
    assert len(data["plugins"]) == 2
    for server, tool, meant in [
        ("server", "read", Answer.ALLOW),
        ("server", "get_x", Answer.DENY),
        ("server", "new", Answer.DENY),
        ("servers", "read", Answer.ALLOW),
        ("servers", "new", Answer.DENY),
        ("another", "new", Answer.ALLOW),
        ("serve", "new", Answer.ALLOW),
    ]:
        assert read_contextforge(text, server)(tool, {}) is meant
    assert made.losses == (Loss(Need.NAMES, Instead.JOINED, ("get-X", "get_x")),)
