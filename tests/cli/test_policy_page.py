"""The page about a server's policy and `catalogue policy` say the same: both ask the same modules."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from catalogue.policies.effects import behaviour
from catalogue.policies.parsing import parse
from catalogue.policies.placeholders import unfilled
from catalogue.policies.treatment import treatment
from catalogue.site import urls
from catalogue.site.pages.policy_page import POSTURES
from tests.cli.program import HOSTILE, TOOLS

BY_SERVER: dict[str, dict[str, dict]] = {}
for _tool in TOOLS:
    BY_SERVER.setdefault(_tool["server"], {})[_tool["name"]] = _tool


@pytest.fixture(params=sorted(BY_SERVER))
def page(request, site):
    return json.loads((site / urls.twin(urls.policy_page(request.param))).read_bytes()), request.param


def test_the_postures_compared_are_those_that_the_commands_print(catalogue, filled, page):
    shown, server = page
    assert [posture for posture, _ in shown["commands"]] == list(POSTURES)
    for number, (posture, line) in enumerate(shown["commands"]):
        document = json.loads(catalogue("policy", server, "--posture", posture, "--database", filled).out)
        if server != HOSTILE:  # whose name only a shell makes of the line
            assert json.loads(catalogue(*line.split()[1:], "--database", filled).out) == document
        policy = parse(document)
        counted = Counter(treatment(policy, name) for name in BY_SERVER[server])
        assert {
            row["treatment"]: row["counts"][number] for row in shown["compared"] if row["counts"][number]
        } == counted


def test_what_the_page_says_of_a_tool_is_what_the_printed_policy_does(catalogue, filled, page, site):
    shown, server = page
    document = json.loads(catalogue("policy", server, "--database", filled).out)
    assert document == json.loads((site / shown["policy_file"]).read_bytes())
    policy = parse(document)
    places = {urls.tool(server, name): name for name in BY_SERVER[server]}
    named = []
    for part in shown["parts"]:
        for statement in part["statements"]:
            for tool in statement["tools"]:
                name = places[tool["path"]]
                named.append(name)
                assert treatment(policy, name) == part["treatment"]
                assert tuple(statement["says"]) == behaviour(policy, name, BY_SERVER[server][name])
    assert sorted(named) == sorted(BY_SERVER[server])
    waiting = {(one.blank, one.path.removeprefix("args.")) for one in unfilled(policy)}
    assert {(gap["blank"], place["argument"]) for gap in shown["gaps"] for place in gap["places"]} == waiting


def test_the_targets_are_those_that_the_command_lists(catalogue, page):
    shown, _ = page
    listed = json.loads(catalogue("policy", "--targets", "--format", "json").out)
    links = [link for fit in shown["fits"] for link in fit["targets"]]
    assert sorted(link["text"] for link in links) == sorted(target["title"] for target in listed)
    assert {link["path"] for link in links} == {urls.policy_target(target["name"]) for target in listed}
