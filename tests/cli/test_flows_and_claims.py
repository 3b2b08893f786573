from __future__ import annotations

import json

import pytest

from tests.cli.program import HOSTILE, write_lines

TOOLS = [
    {"server": "acme/mail", "name": "read_inbox", "description": "Reads the user's emails."},
    {"server": "acme/mail", "name": "send_email", "description": "Sends an email."},
    {"server": "acme/reader", "name": "read_inbox", "description": "Reads the user's emails."},
    {"server": HOSTILE, "name": "read_inbox", "description": "Reads the user's emails."},
    {"server": HOSTILE, "name": "send\x1b[2Jemail", "description": "Sends an email."},
    {"server": "acme/tracker", "name": "delete_issue", "annotations": {"readOnlyHint": True, "idempotentHint": True}},
    {"server": "acme/tracker", "name": "get_issue", "annotations": {"readOnlyHint": True}},
]


@pytest.fixture
def kept(catalogue, tmp_path):
    """A catalogue of these tools, half of its commands without `classify`: what is not judged yet is judged."""
    assert catalogue("import", write_lines(tmp_path / "tools.jsonl", TOOLS)).code == 0
    return catalogue


@pytest.mark.parametrize("command", ["flows", "claims"])
def test_a_catalogue_without_tools_says_so(catalogue, command):
    assert catalogue("db", "upgrade").code == 0
    ended = catalogue(command)
    assert (ended.code, ended.out, ended.err) == (3, "", "the catalogue has no tools\n")


@pytest.mark.parametrize("judged", [True, False])
def test_servers_whose_tools_close_a_flow_are_listed(kept, judged):
    if judged:
        assert kept("classify").code == 0
    found = json.loads(kept("flows", "--format", "json").out)
    assert [(one["server"], one["state"]) for one in found] == [("acme/mail", "closed"), (HOSTILE, "closed")]
    table = kept("flows")
    assert table.code == 0
    assert "acme/mail" in table.out
    assert "acme/reader" not in table.out
    assert not {"\x1b", "\u202e"} & set(table.out)


def test_one_server_says_which_leg_it_lacks(kept):
    ended = kept("flows", "acme/reader")
    assert ended.code == 0
    assert "No tool here is a way out" in ended.out
    (found,) = json.loads(kept("flows", "acme/reader", "--format", "json").out)
    assert found["missing"] == ["way-out"]
    assert "\x1b" not in kept("flows", HOSTILE).out
    assert kept("flows", "acme/readers").failed_with("acme/readers", "acme/reader")


def test_milder_hints_are_listed_with_both_sides(kept):
    found = json.loads(kept("claims", "--format", "json").out)
    assert (found["tools"], found["hinted"]) == (len(TOOLS), 2)
    assert found["hints"]["readOnlyHint"] == {"agrees": 1, "milder": 1, "stricter": 0, "open": 0, "absent": 5}
    (milder,) = found["milder"]
    assert (milder["tool"], milder["hint"], milder["claimed"]) == ("delete_issue", "readOnlyHint", True)
    assert {"pointer": "/name", "quote": "delete"} in milder["words"]
    ended = kept("claims")
    assert ended.code == 0
    assert "readOnlyHint: true" in ended.out


def test_an_export_has_the_flow_of_each_server_and_the_standing_of_each_hint(kept, tmp_path):
    assert kept("classify").code == 0
    assert kept("export", "--out", "data").code == 0
    servers = [json.loads(line) for line in (tmp_path / "data" / "servers.jsonl").read_text("ascii").splitlines()]
    states = {server["name"]: server["flow"]["state"] for server in servers}
    assert states == {"acme/mail": "closed", HOSTILE: "closed", "acme/reader": "open", "acme/tracker": "open"}
    tools = [json.loads(line) for line in (tmp_path / "data" / "tools.jsonl").read_text("ascii").splitlines()]
    claims = {(tool["server"], tool["name"]): tool["claims"] for tool in tools}
    assert claims["acme/tracker", "delete_issue"] == {"readOnlyHint": "milder", "idempotentHint": "open"}
    assert claims["acme/mail", "send_email"] == {}
