"""The server as a program of its own: over stdio and HTTP, for clients of every era, our introspector, attackers."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from catalogue import cli
from catalogue.database import open_database
from crawler.introspector import Budget, introspect
from crawler.introspector.packages import list_process
from crawler.introspector.stdio import start
from crawler.records import Introspected, Target, TargetKind, Transport
from tests.agents.shelf import FILES, list_tools

ROOT = Path(__file__).resolve().parents[2]
MAIN = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from catalogue.cli import main; main()"
COMMAND = (sys.executable, "-c", MAIN, "mcp")
NAMES = ["search_tools", "get_server", "get_verdict", "get_policy", "get_flow", "list_changes", "audit_configuration"]
BUDGET = Budget(request_seconds=30)
REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]


@pytest.fixture(scope="module")
def served(database, tmp_path_factory):
    """The URL of the program serving HTTP, and its database, which may be written to."""
    url = f"sqlite:///{shutil.copy(database.removeprefix('sqlite:///'), tmp_path_factory.mktemp('served'))}"
    command = [*COMMAND, "--http", "0", "--database", url]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as program:
        said = program.stderr.readline()
        yield re.search(r"http://127\.0\.0\.1:\d+/mcp", said)[0], url
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 130


async def _asked(transport, mode):
    async with Client(transport, mode=mode, read_timeout_seconds=60) as client:
        tools = (await client.list_tools()).tools
        result = await client.call_tool("search_tools", {"server": "acme/files"})
        return client.protocol_version, [tool.name for tool in tools], len(result.structured_content["tools"])


@pytest.mark.parametrize(("mode", "revision"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_stdio_serves_both_eras(database, mode, revision):
    command = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "--database", database])
    assert asyncio.run(_asked(stdio_client(command), mode)) == (revision, NAMES, 4)


@pytest.mark.parametrize(("mode", "revision"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_http_serves_both_eras(served, mode, revision):
    assert asyncio.run(_asked(served[0], mode)) == (revision, NAMES, 4)


@pytest.mark.parametrize("revision", REVISIONS)
def test_http_serves_the_handshake_of_every_revision(served, revision):
    headers = {"Accept": "application/json, text/event-stream"}
    with httpx.Client(headers=headers) as client:
        hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        said = _post(client, served[0], "initialize", hello)
        assert said["protocolVersion"] == revision
        client.headers["MCP-Protocol-Version"] = revision
        assert [tool["name"] for tool in _post(client, served[0], "tools/list", {})["tools"]] == NAMES
        called = _post(client, served[0], "tools/call", {"name": "get_server", "arguments": {"server": "acme/mail"}})
        assert "acme/mail" in called["content"][0]["text"]


def _post(client, url, method, params):
    answer = client.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_our_introspector_lists_it_over_http(served):
    target = Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, served[0])
    outcome = asyncio.run(introspect(target, BUDGET, allow_private=True))
    assert isinstance(outcome, Introspected), outcome
    assert [tool["name"] for tool in outcome.tools] == NAMES
    assert (outcome.complete, outcome.malformed, outcome.protocol_version) == (True, (), "2026-07-28")


def test_our_introspector_lists_it_over_stdio(database):
    command = [*COMMAND, "--database", database]
    listed = asyncio.run(list_process(partial(start, command, longest_line=BUDGET.message_bytes), BUDGET))
    assert [tool["name"] for tool in listed.tools] == NAMES
    assert (listed.complete, listed.malformed) == (True, [])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:1"}, 403),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
def test_other_names_and_other_sites_are_refused(served, headers, status):
    usual = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}'
    assert httpx.post(served[0], content=body, headers=usual | headers).status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_nobody_holds_a_stream_on_which_nothing_is_said(served, method):
    answer = httpx.request(method, served[0], headers={"Accept": "text/event-stream"}, timeout=10)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_request_that_is_too_large_is_refused(served):
    question = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "x" * 1_000_000}}
    answer = httpx.post(served[0], json=question, headers={"Accept": "application/json, text/event-stream"})
    assert answer.status_code == 413


def test_a_configuration_of_the_longest_kind_passes_over_http(served):
    text = json.dumps({"mcpServers": {"disk": {"url": "https://files.example/mcp"}, "\x7f" * 16_000: {}}})
    question = {"name": "audit_configuration", "arguments": {"client": "cursor", "text": text}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": question}
    answer = httpx.post(served[0], json=body, headers={"Accept": "application/json, text/event-stream"})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["result"]["structuredContent"]["servers"]) == 2


def test_many_agents_are_answered_while_a_crawl_writes(served):
    url, database = served
    engine = open_database(database)

    async def agent(number):
        mode = ("auto", "legacy")[number % 2]
        async with Client(url, mode=mode, read_timeout_seconds=60) as client:
            results = [await client.call_tool("search_tools", {"query": "file", "limit": 50}) for _ in range(5)]
        return [len(result.structured_content["tools"]) for result in results]

    async def crawl():
        for number in range(10):
            await asyncio.to_thread(list_tools, engine, f"new/{number}", f"https://new{number}.example/mcp", 48, FILES)

    async def both():
        return (await asyncio.gather(*(agent(number) for number in range(6)), crawl()))[:-1]

    seen = asyncio.run(both())
    engine.dispose()
    assert all(counts == sorted(counts) and counts[0] >= 3 for counts in seen), seen


@pytest.mark.parametrize(("signals", "code"), [([signal.SIGTERM], -15), ([signal.SIGINT], -2), ([], 0)])
def test_over_stdio_it_ends_when_told_and_when_its_input_ends(database, signals, code):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, "--database", database], **pipes) as program:
        program.stdin.write(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
        program.stdin.flush()
        assert b'"id":1' in program.stdout.readline()
        for number in signals:
            program.send_signal(number)
        if not signals:
            program.stdin.close()
        assert program.wait(20) == code
        assert program.stderr.read() == b""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("0.0.0.0:8000", "stands for all"),
        ("[::]:8000", "stands for all"),
        ("localhost", "HOST:PORT"),
        ("localhost:http", "HOST:PORT"),
        ("localhost:99999", "HOST:PORT"),
        ("http://localhost:80", "HOST:PORT"),
        ("user@localhost:80", "HOST:PORT"),
        ("192.0.2.1:0", "cannot listen"),
    ],
)
def test_an_address_that_cannot_be_served_is_one_line(database, capsys, address, words):
    assert cli.run(["mcp", "--http", address, "--database", database]) == 1
    said = capsys.readouterr().err.splitlines()
    assert words in said[0]
    assert [line.partition(":")[0] for line in said] in (["error"], ["error", "tip"])


def test_a_configuration_that_is_not_there_is_refused_before_anybody_is_served(database, capsys):
    assert cli.run(["mcp", "--audit", "nowhere", "--database", database]) == 1
    assert "nowhere is not there" in capsys.readouterr().err


def test_without_the_sdk_one_line_says_what_to_install(database, capsys, monkeypatch):
    monkeypatch.setattr("catalogue.cli.mcp.find_spec", lambda _: None)
    assert cli.run(["mcp", "--database", database]) == 1
    assert "mcp-risk-catalogue[mcp]" in capsys.readouterr().err


def test_it_makes_no_database(tmp_path, capsys):
    assert cli.run(["mcp", "--database", f"sqlite:///{tmp_path}/none.db"]) == 1
    assert f"{tmp_path}/none.db does not exist" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
    (tmp_path / "empty.db").touch()
    assert cli.run(["mcp", "--database", f"sqlite:///{tmp_path}/empty.db"]) == 1
    assert "catalogue db upgrade" in capsys.readouterr().err
