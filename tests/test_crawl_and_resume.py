"""The whole crawl on a local internet: every healthy server's tools, a reason for each other, also after a kill -9."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from catalogue.database import open_database
from catalogue.repository import Repository
from tests.cli.program import COMMAND
from tests.ecosystem import Ecosystem, running

SERVERS = 300


@pytest.fixture(scope="module")
def ecosystem():
    with running(servers=SERVERS) as running_ecosystem:
        yield running_ecosystem


def start(ecosystem: Ecosystem, database: str) -> subprocess.Popen[str]:
    source = f"official={ecosystem.address}"
    command = [COMMAND, "crawl", "--source", source, "--allow-private", "--concurrency", "50", "--database", database]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def found(database: str) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    """What the catalogue holds: each server's outcome and the names of its tools."""
    engine = open_database(database)
    with Session(engine) as session:
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
    return {name: (one.outcome, tuple(sorted(one.tools))) for name, one in ecosystem.expected().items()}


def test_a_killed_crawl_goes_on_and_ends_like_an_undisturbed_one(ecosystem: Ecosystem, tmp_path: Path):
    database = f"sqlite:///{tmp_path}/catalogue.db"
    killed = start(ecosystem, database)
    assert killed.stderr
    deadline = time.monotonic() + 60
    while sum(ecosystem.asked()["listed"].values()) < SERVERS // 4:
        assert time.monotonic() < deadline, "the crawl did not get going"
        assert killed.poll() is None, "the crawl ended before it could be killed"
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    before = found(database)
    assert 0 < sum(outcome is not None for outcome, _ in before.values()) < SERVERS

    again = start(ecosystem, database)
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 4, errors  # done, but some targets failed
    assert found(database) == wanted(ecosystem)
    repeated = [name for name, times in ecosystem.asked()["listed"].items() if times > 1]
    assert len(repeated) <= 50, "more was asked again than was in flight"
