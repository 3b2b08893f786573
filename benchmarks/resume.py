"""Kills one crawl again and again with -9, and compares what it leaves with an undisturbed one. See README.md."""

from __future__ import annotations

import argparse
import random
import tempfile
import time

from benchmarks.commands import machine, show
from tests.ecosystem import DEFAULT_MIX, running
from tests.ecosystem.crawls import crawl_with_kills, found, listings, wanted

_LATENCY = 0.3  # seconds that a server takes for an answer, so that many sessions are under way at each kill
_CONCURRENCY = 20
_MIX = {profile: share for profile, share in DEFAULT_MIX.items() if profile != "flood"}
"""A flood is cut off by its size or by the clock, whichever a busy machine comes to first: no two crawls need agree."""


def main() -> None:
    """Crawl twice, once with kills, print both and what differs; exit with 1 if anything does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resume")
    parser.add_argument("--servers", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{options.servers:,} servers of every profile but floods; {machine()}")
    chance = random.Random(options.seed)
    with (
        running(servers=options.servers, mix=_MIX, latency=_LATENCY) as ecosystem,
        tempfile.TemporaryDirectory() as folder,
    ):
        ends = {}
        for name, kills in (("undisturbed", 0), ("disturbed", options.kills)):
            database = f"sqlite:///{folder}/{name}.db"
            started, before = time.monotonic(), listings(ecosystem)
            done = crawl_with_kills(ecosystem, database, kills, chance, _CONCURRENCY)
            show(f"{name}: kills", str(done))
            show(f"{name}: seconds", f"{time.monotonic() - started:.0f}")
            show(f"{name}: listings asked for", f"{listings(ecosystem) - before:,}")
            ends[name] = found(database)
        differing = sorted(name for name, end in ends["undisturbed"].items() if ends["disturbed"].get(name) != end)
        untrue = [name for name, end in wanted(ecosystem).items() if ends["disturbed"].get(name) != end]
    show("servers that ended otherwise than in the undisturbed crawl", str(len(differing)))
    show("servers that ended otherwise than they are", str(len(untrue)))
    if differing or untrue:
        raise SystemExit(f"for instance {(differing + untrue)[0]}")


if __name__ == "__main__":
    main()
