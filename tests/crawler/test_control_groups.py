"""Limits for all of a box together, by the kernel: tried where this machine lets us make control groups.

The other limits, which would be met first, are taken away.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.introspector import control_groups, runtimes, sandbox
from crawler.introspector.budget import MEBIBYTE, Budget, Stopped
from crawler.introspector.packages import list_in_box
from crawler.introspector.sandbox import Box
from crawler.records import Level, Reason
from tests.crawler.peers.packages import PEER

in_gvisor = pytest.mark.skipif(sandbox.fault(Level.GVISOR) is not None, reason=str(sandbox.fault(Level.GVISOR)))
BUDGET = Budget(start_seconds=60, package_seconds=90)


@pytest.fixture
def above(monkeypatch: pytest.MonkeyPatch) -> Path:
    if sandbox.fault() is not None:
        pytest.skip(str(sandbox.fault()))
    if (place := control_groups.top()) is None:
        pytest.skip("no control group with limits can be made here")
    monkeypatch.setattr(sandbox, "_limits", lambda _: [])
    monkeypatch.setattr(sandbox, "_WATCH_SECONDS", 3_600)
    return place


def run(act: str, budget: Budget, level: Level = Level.BUBBLEWRAP) -> str:
    python = runtimes.python()
    assert python
    code = PEER.replace("BEHAVIOURS[sys.argv[1]]()", act).encode()
    box = Box(sandbox.new_user(), readable=python.readable, files={"/app/peer.py": code}, level=level)
    return asyncio.run(list_in_box(box, (*python.command, "/app/peer.py"), budget)).tools[0]["description"]


@pytest.mark.parametrize(
    ("hog", "level"),
    [
        ("memory_herd()", Level.BUBBLEWRAP),
        ("disk_hog()", Level.BUBBLEWRAP),
        ("mapped_hog()", Level.BUBBLEWRAP),
        ("shared_herd()", Level.BUBBLEWRAP),
        pytest.param("unmapped_hog()", Level.GVISOR, marks=in_gvisor),
    ],
)
def test_what_a_box_takes_together_is_limited_by_the_kernel(above, hog, level):
    budget = replace(BUDGET, box_memory=150 * MEBIBYTE, scratch_bytes=2048 * MEBIBYTE)
    with pytest.raises(Stopped) as caught:
        run(hog, budget, level)
    assert (caught.value.reason, str(caught.value)) == (Reason.TOO_LARGE, "used more memory than the box has")
    assert list(above.glob("mcp-box-*")) == []


def test_so_is_the_number_of_its_processes(above):
    assert 10 <= int(run("fork_bomb()", replace(BUDGET, processes=20)).split()[0]) <= 28


def test_what_a_killed_crawl_left_is_removed_and_what_lives_is_not(above):
    gone, alive = above / "mcp-box-999999999-0", above / "mcp-box-1-0"
    for place in (gone, alive):
        place.mkdir()
    control_groups._sweep(above)
    assert not gone.exists()
    assert alive.exists()
    alive.rmdir()
