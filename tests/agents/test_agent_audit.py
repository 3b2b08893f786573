"""`audit_configuration`: the audit of a configuration's text, or of files that the server was started for."""

from __future__ import annotations

import asyncio
import json

import pytest
from mcp import Client

from catalogue import cli
from catalogue.agents.holdings import Holdings
from catalogue.agents.questions import LONGEST_CONFIGURATION
from catalogue.agents.server import make_server
from catalogue.audit.places import clients
from catalogue.database import open_database
from tests.agents.shelf import HIDDEN, ORDER
from tests.agents.test_agent_hostile import ours

SECRET = "hunter2hunter2hunter2"
JSON = json.dumps(
    {
        "mcpServers": {
            "disk": {"url": "https://files.example/mcp", "headers": {"Authorization": f"Bearer {SECRET}"}},
            "own": {"command": "/home/ada/private/own-server", "env": {"API_TOKEN": SECRET, "REGION": "eu-secret-1"}},
            "newest": {"command": "npx", "args": ["-y", "acme-nobody-knows"]},
            "off": {"url": "https://files.example/mcp", "disabled": True},
        }
    },
    indent=1,
)
TOML = '[mcp_servers.disk]\nurl = "https://files.example/mcp"\n'
YAML = "mcpServers:\n  - name: disk\n    type: streamable-http\n    url: https://files.example/mcp\n"
GOOSE = "extensions:\n  disk:\n    type: streamable_http\n    uri: https://files.example/mcp\n    enabled: true\n"
OPENCODE = '{"mcp": {"disk": {"type": "remote", "url": "https://files.example/mcp"}}, }'
TEXTS = {"codex": TOML, "continue": YAML, "goose": GOOSE, "opencode": OPENCODE}
SHAPES = {"vscode": "servers", "zed": "context_servers"}


def text_of(client: str) -> str:
    """A configuration of this client in its own form, with one server that the catalogue has."""
    entry = {"disk": {"url": "https://files.example/mcp"}}
    return TEXTS.get(client) or json.dumps({SHAPES.get(client, "mcpServers"): entry})


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_configuration_is_told_by_server_with_what_stands_out(call, mode):
    result = call("audit_configuration", client="cursor", text=JSON, mode=mode)
    found = result.structured_content
    assert [one["server"] for one in found["servers"]] == ["disk", "own", "newest", "off"]
    disk, own, newest, off = found["servers"]
    assert (disk["known"], disk["quoted_known_as"], disk["line"]) == ("exact", "acme/files", 3)
    assert (disk["tools"]["tools"], disk["tools"]["categories"]["destructive"], disk["secrets"]) == (4, 1, 1)
    assert (own["known"], own["quoted_starts"], own["secrets"]) == ("unknown", "a program of this machine", 1)
    assert (newest["known"], newest["unpinned"], off["enabled"]) == ("unknown", True, False)
    kinds = [(one["severity"], one["remark"]) for one in found["remarks"]]
    assert kinds[0] == ("critical", "tool")
    assert {("high", "secret"), ("medium", "unpinned"), ("medium", "unknown")} <= set(kinds)
    assert sum(found["severities"].values()) >= len(found["remarks"])


def test_it_says_what_the_command_says(ask, database, tmp_path, capsys):
    file = tmp_path / "mcp.json"
    file.write_text(JSON)
    assert cli.run(["audit", str(file), "--database", database, "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    found = ask("audit_configuration", client="cursor", text=JSON)
    assert [one["quoted_known_as"] for one in found["servers"]] == [
        one["identity"]["server"] for one in said["servers"]
    ]
    assert [one["tools"]["categories"] for one in found["servers"]] == [one["categories"] for one in said["servers"]]
    assert sum(found["severities"].values()) == len(said["remarks"])


def test_no_secret_value_or_path_comes_back(call):
    (content,) = call("audit_configuration", client="cursor", text=JSON).content
    assert not [word for word in (SECRET, "eu-secret-1", "/home/ada", "private") if word in content.text]


@pytest.mark.parametrize("client", clients())
def test_the_text_of_every_client_is_understood(ask, client):
    found = ask("audit_configuration", client=client, text=text_of(client))
    assert [(one["server"], one["client"], one["known"]) for one in found["servers"]] == [("disk", client, "exact")]


def test_strangers_words_in_a_configuration_are_marked_and_visible(call):
    text = json.dumps({"mcpServers": {f"a{HIDDEN}{ORDER}": {"command": ORDER}, "b": {"url": f"https://x/{ORDER}"}}})
    result = call("audit_configuration", client="kiro", text=text)
    assert ORDER not in " ".join(ours(result.structured_content))
    assert not {"\x1b", "\u202e", "\u200b"} & set(result.content[0].text)


def test_many_servers_and_a_long_text_are_counted_and_bounded(ask, refused):
    entries = {f"server-{number}": {"command": "npx", "args": [f"package-{number}"]} for number in range(900)}
    found = ask("audit_configuration", client="cursor", text=json.dumps({"mcpServers": entries}))
    assert len(found["servers"]) + len(found["remarks"]) == 100
    assert found["omitted"] > 850
    assert "100000" in refused("audit_configuration", client="cursor", text="x" * (LONGEST_CONFIGURATION + 1))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ('{"mcpServers": {', "is not JSON: the fault is in line 1"),
        ("[" * 90_000, "is not JSON that we read"),
        ('{"mcpServers": 5}', "expected an object of servers"),
        ("{}", "names no MCP servers"),
    ],
)
def test_a_text_that_is_no_configuration_is_one_remark(ask, text, says):
    found = ask("audit_configuration", client="claude-code", text=text)
    assert found["servers"] == []
    (remark,) = found["remarks"]
    assert remark["remark"] == "unreadable"
    assert remark["quoted_says"].startswith("Claude Code: the configuration ")
    assert says in remark["quoted_says"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "--audit PATH"),
        ({"client": "cursor"}, "expected its client and its text, or neither"),
        ({"text": "{}"}, "expected its client and its text, or neither"),
        ({"client": "cursor", "text": "\ud800"}, "valid string"),
        ({"client": "emacs", "text": "{}"}, "no client is called 'emacs'; there are claude-desktop"),
        ({"client": "cursor", "path": "/etc/passwd"}, "takes no 'path'"),
    ],
)
def test_what_cannot_be_audited_is_one_line(refused, arguments, words):
    assert words in refused("audit_configuration", **arguments)


async def _asked(database, configurations):
    engine = open_database(database)
    try:
        async with Client(make_server(Holdings(engine, configurations))) as client:
            return await client.call_tool("audit_configuration", {})
    finally:
        engine.dispose()


def test_files_are_audited_that_the_server_was_started_for_and_no_others(database, tmp_path, monkeypatch):
    repository = tmp_path / "repository"
    (repository / ".cursor").mkdir(parents=True)
    (repository / ".cursor" / "mcp.json").write_text(JSON)
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"other": {"command": "x"}}}')
    monkeypatch.setenv("HOME", str(tmp_path))
    result = asyncio.run(_asked(database, [repository]))
    assert [one["server"] for one in result.structured_content["servers"]] == ["disk", "own", "newest", "off"]
    assert {one["quoted_place"] for one in result.structured_content["servers"]} == {".cursor/mcp.json"}
    assert str(tmp_path) not in result.content[0].text
    gone = asyncio.run(_asked(database, [tmp_path / "gone"]))
    assert gone.is_error
    assert str(tmp_path) not in gone.content[0].text
