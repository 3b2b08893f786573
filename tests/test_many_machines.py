"""Three workers on one PostgreSQL ask a local internet, and one is killed with -9 in the middle.

What happened is told by those who were asked: each worker has its own contact in its User-Agent.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from itertools import combinations

import pytest

from catalogue.database import check, open_database
from catalogue.queue.place import count_jobs
from tests.cli.program import COMMAND, run_program
from tests.ecosystem import running
from tests.ecosystem.crawls import found, wanted

SERVERS = 60
MIX = {"sign-in": 8, "not-found": 8, "empty": 4, "server-error": 4, "closed": 4}
"""Ill servers that answer at once: those that hang are the introspector's business."""

LATENCY = 0.2
WORKERS = [f"worker-{number}@example.org" for number in range(3)]


@pytest.fixture(scope="module")
def ecosystem():
    with running(servers=SERVERS, mix=MIX, latency=LATENCY) as ecosystem:
        yield ecosystem


def start(database, contact):
    options = ["--queue", "remote", "--allow-private", "--until-empty", "--dead-after", "5", "--concurrency", "4"]
    command = [COMMAND, "worker", *options, "--database", database]
    environment = os.environ | {"CATALOGUE_CONTACT": contact}
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )  # fmt: skip


def visits(ecosystem):
    """Server to what it saw of each worker: when it came first, when it left last (`None`: it is still there)."""
    seen = {}
    for server, each in ecosystem.asked()["visits"].items():
        spans = seen.setdefault(server, {})
        for agent, begin, end in each:
            for worker in (contact for contact in WORKERS if contact in agent):  # the embedded crawl has none
                first, last = spans.get(worker, (begin, end))
                spans[worker] = min(first, begin), None if last is None or end is None else max(last, end)
    return seen


def kill_in_the_middle(ecosystem, workers):
    """Kill the first worker while all of them ask someone."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen = visits(ecosystem)
        at = {who: {name for name, spans in seen.items() if spans.get(who, (0, 0))[1] is None} for who in WORKERS}
        if sum(map(bool, seen.values())) >= SERVERS // 4 and all(at.values()):
            workers[WORKERS[0]].send_signal(signal.SIGKILL)
            workers[WORKERS[0]].communicate()
            return
        time.sleep(0.02)
    pytest.fail("the workers did not get going")


def test_every_server_is_asked_by_one_of_three_workers_though_one_is_killed(ecosystem, postgresql, tmp_path):
    database = postgresql()
    source = f"official={ecosystem.address}"
    enqueued = run_program("crawl", "--source", source, "--allow-private", "--enqueue", "--database", database)
    assert enqueued.code == 0, enqueued
    workers = {contact: start(database, contact) for contact in WORKERS}
    kill_in_the_middle(ecosystem, workers)
    embedded = f"sqlite:///{tmp_path}/catalogue.db"
    run_program("crawl", "--source", source, "--allow-private", "--concurrency", 50, "--database", embedded)
    for contact in WORKERS[1:]:
        _, errors = workers[contact].communicate(timeout=60)
        assert workers[contact].returncode == 0, errors

    assert found(database) == found(embedded) == wanted(ecosystem)

    seen = visits(ecosystem)
    unseen = {name for name, server in ecosystem.expected().items() if server.outcome == "unreachable"}
    assert {server for server, spans in seen.items() if spans} == ecosystem.expected().keys() - unseen
    for server, spans in seen.items():
        for (_, first_left), (second_came, _) in combinations(sorted(spans.values()), 2):
            assert first_left < second_came, f"{server} was asked by two workers at once: {spans}"
    assert all(any(worker in spans for spans in seen.values()) for worker in WORKERS)
    again = [server for server, spans in seen.items() if len(spans) > 1]
    assert 0 < len(again) <= 4, "the killed worker's sessions, and no others, were begun again"
    assert all(WORKERS[0] in seen[server] for server in again)

    engine = open_database(database)
    assert count_jobs(engine)["remote"] == {"succeeded": SERVERS}
    engine.dispose()
    check(database)
