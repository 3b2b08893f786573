"""The box and what runs in it: both eras of stdio, how it ends, whose it is. Attacks: test_hostile_packages.py."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.introspector import runtimes, sandbox
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.packages import list_in_box
from crawler.introspector.sandbox import Box
from crawler.introspector.session import Listed
from crawler.records import Reason
from tests.crawler.peers.canaries import processes_with

pytestmark = pytest.mark.skipif(sandbox.fault() is not None, reason=str(sandbox.fault()))

PEER = Path(__file__).parent / "peers" / "stdio_peer.py"
BUDGET = Budget(start_seconds=4, package_seconds=6, request_seconds=4)


def run(*arguments: str, budget: Budget = BUDGET, **values: str) -> Listed:
    """List the tools of the peer in a box, with the given behaviour and variables."""
    python = runtimes.python()
    assert python
    box = Box(
        sandbox.new_user(), readable=python.readable, files={"/app/peer.py": PEER.read_bytes()}, environment=values
    )
    return asyncio.run(list_in_box(box, (*python.command, "/app/peer.py", *arguments), budget))


def stopped(*arguments: str, budget: Budget = BUDGET) -> Stopped:
    with pytest.raises(Stopped) as caught:
        run(*arguments, budget=budget)
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "revision"), [("modern", "2026-07-28"), ("handshake", "2025-06-18"), ("junk", "2025-06-18")]
)
def test_servers_of_both_eras_are_listed(behaviour, revision):
    listed = run(behaviour)
    assert (listed.protocol_version, len(listed.tools), listed.complete) == (revision, 1, True)


def test_a_server_that_ignores_the_modern_question_is_asked_the_old_way_after_a_while():
    assert run("silent", budget=replace(BUDGET, start_seconds=0.5)).protocol_version == "2025-06-18"


def test_a_server_that_dies_of_the_modern_question_is_started_again_and_asked_the_old_way():
    assert run("touchy").protocol_version == "2025-06-18"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being somebody")
def test_nothing_in_the_box_runs_as_root_outside_it():
    marker = f"{time.time_ns() % 10**9}"

    async def owners() -> set[int]:
        async with sandbox.running(Box(61184), ("/bin/sleep", marker), BUDGET):
            await asyncio.sleep(0.5)
            return {os.stat(f"/proc/{pid}").st_uid for pid in processes_with(marker)}  # noqa: PTH116 - no path, a number

    assert asyncio.run(owners()) == {61184}


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 4, 8, 16])
def test_a_box_that_is_ended_while_it_is_being_made_leaves_nothing_behind(milliseconds):
    marker = f"{time.time_ns() % 10**9}"

    async def end_early() -> None:
        async with sandbox.running(Box(sandbox.new_user()), ("/bin/sleep", marker), BUDGET):
            await asyncio.sleep(milliseconds / 1000)

    asyncio.run(end_early())
    time.sleep(0.05)
    assert processes_with(marker) == []


@pytest.mark.parametrize(
    ("behaviour", "detail"),
    [
        ("exit", "ended with exit code 0 and said nothing"),
        ("complain", "Error: PEER_API_KEY is required, see (path)"),
    ],
)
def test_a_process_that_ends_is_quoted(behaviour, detail):
    outcome = stopped(behaviour)
    assert (outcome.reason, str(outcome)) == (Reason.START_FAILED, detail)


def test_a_crash_is_called_by_its_signal():
    assert "SIGSEGV" in str(stopped("crash")) or "139" in str(stopped("crash"))


def test_a_variable_reaches_the_box_and_cannot_open_it():
    assert run("key", PEER_API_KEY="made-up").tools[0]["description"] == "made-up"
    for name, value in (("A", "x\0--bind\0/\0/host"), ("A=B", "x"), ("", "x"), ("A\0B", "x")):
        with pytest.raises(Stopped):
            run("modern", **{name: value})


def test_a_command_that_cannot_be_said_is_refused():
    assert stopped("modern", "nul\0").reason is Reason.START_FAILED


def test_many_boxes_at_once_do_not_share_their_limits():
    async def together() -> list[Listed]:
        python = runtimes.python()
        assert python
        box = Box(sandbox.new_user(), readable=python.readable, files={"/app/peer.py": PEER.read_bytes()})
        command = (*python.command, "/app/peer.py")
        return await asyncio.gather(
            list_in_box(box, (*command, "fork"), BUDGET),
            *(list_in_box(box, (*command, "modern"), BUDGET) for _ in range(3)),
        )

    assert [len(listed.tools) for listed in asyncio.run(together())] == [1, 1, 1, 1]
