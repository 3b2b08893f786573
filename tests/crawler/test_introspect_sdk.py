"""Servers built with the official SDK, over each of its transports."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.introspector import Budget, introspect
from crawler.introspector.session import Session
from crawler.introspector.stdio import Stdio, start
from crawler.records import Introspected, Target, TargetKind, Transport

PEER = str(Path(__file__).parent / "peers" / "sdk_peer.py")
BUDGET = Budget(request_seconds=15)


@contextmanager
def sdk_server(transport: str, *flags: str):
    """Run the peer on a free port until the block ends; gives its origin."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, PEER, transport, str(port), *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the SDK's server did not start")


@pytest.mark.parametrize(
    ("transport", "path", "flags"),
    [
        ("streamable-http", "/mcp", ()),
        ("streamable-http", "/mcp", ("--stateless", "--json")),
        ("sse", "/sse", ()),
    ],
)
def test_the_sdks_http_servers_list_their_tools(transport, path, flags):
    with sdk_server(transport, *flags) as base:
        target = Target(TargetKind.REMOTE, Transport(transport), base + path)
        outcome = asyncio.run(introspect(target, BUDGET, allow_private=True))
    assert isinstance(outcome, Introspected), outcome
    _is_the_peers_listing(outcome)
    assert outcome.protocol_version == ("2025-11-25" if transport == "sse" else "2026-07-28")


@pytest.mark.parametrize(("modern", "revision"), [(True, "2026-07-28"), (False, "2025-11-25")])
def test_the_sdks_stdio_server_is_listed_in_both_eras(modern, revision):
    async def run():
        async with start([sys.executable, PEER, "stdio"], longest_line=BUDGET.message_bytes) as process:
            deadline = asyncio.get_running_loop().time() + 20
            return await Session(Stdio(process, BUDGET, modern=modern), BUDGET, deadline).list_tools()

    listed = asyncio.run(run())
    _is_the_peers_listing(listed)
    assert listed.protocol_version == revision


def _is_the_peers_listing(listed) -> None:
    assert [tool["name"] for tool in listed.tools] == ["add", "delete_note"]
    assert listed.tools[0]["inputSchema"]["properties"]["b"]["default"] == 1
    assert listed.tools[1]["title"] == "Remove a note"
    assert (listed.instructions, listed.complete, len(listed.malformed)) == ("Be kind.", True, 0)
