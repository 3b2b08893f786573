"""The whole catalogue of hostile packages, crawled at once: each ends with its own outcome and touches nothing outside.

They are installed from registries of ours and run as any package is, several at a time, with well-behaved ones among
them. What they are after on the host is watched meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from crawler.introspector import Budget, introspect, sandbox, usage
from crawler.introspector.budget import MEBIBYTE
from crawler.records import Introspected, Level, NotIntrospected, Target, TargetKind, Transport
from tests.crawler.peers.canaries import Canaries, processes_with, watched
from tests.crawler.peers.forged_packages import NPM_FORGERIES, PYPI_FORGERIES, Forgery, Shelf
from tests.crawler.peers.hostile_packages import ANSWERED_IN_GVISOR, FLOODS, IN_GVISOR, LIARS, LINGERERS, SPIES, Attack
from tests.crawler.peers.packages import NODE_PEER, NpmRegistry, acting_wheel, peer_wheel

pytestmark = pytest.mark.skipif(sandbox.fault() is not None, reason=str(sandbox.fault()))

AT_A_TIME = 6
LIMITS = {
    "start_seconds": 12.0, "package_seconds": 20.0, "install_seconds": 60.0, "request_seconds": 8.0,
    "box_memory": 600 * MEBIBYTE, "scratch_bytes": 20 * MEBIBYTE, "scratch_files": 20_000, "file_bytes": 100 * MEBIBYTE,
}  # fmt: skip
"""As in a real crawl, but smaller, so that a flood reaches its limit soon."""

OWN_MEMORY = 100 * MEBIBYTE
"""What our process may grow by while `AT_A_TIME` packages flood it: 8 MiB a session, a few copies of each."""

NEIGHBOURS = {"neighbour-of-npm": TargetKind.NPM, "neighbour-of-pypi": TargetKind.PYPI}
MARKER = "MARKER"
"""Stands in a program's lines for an argument by which a process that lingers is known."""


@dataclass(frozen=True)
class Crawl:
    """What came of them all. Our process had grown by `grown` bytes; `marker` is an argument of whatever may linger."""

    outcomes: dict[str, Introspected | NotIntrospected]
    grown: int
    marker: str
    canaries: Canaries


@pytest.fixture
def crawl(
    world: Path, npm: NpmRegistry, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Sequence[Attack | Forgery], Level], Crawl]]:
    """Publish packages, crawl them with their neighbours, and say what came of it."""
    with watched(world) as canaries:
        monkeypatch.setenv("SECRET", canaries.secret)
        shelf = Shelf(world, npm, canaries.host)
        marker = str(time.time_ns() % 10**9)
        yield lambda attacks, level: asyncio.run(crawled(published(shelf, attacks, marker), marker, canaries, level))


def published(shelf: Shelf, attacks: Sequence[Attack | Forgery], marker: str) -> dict[str, tuple[Target, Budget]]:
    """Put the packages into their registries, and say how each is asked; their neighbours come in the middle."""
    targets: dict[str, tuple[Target, Budget]] = {}
    for number, attack in enumerate(attacks):
        if number == len(attacks) // 2:
            targets |= {
                name: (Target(kind, Transport.STDIO, name), Budget(**LIMITS)) for name, kind in NEIGHBOURS.items()
            }
        kind, asked = TargetKind.PYPI, attack.name
        if isinstance(attack, Attack):
            acting_wheel(shelf.wheels, attack.name, attack.act(shelf.host).replace(MARKER, repr(marker)))
        else:
            attack.publish(shelf, attack.name)
            kind, asked = attack.kind, attack.asked or attack.name
        targets[attack.name] = Target(kind, Transport.STDIO, asked), Budget(**{**LIMITS, **attack.budget})
    shelf.npm.add("neighbour-of-npm", {"cli.js": NODE_PEER}, bin="cli.js")
    peer_wheel(shelf.wheels, "neighbour-of-pypi", "modern")
    return targets


async def crawled(targets: dict[str, tuple[Target, Budget]], marker: str, canaries: Canaries, level: Level) -> Crawl:
    slots = asyncio.Semaphore(AT_A_TIME)
    before, most = usage.resident([os.getpid()]), 0

    async def one(name: str) -> tuple[str, Introspected | NotIntrospected]:
        async with slots:
            return name, await introspect(*targets[name], level=level)

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, usage.resident([os.getpid()]))
            await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    outcomes = dict(await asyncio.gather(*map(one, targets)))
    looking.cancel()
    return Crawl(outcomes, most - before, marker, canaries)


def fault_in(attack: Attack | Forgery, outcome: Introspected | NotIntrospected, allowed: Collection[str]) -> str:
    """Say in which way an attack did not end as it should, "" when it did; a spy may get what is `allowed`."""
    if isinstance(outcome, Introspected):
        reason, said = None, str(outcome.tools[0]["description"])
        if allowed and isinstance(attack, Attack) and attack.tries:
            said = json.dumps({tried: gave for tried, gave in json.loads(said).items() if tried not in allowed})
    else:
        reason, said = outcome.reason, outcome.detail
        if not said.isprintable() or said != " ".join(said.split()):
            return f"its detail is not one plain line: {said!r}"
    return "" if reason is attack.reason and re.search(attack.pattern, said) else f"it ended {reason}: {said}"


@pytest.mark.parametrize(
    "attacks",
    [SPIES, FLOODS, LINGERERS, LIARS, NPM_FORGERIES, PYPI_FORGERIES],
    ids=["spies", "floods", "lingerers", "liars", "npm forgeries", "pypi forgeries"],
)
def test_each_attack_ends_with_its_own_outcome_and_touches_nothing(crawl, attacks):
    check(crawl(attacks, Level.BUBBLEWRAP), attacks)


@pytest.mark.skipif(sandbox.fault(Level.GVISOR) is not None, reason=str(sandbox.fault(Level.GVISOR)))
@pytest.mark.parametrize("attacks", IN_GVISOR.values(), ids=IN_GVISOR)
def test_so_it_is_in_gvisor(crawl, attacks):
    check(crawl(attacks, Level.GVISOR), attacks, allowed=ANSWERED_IN_GVISOR)


def check(seen: Crawl, attacks: Sequence[Attack | Forgery], allowed: Collection[str] = ()) -> None:
    assert {one.name: fault for one in attacks if (fault := fault_in(one, seen.outcomes[one.name], allowed))} == {}
    assert {name: type(seen.outcomes[name]) for name in NEIGHBOURS} == dict.fromkeys(NEIGHBOURS, Introspected)
    assert seen.grown < OWN_MEMORY
    assert processes_with(seen.marker) == []
    canaries = seen.canaries
    assert canaries.visits == []
    assert canaries.process.poll() is None
    assert canaries.file.read_text() == canaries.secret
    assert sorted(place.name for place in canaries.folder.iterdir()) == ["secret", "socket"]
    assert canaries.secret not in repr(seen.outcomes)
    escaped = [
        *canaries.folder.parent.rglob("*planted*"),
        *Path("/").glob("*planted*"),
        *Path("/tmp").glob("*planted*"),
    ]
    assert [place for place in escaped if "archive-v0" not in place.parts] == []  # uv's copy of a package's own files
