"""Names that dialects trip over come through exactly, or the export is refused or reports them, for every target."""

from __future__ import annotations

import pytest

from catalogue.errors import CatalogueError
from catalogue.policies.document import Approval, Denial, Policy, ToolRule
from catalogue.policies.targets.export import export
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.table import TARGETS
from tests.policies.targets.interpreters.table import INTERPRETERS

SERVER = "server"
NAMES = [
    "plain", "Plain", "snake_case", "double__under", "_lead", "kebab-case", "dot.ted", "sl/ash", "back\\slash",
    "sp ace",
    "col:on", "par(en)", "br[ack]et", "br{ace}", "quo'te", 'dou"ble', "sta*r", "*", "quest?ion", "pl+us", "^car$et",
    "pi|pe", "a,b", "#hash", "//", "@at", "!bang", "${VAR}", "长亭", "ñandú", "true", "1", "null", "mcp_server_plain",
    "mcp__server__plain", "x" * 40, "y" * 64 + "z", "constructor", "__proto__", "=", "tools",
]  # fmt: skip
UNPRINTABLE = ["", "\x00", "a\nb", "a\u202eb", "\ud800", "a\u200bb"]
DENIED, ASKED = ToolRule(deny_if=(Denial(()),)), ToolRule(ask_if=(Approval(()),))
RULES = {Answer.ALLOW: ToolRule(), Answer.ASK: ASKED, Answer.DENY: DENIED}


def answers(target: str, policy: Policy, names: list[str]) -> dict[str, Answer] | None:
    """What the target does with each name; `None` if the export is refused."""
    try:
        made = export(policy, TARGETS[target], SERVER)
    except CatalogueError:
        return None
    read = INTERPRETERS[target](made.text(TARGETS[target]), SERVER)
    reported = {tool for loss in made.losses if loss.need is Need.NAMES for tool in loss.tools}
    return {name: read(name, {}) for name in names if name not in reported}


@pytest.mark.parametrize("meant", RULES)
@pytest.mark.parametrize("target", TARGETS)
def test_a_name_gets_its_own_rule_whatever_stands_in_it(target: str, meant: Answer) -> None:
    abilities = TARGETS[target].abilities
    for name in NAMES:
        others = Answer.ALLOW if meant is not Answer.ALLOW else Answer.ASK
        tools = {one: RULES[others] for one in NAMES if one != name} | {name: RULES[meant]}
        found = answers(target, Policy("deny", tools=tools), NAMES)
        if found is None or name not in found:
            continue
        if meant is not Answer.ALLOW:
            assert found[name] is not Answer.ALLOW, name
        elif Need.NAMES in abilities.says and not abilities.always_asks:
            assert found[name] is Answer.ALLOW, name
        if meant is Answer.DENY and Need.DENIAL in abilities.says:
            assert found[name] > Answer.ASK, name
        if Need.NAMES in abilities.says and meant is not Answer.ALLOW and not abilities.always_asks:
            rest = {found[one] for one in found if one != name}
            assert rest == {Answer.ALLOW}, name


@pytest.mark.parametrize("name", UNPRINTABLE)
@pytest.mark.parametrize("target", TARGETS)
def test_a_name_that_nobody_could_read_is_refused_or_reported_and_costs_no_neighbour(target: str, name: str) -> None:
    policy = Policy("deny", tools={name: ToolRule(), "plain": ToolRule()})
    found = answers(target, policy, ["plain"])
    assert found is not None
    assert found["plain"] is Answer.ALLOW or TARGETS[target].abilities.always_asks
    denied = answers(target, Policy("deny", tools={name: DENIED, "plain": ToolRule()}), [name])
    assert denied is None or all(answer is not Answer.ALLOW for answer in denied.values())


def test_a_name_that_must_be_denied_and_cannot_be_said_is_named() -> None:
    policy = Policy("deny", tools={"sta*r": DENIED})
    with pytest.raises(CatalogueError, match=r'Kiro and Amazon Q cannot name "sta\*r"'):
        export(policy, TARGETS["kiro"], SERVER)


def test_tools_that_a_client_cannot_tell_apart_share_the_stricter_rule() -> None:
    policy = Policy("deny", tools={"a.b": ToolRule(), "a_b": DENIED})
    made = export(policy, TARGETS["claude-code"], SERVER)
    assert [(loss.need, loss.tools) for loss in made.losses if loss.tools] == [(Need.NAMES, ("a.b", "a_b"))]
    read = INTERPRETERS["claude-code"](made.text(TARGETS["claude-code"]), SERVER)
    assert read("a.b", {}) is Answer.HIDE
