"""What asking remote servers costs, against a local internet in a process of its own. See README.md."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from benchmarks.commands import Cost, machine, run, show
from catalogue.database import open_database, reading
from catalogue.models import Introspection
from catalogue.repository import INTROSPECTED
from tests.ecosystem import Ecosystem, running
from tests.ecosystem.world import LEGACY_SSE, MODERN, REVISIONS

STATELESS = {MODERN: 1}
HANDSHAKE = {revision: share for revision, share in REVISIONS.items() if revision not in {MODERN, LEGACY_SSE}}
ILL = {"hang": 10 / 3, "drip": 10 / 3, "flood": 10 / 3}
"""A tenth of the servers, in per cent."""

_ENDED = {0, 3, 4}  # done, nothing to do, done but some targets failed


@dataclass(frozen=True, slots=True)
class Crawl:
    """One crawl: its own cost without the start-up's, the processor time of the servers, and the well sessions' time.

    `span` is the time from the first session's begin to the last well one's end, in seconds.
    """

    cost: Cost
    served: float
    span: float


def main() -> None:
    """Measure and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.remotes")
    parser.add_argument("--servers", type=int, default=3_000, help="how many servers a measurement asks")
    parser.add_argument("--many", type=int, default=20_000, help="how many servers memory is to be flat up to")
    options = parser.parse_args()
    print(f"{options.servers:,} servers; {machine()}")
    well = {name: speed(name, options.servers) for name in ("stateless", "handshake")}
    ill = crawl(options.servers, HANDSHAKE, mix=ILL)
    share = (1 - sum(ILL.values()) / 100) * well["handshake"].span / ill.span
    show("10 % hanging, dripping, flooding: well servers a second, ratio", f"{share:.2f}")
    show("10 % hanging, dripping, flooding: processor time, ratio", f"{ill.cost.cpu / well['handshake'].cost.cpu:.2f}")
    memory(options.servers, options.many)


def speed(era: str, servers: int) -> Crawl:
    """Print what sessions of one era cost."""
    measured = crawl(servers, {"stateless": STATELESS, "handshake": HANDSHAKE}[era])
    show(f"{era}: sessions a second, into the database", f"{servers / measured.cost.wall:,.0f}")
    show(f"{era}: sessions for each second of processor of the crawl", f"{servers / measured.cost.cpu:,.0f}")
    show(f"{era}: sessions for each second of processor of the servers", f"{servers / measured.served:,.0f}")
    return measured


def memory(few: int, many: int) -> None:
    """Print the largest resident memory with many sessions at a time, and with many servers."""
    slow = crawl(few, STATELESS, concurrency=500, latency=1.0)
    show("500 sessions at a time: largest resident memory, MiB", f"{slow.cost.peak:.0f}")
    peaks = {count: crawl(count, STATELESS).cost.peak for count in (1_000, many)}
    for count, peak in peaks.items():
        show(f"{count:,} servers: largest resident memory, MiB", f"{peak:.0f}")


def crawl(
    servers: int,
    revisions: Mapping[str, float],
    *,
    mix: Mapping[str, float] | None = None,
    concurrency: int = 50,
    latency: float = 0.0,
) -> Crawl:
    """Find the servers of a local internet, then measure asking them; all that is not `mix` is well."""
    with (
        running(servers=servers, mix=mix or {}, revisions=revisions, latency=latency) as ecosystem,
        tempfile.TemporaryDirectory() as folder,
    ):
        database = f"sqlite:///{folder}/bench.db"
        _run(ecosystem, database, "discover", concurrency)
        before = ecosystem.asked()["cpu"]
        cost = _run(ecosystem, database, "introspect", concurrency)
        served = ecosystem.asked()["cpu"] - before
        nothing = _run(ecosystem, database, "introspect", concurrency)
        return Crawl(
            Cost("crawl", cost.wall - nothing.wall, cost.cpu - nothing.cpu, cost.peak), served, well_span(database)
        )


def _run(ecosystem: Ecosystem, database: str, half: str, concurrency: int) -> Cost:
    source = ("--source", f"official={ecosystem.address}", "--allow-private", "--only", half)
    return run("crawl", *source, "--concurrency", str(concurrency), "--database", database, allowed=_ENDED)


def well_span(database: str) -> float:
    """Return the seconds from the begin of the first session to the end of the last one that listed its tools."""
    engine = open_database(database)
    with reading(engine) as session:
        rows = session.execute(select(Introspection.started_at, Introspection.duration, Introspection.outcome)).all()
    engine.dispose()
    ends = [begin + timedelta(seconds=duration) for begin, duration, outcome in rows if outcome == INTROSPECTED]
    return (max(ends) - min(begin for begin, _, _ in rows)).total_seconds()


if __name__ == "__main__":
    main()
