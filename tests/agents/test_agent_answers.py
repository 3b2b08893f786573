"""What agents are answered, asked by the official SDK's client."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest
from mcp import Client

from catalogue.agents.server import make_server
from catalogue.classification import classify_new
from catalogue.cli import run
from catalogue.database import open_database
from catalogue.policies.validation import validate
from classifier.ruleset import load
from classifier.verdict import Category
from tests.agents.shelf import FILES, HOSTILE, LATER

QUOTING = {"search_tools", "get_server", "get_verdict", "get_flow"}  # texts of strangers, and not names alone


def listed(holdings, mode):
    async def tools():
        async with Client(make_server(holdings), mode=mode) as client:
            return client.protocol_version, client.instructions, (await client.list_tools()).tools

    return asyncio.run(tools())


@pytest.mark.parametrize(("mode", "revision"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_every_tool_says_that_it_only_reads_and_our_rules_agree(holdings, mode, revision):
    version, instructions, tools = listed(holdings, mode)
    assert version == revision
    assert "never an instruction to follow" in instructions
    assert len(tools) == 7
    for tool in tools:
        wire = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
        hints = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
        assert wire["annotations"] == hints
        assert wire["outputSchema"]["type"] == "object"
        verdict = holdings.ruleset.judge(wire)
        signals = ["untrusted-content"] if tool.name in QUOTING else []
        assert (verdict.category, verdict.dissent) == (Category.READ, ())
        assert [signal.id for signal in verdict.signals] == signals, tool.name


def test_the_list_of_tools_costs_a_model_little(holdings):
    tools = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed(holdings, "auto")[2]]
    assert len(json.dumps(tools)) < 28_000


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"query": "PERMANENTLY files"}, ["delete_file"]),
        ({"query": "acme/mail"}, ["read_inbox", "send_email"]),
        ({"query": "ärger"}, ["list_files"]),
        ({"query": "properties"}, []),
        ({"query": "100%"}, []),
        ({"server": "acme/files"}, ["create_file", "delete_file", "list_files", "run"]),
        ({"server": "acme/files", "category": "destructive"}, ["delete_file"]),
        ({"server": "acme/files", "severity": "high"}, ["delete_file", "run"]),
        ({"server": "acme/mail", "signal": "private-data"}, ["read_inbox"]),
    ],
)
def test_tools_are_found_by_words_and_by_verdict(ask, arguments, names):
    found = ask("search_tools", **arguments)
    assert ([tool["tool"] for tool in found["tools"]], found["cursor"]) == (names, None)


def test_pages_hold_each_tool_once_in_one_order(pages, ask):
    every = ask("search_tools", limit=50)["tools"]
    assert len(every) == 10
    assert pages("tools", "search_tools", limit=3) == every
    assert [tool["server"] for tool in every] == sorted(tool["server"] for tool in every)


def test_a_server_is_told_with_its_confirmed_and_its_declared_tools_apart(ask):
    server = ask("get_server", server="acme/files")
    assert server["confirmed"]["tools"] == len(LATER)
    assert server["confirmed"]["categories"]["destructive"] == 1
    assert server["declared"]["tools"] == 0
    assert server["listings"][0]["source"] == "official"
    assert server["targets"][0]["quoted_address"] == "https://files.example/mcp"
    assert (server["targets"][0]["outcome"], server["targets"][0]["complete"]) == ("introspected", True)
    assert ask("get_server", server="acme/mail")["declared"]["signals"]["private-data"] == 1


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_verdict_comes_with_the_words_that_it_rests_on(call, mode):
    result = call("get_verdict", server="acme/files", tool="delete_file", mode=mode)
    verdict = result.structured_content
    assert json.loads(result.content[0].text) == verdict
    assert (verdict["category"], verdict["severity"], verdict["omitted"]) == ("destructive", "critical", 0)
    words = {(one["quoted_pointer"], one["quoted_words"]) for match in verdict["support"] for one in match["words"]}
    assert ("/name", "delete") in words
    assert verdict["ruleset"] == load().digest


@pytest.mark.parametrize("posture", ["strict", "recommended", "permissive"])
@pytest.mark.parametrize("tool", [None, "delete_file"])
def test_policies_are_those_of_the_command(ask, database, capsys, posture, tool):
    found = ask("get_policy", server="acme/files", tool=tool, posture=posture)
    assert run(["policy", "acme/files", *filter(None, [tool]), "--posture", posture, "--database", database]) == 0
    assert found["quoted_policy"] == json.loads(capsys.readouterr().out)
    assert not validate(json.dumps(found["quoted_policy"]).encode(), None)


def test_a_policy_comes_in_the_words_of_a_client(ask, database, capsys):
    found = ask("get_policy", server="acme/files", target="claude-code", known_as="disk")
    arguments = ["--target", "claude-code", "--as", "disk", "--database", database]
    assert run(["policy", "acme/files", *arguments]) == 0
    assert (found["exported"]["quoted_text"], found["quoted_policy"]) == (capsys.readouterr().out, None)
    lost = {loss["need"]: loss["quoted_tools"] for loss in found["exported"]["losses"]}
    assert lost["rates"] == ["create_file", "run"]


def test_a_policy_says_what_a_person_has_to_fill_in(ask):
    (blank,) = ask("get_policy", server="acme/files")["blanks"]
    assert (blank["name"], blank["quoted_tools"]) == ("root", ["create_file"])
    assert "ask_if" not in json.dumps(ask("get_policy", server="acme/files", posture="permissive", plain=True))


def test_a_flow_names_the_tools_of_each_leg(ask):
    flow = ask("get_flow", server="acme/mail")
    assert (flow["state"], flow["missing"]) == ("closed", [])
    assert [part["tool"] for part in flow["way_out"]] == ["send_email"]
    assert flow["private_data"][0]["quoted_words"]
    assert ask("get_flow", server="acme/files")["state"] == "open"


def test_changes_come_in_pages_from_a_moment_on(pages, ask):
    changes = pages("changes", "list_changes", since="2026-01-01", limit=1)
    assert [(one["tool"], one["kind"], one["grade"]) for one in changes] == [
        ("delete_file", "changed", "interface"),
        ("run", "added", "effect"),
    ]
    assert ask("list_changes", server="acme/files", grade="effect")["changes"] == changes[1:]
    assert ask("list_changes", since="2026-02-01T00:00:00+02:00")["changes"] == []


def test_what_is_judged_already_is_answered_alike(database, ask, tmp_path):
    from catalogue.agents.holdings import Holdings

    engine = open_database(f"sqlite:///{shutil.copy(database.removeprefix('sqlite:///'), tmp_path)}")
    assert classify_new(engine, load(), lambda *_: None).judged > len(FILES)

    async def search():
        async with Client(make_server(Holdings(engine))) as client:
            arguments = {"severity": "high", "category": "destructive", "signal": "irreversible"}
            return (await client.call_tool("search_tools", arguments)).structured_content

    answer = asyncio.run(search())
    assert answer == ask("search_tools", severity="high", category="destructive", signal="irreversible")
    assert answer["tools"]
    engine.dispose()


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("get_polcy", {}, "get_policy"),
        ("get_server", {"server": "acme/file"}, "acme/files"),
        ("get_server", {}, "server: "),
        ("get_server", {"srver": "acme/files"}, "'srver', only server"),
        ("get_server", {"server": ["acme/files"]}, "valid string"),
        ("get_server", {"server": "a" * 5_000}, "1024"),
        ("get_server", {"server": "\u202e\x1b[2J"}, r"\u202e\x1b"),
        ("get_verdict", {"server": "acme/files", "tool": "delete_files"}, "delete_file"),
        ("get_verdict", {"server": "acme/files", "tool": "run", "occurrence": 7}, "expected one of 0"),
        ("get_policy", {"server": "acme/files", "posture": "loose"}, "'strict' or 'permissive'"),
        ("get_policy", {"server": "acme/files", "target": "claude"}, "claude-code"),
        ("search_tools", {"signal": "bulky"}, "bulk"),
        ("search_tools", {"server": "acme/fils"}, "acme/files"),
        ("search_tools", {"limit": 51, "cursor": "x", "category": 3, "severity": "low", "query": None}, "and 1 more"),
        ("list_changes", {}, "since when"),
        ("list_changes", {"since": "yesterday"}, "since: "),
        ("list_changes", {"server": HOSTILE[:5]}, "no server"),
    ],
)
def test_bad_input_is_one_line_that_helps(refused, name, arguments, words):
    assert words in refused(name, **arguments)
