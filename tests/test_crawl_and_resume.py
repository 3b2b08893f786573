"""The whole crawl on a local internet: every healthy server's tools, a reason for each other, also after kill -9."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.ecosystem import Ecosystem, running
from tests.ecosystem.crawls import PARTLY_FAILED, crawl_with_kills, found, listings, start, wanted

SERVERS = 300
IN_FLIGHT = 100
"""What one kill may cost: the sessions that run, and a transaction of results that are not written yet."""


@pytest.fixture(scope="module")
def ecosystem():
    with running(servers=SERVERS) as running_ecosystem:
        yield running_ecosystem


def test_a_killed_crawl_goes_on_and_ends_like_an_undisturbed_one(ecosystem: Ecosystem, tmp_path: Path):
    database = f"sqlite:///{tmp_path}/catalogue.db"
    killed = start(ecosystem, database)
    deadline = time.monotonic() + 60
    while listings(ecosystem) < SERVERS // 2:
        assert time.monotonic() < deadline, "the crawl did not get going"
        assert killed.poll() is None, "the crawl ended before it could be killed"
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    before = found(database)
    assert 0 < sum(outcome is not None for outcome, _ in before.values()) < SERVERS

    again = start(ecosystem, database)
    _, errors = again.communicate(timeout=120)
    assert again.returncode == PARTLY_FAILED, errors
    assert found(database) == wanted(ecosystem)
    repeated = [name for name, times in ecosystem.asked()["listed"].items() if times > 1]
    assert len(repeated) <= IN_FLIGHT, "more was asked again than was in flight"


def test_a_crawl_that_is_killed_again_and_again_ends_like_an_undisturbed_one(tmp_path: Path):
    """The full measure, twenty kills, is `python -m benchmarks.resume`."""
    mix = {"sign-in": 10, "empty": 5, "malformed": 5, "server-error": 5}  # all of which answer at once
    with running(servers=150, mix=mix, latency=0.2) as slow:
        database = f"sqlite:///{tmp_path}/catalogue.db"
        assert crawl_with_kills(slow, database, 2, random.Random(7), concurrency=20) == 2
        assert found(database) == wanted(slow)
