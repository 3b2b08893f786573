"""Crawls of an ecosystem by the real command, and what they leave in the database."""

from __future__ import annotations

import random
import signal
import subprocess
import time

from catalogue.database import open_database, reading
from catalogue.repository import Repository
from tests.cli.program import COMMAND
from tests.ecosystem import Ecosystem

DONE = 0
PARTLY_FAILED = 4


def start(ecosystem: Ecosystem, database: str, concurrency: int = 50) -> subprocess.Popen[str]:
    """Start a crawl of everything."""
    options = ["--source", f"official={ecosystem.address}", "--allow-private", "--concurrency", str(concurrency)]
    command = [COMMAND, "crawl", *options, "--database", database]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def crawl_with_kills(
    ecosystem: Ecosystem, database: str, kills: int, chance: random.Random, concurrency: int = 50
) -> int:
    """Crawl, with so many kill -9 at random moments, and then to the end; return how many came before that."""
    listing = sum(server.outcome == "introspected" for server in ecosystem.expected().values())
    for done in range(kills):
        crawl = start(ecosystem, database, concurrency)
        if not _wait(ecosystem, crawl, chance.uniform(0, listing / kills), chance.uniform(0, 1)):
            return done
        crawl.send_signal(signal.SIGKILL)
        crawl.communicate()
    crawl = start(ecosystem, database, concurrency)
    _, errors = crawl.communicate()
    assert crawl.returncode in {DONE, PARTLY_FAILED}, errors
    return kills


def listings(ecosystem: Ecosystem) -> int:
    """Return how many listings its servers were asked for so far."""
    return sum(ecosystem.asked()["listed"].values())


def _wait(ecosystem: Ecosystem, crawl: subprocess.Popen[str], count: float, seconds: float) -> bool:
    """Wait until that many listings more were asked for, and some time; say whether the crawl still runs."""
    before = listings(ecosystem)
    while listings(ecosystem) < before + count:
        try:
            crawl.communicate(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        return False
    time.sleep(seconds)
    return crawl.poll() is None


def found(database: str) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    """What the catalogue holds: each server's outcome and the names of its tools."""
    engine = open_database(database)
    with reading(engine) as session:
        repository = Repository(session)
        tools: dict[str, list[str]] = {}
        for tool in repository.tools(""):
            tools.setdefault(tool.server, []).append(tool.name)
        servers = list(repository.servers())
    engine.dispose()
    outcomes = {}
    for server in servers:
        latest = [target.latest.outcome for target in server.targets if target.latest]
        outcomes[server.name] = (latest[0] if latest else None, tuple(sorted(tools.get(server.name, []))))
    return outcomes


def wanted(ecosystem: Ecosystem) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What an undisturbed crawl must leave."""
    return {name: (one.outcome, tuple(sorted(one.tools))) for name, one in ecosystem.expected().items()}
