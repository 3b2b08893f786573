"""What servers in the box try, and what comes of it: each ends with its own outcome and touches nothing outside."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.introspector import runtimes, sandbox
from crawler.introspector.budget import MEBIBYTE, Budget, Stopped
from crawler.introspector.packages import list_in_box
from crawler.introspector.sandbox import Box
from crawler.introspector.session import Listed
from crawler.records import Reason

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


def described(*arguments: str, budget: Budget = BUDGET) -> str:
    return run(*arguments, budget=budget).tools[0]["description"]


def processes_with(argument: str) -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [place.parent.name] if argument.encode() in place.read_bytes().split(b"\0") else []
        except OSError:
            continue
    return found


@contextmanager
def loopback_listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        accepted: list[object] = []
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                try:
                    accepted.append(server.accept()[0].close())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], accepted
        finally:
            done.set()
            thread.join()


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


def test_a_spy_sees_nothing_of_the_host(monkeypatch):
    monkeypatch.setenv("HOST_SECRET", "do-not-tell")
    with loopback_listener() as (port, accepted):
        report = json.loads(described("look", str(port)))
    assert set(report["environment"]) <= {"HOME", "PATH", "LANG", "USER", "PWD", "LC_CTYPE"}
    assert "do-not-tell" not in json.dumps(report)
    assert set(json.loads(report["root"].replace("'", '"'))) <= {
        *("app", "bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp", "usr")
    }
    assert report["homes"] == "[['u'], [], []]"
    assert report["root_home"].startswith("FileNotFoundError")
    assert report["shadow"].startswith("FileNotFoundError")
    assert report["passwd"] == "u:x:1000:1000::/home/u:/bin/sh\n"
    assert int(report["processes"]) <= 4
    assert accepted == []
    for target in ("loopback", "metadata", "internet", "names"):
        assert "rror" in report[target], target
    assert "'lo'" in report["interfaces"]
    assert report["interfaces"].count("(") == 1


def test_a_burglar_gains_and_changes_nothing():
    report = json.loads(described("look"))
    assert report["uid"] == "1000 1000"
    assert all("0000000000000000" in line for line in report["capabilities"].split(",") if "Cap" in line)
    assert "NoNewPrivs:\\t1" in report["capabilities"]
    for attempt in ("become_root", "new_namespace", "mount", "raise_limit"):
        assert "Error" in report[attempt], attempt
    for place in ("", "/usr", "/etc", "/app", "/dev"):
        assert "Error" in report[f"write {place}"], place


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being somebody")
def test_nothing_in_the_box_runs_as_root_outside_it():
    marker = f"{time.time_ns() % 10**9}"

    async def owners() -> set[int]:
        async with sandbox.running(Box(61184), ("/bin/sleep", marker), BUDGET):
            await asyncio.sleep(0.5)
            return {os.stat(f"/proc/{pid}").st_uid for pid in processes_with(marker)}  # noqa: PTH116 - no path, a number

    assert asyncio.run(owners()) == {61184}


def test_a_fork_bomb_meets_the_process_limit():
    children = int(described("fork").split()[0])
    assert 0 < children < BUDGET.processes


def test_a_memory_hog_meets_the_limit_of_a_process():
    budget = replace(BUDGET, memory=512 * MEBIBYTE)
    assert int(described("memory", budget=budget).split()[0]) < 512


def test_many_processes_together_meet_the_limit_of_the_box():
    outcome = stopped("herd", budget=replace(BUDGET, box_memory=300 * MEBIBYTE))
    assert (outcome.reason, str(outcome)) == (Reason.TOO_LARGE, "used more memory than the box has")


def test_a_disk_hog_fills_only_the_boxs_own_file_systems():
    report = described("disk", budget=replace(BUDGET, scratch_bytes=20 * MEBIBYTE, file_bytes=100 * MEBIBYTE))
    assert [int(part.split()[1]) for part in report.split("; ")] == pytest.approx([20, 20, 64], abs=1)


@pytest.mark.parametrize("behaviour", ["stdout", "lines"])
def test_floods_of_output_end_early(behaviour):
    began = time.monotonic()
    assert stopped(behaviour).reason is Reason.TOO_LARGE
    assert time.monotonic() - began < BUDGET.start_seconds


def test_a_flood_of_errors_costs_nothing():
    assert len(run("stderr").tools) == 1


@pytest.mark.parametrize("behaviour", ["deaf", "mute", "cpu", "ids", "closed"])
def test_whoever_does_not_answer_runs_out_of_time(behaviour):
    marker = f"{time.time_ns()}"
    assert stopped(behaviour, marker, budget=Budget(start_seconds=0.5, package_seconds=1.2)).reason is Reason.TIMED_OUT
    assert processes_with(marker) == []


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 4, 8, 16])
def test_a_box_that_is_ended_while_it_is_being_made_leaves_nothing_behind(milliseconds):
    marker = f"{time.time_ns() % 10**9}"

    async def end_early() -> None:
        async with sandbox.running(Box(sandbox.new_user()), ("/bin/sleep", marker), BUDGET):
            await asyncio.sleep(milliseconds / 1000)

    asyncio.run(end_early())
    time.sleep(0.05)
    assert processes_with(marker) == []


def test_no_daemon_outlives_its_box():
    marker = f"{time.time_ns() % 10**9}"
    assert len(run("daemon", marker).tools) == 1
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
