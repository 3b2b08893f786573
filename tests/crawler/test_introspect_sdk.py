"""Servers built with the official SDKs, over each of their transports; `benchmarks/sdks.py` has more versions."""

from __future__ import annotations

import asyncio
import sys

import pytest

from crawler.introspector import introspect
from crawler.introspector.budget import Stopped
from crawler.introspector.session import Session
from crawler.introspector.stdio import Stdio, start
from crawler.records import Introspected, NotIntrospected, Target, TargetKind, Transport
from tests.crawler.peers.sdks import (
    BUDGET,
    HTTP,
    PEERS,
    SSE,
    STATELESS,
    STDIO,
    NotInstalledError,
    Sdk,
    served,
    tools_of,
)

OURS = (sys.executable, str(PEERS / "sdk_peer.py"))
"""The SDK in this environment, which is the newest."""

OLDER = [
    Sdk("python", ("mcp==1.12.0", "pydantic<2.12"), (STDIO, SSE, HTTP, STATELESS)),
    Sdk("typescript", ("@modelcontextprotocol/sdk@1.12.0",), (STDIO, SSE, HTTP, STATELESS)),
]


@pytest.mark.parametrize(
    ("transport", "path", "flags"),
    [
        ("streamable-http", "/mcp", ()),
        ("streamable-http", "/mcp", ("--stateless", "--json")),
        ("sse", "/sse", ()),
    ],
)
def test_the_sdks_http_servers_list_their_tools(transport, path, flags):
    with served(OURS, transport, *flags) as base:
        target = Target(TargetKind.REMOTE, Transport(transport), base + path)
        outcome = asyncio.run(introspect(target, BUDGET, allow_private=True))
    assert isinstance(outcome, Introspected), outcome
    _is_the_peers_listing(outcome)
    assert outcome.protocol_version == ("2025-11-25" if transport == "sse" else "2026-07-28")


@pytest.mark.parametrize("sdk", OLDER, ids=str)
def test_servers_of_older_sdks_list_their_tools_over_every_transport(tmp_path, sdk):
    try:
        command = sdk.install(tmp_path / "sdk")
    except NotInstalledError as error:
        pytest.skip(f"{sdk} cannot be installed here: {error}")
    for transport in sdk.transports:
        listed = tools_of(command, transport)
        assert not isinstance(listed, NotIntrospected | Stopped), (transport, listed)
        assert [tool["name"] for tool in listed.tools] == ["add", "delete_note"]
        assert (listed.complete, listed.protocol_version[:2]) == (True, "20")


@pytest.mark.parametrize(("modern", "revision"), [(True, "2026-07-28"), (False, "2025-11-25")])
def test_the_sdks_stdio_server_is_listed_in_both_eras(modern, revision):
    async def run():
        async with start([*OURS, "stdio"], longest_line=BUDGET.message_bytes) as process:
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
