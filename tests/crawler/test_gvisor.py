"""A package with a kernel of its own: what is asked of runsc, and what it does. Attacks: test_hostile_packages.py."""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from crawler.introspector import control_groups, gvisor, limits, runtimes, sandbox
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.packages import list_in_box
from crawler.introspector.sandbox import HOME, Box
from crawler.introspector.session import Listed
from crawler.records import Level, Reason, SandboxError

WHY_NOT = sandbox.fault(Level.GVISOR)
works = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
PEER = Path(__file__).parent / "peers" / "stdio_peer.py"
GONE_WITHIN = 3.0
"""Seconds; a kernel that ends has a hundred megabytes to give back."""
BUDGET = Budget(start_seconds=8, package_seconds=15, request_seconds=8)


def run(*arguments: str, budget: Budget = BUDGET, **values: str) -> Listed:
    python = runtimes.python()
    assert python
    files = {"/app/peer.py": PEER.read_bytes()}
    box = Box(sandbox.new_user(), python.readable, files=files, environment=values, level=Level.GVISOR)
    return asyncio.run(list_in_box(box, (*python.command, "/app/peer.py", *arguments), budget))


def processes_of(user: int) -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found += [place.name] if place.stat().st_uid == user else []
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], dict]:
    """The command that is made for a box, wherever runsc is or is not, and the configuration that it is given."""
    monkeypatch.setattr(gvisor, "program", lambda: Path("/opt/runsc"))
    given = {}
    write = gvisor.configuration
    monkeypatch.setattr(gvisor, "configuration", lambda *words: given.setdefault("", write(*words)))
    box = Box(
        sandbox.new_user(),
        files={f"{HOME}/.kube/config": b"", "/app/server.py": b""},
        folders=(f"{HOME}/data",),
        environment={"KEY": "made-up"},
        level=Level.GVISOR,
    )
    with sandbox.command_line(box, ("/app/server.py", "--stdio"), Budget(processes=7)) as (line, _):
        return line, json.loads(given[""])


def test_the_package_is_started_by_runsc_without_a_network_and_without_rights(asked):
    line, configuration = asked
    words = line[line.index("--") + 1 :]
    assert words[0] == gvisor.PROGRAM
    assert {"--network=none", "--rootless", "run"} <= {*words}
    assert line[(at := line.index("/opt/runsc")) - 1 : at + 2] == ["--ro-bind", "/opt/runsc", gvisor.PROGRAM]
    assert "--unshare-net" in line
    process = configuration["process"]
    assert process["args"][-2:] == ["/app/server.py", "--stdio"]
    assert "--nproc=7" in process["args"]
    assert (process["user"], process["noNewPrivileges"]) == ({"uid": 1000, "gid": 1000}, True)
    assert "capabilities" not in process
    assert configuration["root"] == {"path": "/", "readonly": True}


def test_its_variables_stand_on_no_command_line(asked):
    line, configuration = asked
    assert "KEY=made-up" in configuration["process"]["env"]
    assert not [word for word in line if "made-up" in word]


def test_what_the_box_has_in_memory_it_has_in_its_own(asked):
    _, configuration = asked
    mounts = {mount["destination"]: mount for mount in configuration["mounts"]}
    assert {place for place, mount in mounts.items() if mount["type"] == "tmpfs"} == {*sandbox.SCRATCH, f"{HOME}/data"}
    assert all(mount["options"][0].startswith("size=") for mount in mounts.values() if mount["type"] == "tmpfs")
    assert mounts[f"{HOME}/.kube/config"]["options"] == ["ro"]
    assert "/app/server.py" not in mounts


@pytest.mark.parametrize(
    ("fault", "wanted", "chosen"),
    [
        (None, None, Level.GVISOR),
        (None, Level.BUBBLEWRAP, Level.BUBBLEWRAP),
        ("no runsc was found", None, Level.BUBBLEWRAP),
        ("no runsc was found", Level.BUBBLEWRAP, Level.BUBBLEWRAP),
    ],
)
def test_unless_a_level_is_asked_for_it_is_the_highest_that_works(monkeypatch, fault, wanted, chosen):
    monkeypatch.setattr(sandbox, "fault", lambda level: fault if level is Level.GVISOR else None)
    assert sandbox.chosen(wanted) is chosen


def test_what_is_asked_for_and_does_not_work_is_an_error(monkeypatch):
    monkeypatch.setattr(sandbox, "fault", lambda _: "no runsc was found")
    with pytest.raises(SandboxError, match="gVisor: no runsc was found"):
        sandbox.chosen(Level.GVISOR)


@works
def test_a_runsc_that_does_not_work_is_seen_beforehand(monkeypatch):
    monkeypatch.setattr(gvisor, "program", lambda: Path("/bin/false"))
    assert "gVisor in bubblewrap does not work here" in (sandbox.fault.__wrapped__(Level.GVISOR) or "")


@works
def test_servers_of_both_eras_are_listed():
    assert run("modern").protocol_version == "2026-07-28"
    assert run("handshake").protocol_version == "2025-06-18"


@works
def test_a_process_that_ends_is_quoted_and_a_crash_called_by_its_signal():
    with pytest.raises(Stopped) as complained:
        run("complain")
    with pytest.raises(Stopped) as crashed:
        run("crash")
    assert str(complained.value) == "Error: PEER_API_KEY is required, see (path)"
    assert (crashed.value.reason, "139" in str(crashed.value)) == (Reason.START_FAILED, True)


@works
def test_its_variables_reach_it():
    assert run("key", PEER_API_KEY="made-up").tools[0]["description"] == "made-up"


@works
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has users to spare, by which to tell whose processes are left")
@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.4])
def test_a_box_that_is_ended_while_it_is_being_made_leaves_nothing_behind(seconds):
    user = sandbox.new_user()

    async def end_early() -> None:
        async with sandbox.running(Box(user, level=Level.GVISOR), ("/bin/sleep", "60"), BUDGET):
            await asyncio.sleep(seconds)

    asyncio.run(end_early())
    ends = time.monotonic() + GONE_WITHIN
    while (left := processes_of(user)) and time.monotonic() < ends:
        time.sleep(0.02)
    assert left == []


@works
def test_what_does_not_hold_in_it_is_named(monkeypatch):
    monkeypatch.setattr(control_groups, "top", lambda: Path("/"))
    assert any("number of files" in line for line in limits.unenforced(Level.GVISOR))
