"""What reading a large registry and taking in tools cost. See README.md."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from benchmarks.commands import machine, run, show
from benchmarks.tools import TOOLS_OF_A_SERVER, made_up, numbered
from catalogue.database import open_database, reading, writing
from catalogue.identity import digest
from catalogue.repository import ListingStore, ToolStore, Work
from catalogue.repository.statements import batches
from crawler.records import Attempt, Introspected, Listing, ListingStatus, Target, TargetKind, Transport
from tests.ecosystem import running

_BATCH = 50  # servers a transaction, as in a crawl


def main() -> None:
    """Measure and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.discovery")
    parser.add_argument("--records", type=int, default=100_000, help="how many records the registry has")
    parser.add_argument("--tools", type=int, default=50_000, help="how many tools are taken in")
    options = parser.parse_args()
    print(f"{options.records:,} records, {options.tools:,} tools; {machine()}")
    discovery(options.records)
    intake(options.tools)


def discovery(records: int) -> None:
    """Print what reading a registry costs, whole, and again when nothing has changed."""
    with running(servers=records, mix={}) as registry, tempfile.TemporaryDirectory() as folder:
        source = ("--source", f"official={registry.address}", "--allow-private", "--only", "discover")
        first = run("crawl", *source, "--database", f"sqlite:///{folder}/bench.db")
        show(f"discovery of {records:,} records, seconds", f"{first.wall:.1f}")
        show("discovery: records a second", f"{records / first.wall:,.0f}")
        show("discovery: records for each second of processor", f"{records / first.cpu:,.0f}")
        show("discovery: largest resident memory, MiB", f"{first.peak:.0f}")


def intake(tools: int) -> None:
    """Print how fast what servers listed gets into SQLite: definitions that are all new, then the same again."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/bench.db")
        targets = _list_servers(engine, tools // TOOLS_OF_A_SERVER)
        outcomes = list(zip(targets, _listings(tools), strict=True))
        for what in ("all of them new", "all of them known"):
            wall, cpu = _take_in(engine, outcomes)
            show(f"intake, {what}: tools a second", f"{tools / wall:,.0f}")
            show(f"intake, {what}: tools for each second of processor", f"{tools / cpu:,.0f}")
        engine.dispose()


def _list_servers(engine: Engine, count: int) -> list[int]:
    """Let the catalogue have that many servers; return their targets."""
    now = datetime.now(UTC)
    with writing(engine) as session:
        for batch in batches(range(count), 100):
            ListingStore(session).take([_listing(number, now) for number in batch])
    with reading(engine) as session:
        return [due.id for due in Work(session).due(now)]


def _listing(number: int, now: datetime) -> Listing:
    name = f"io.example.bench/server-{number}"
    target = Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, f"https://server-{number}.example/mcp")
    return Listing(
        source="bench",
        source_id=name,
        name=name,
        title=None,
        description="",
        version=None,
        repository_url=None,
        website_url=None,
        targets=(target,),
        fetched_from="",
        fetched_at=now,
        digest=digest(name),
        status=ListingStatus.ACTIVE,
        raw={},
    )


def _listings(tools: int) -> Iterator[Introspected]:
    """Yield what servers list, each tool another."""
    target = Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, "")
    for listed in batches(numbered(made_up(), tools), TOOLS_OF_A_SERVER):
        yield Introspected(
            target=target,
            started_at=datetime.now(UTC),
            duration=timedelta(seconds=1),
            protocol_version="2025-11-25",
            server_info={},
            instructions=None,
            tools=tuple(listed),
            pages=1,
            complete=True,
            ttl=None,
            attempt=Attempt("bare", "", None),
        )


def _take_in(engine: Engine, outcomes: list[tuple[int, Introspected]]) -> tuple[float, float]:
    """Record the listings; return seconds of wall clock and of processor."""
    wall, cpu = time.monotonic(), time.process_time()
    for batch in batches(outcomes, _BATCH):
        with writing(engine) as session:
            ToolStore(session).record(batch)
    return time.monotonic() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
