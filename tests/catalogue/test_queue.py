from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from catalogue.database import check
from catalogue.errors import CatalogueError
from catalogue.queue import Queue
from catalogue.queue.jobs import enqueue
from catalogue.queue.place import count_jobs, prepare
from catalogue.queue.worker import work
from crawler.opt_out import OptOut
from crawler.records import Reason, TargetKind
from tests.catalogue.test_crawl_intake import Asker, quiet

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _no_queue_yet(engine, monkeypatch):
    """A queue is made by whoever uses it first; the sandbox is another test's business."""
    drop(engine)
    monkeypatch.setattr("crawler.introspector.sandbox.fault", lambda: None)
    monkeypatch.setattr("catalogue.queue.worker._POLL", 0.1)
    yield
    drop(engine)


def drop(engine):
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS catalogue_queue CASCADE"))


@pytest.fixture
def at_once(monkeypatch):
    """No pause between sessions with one site."""
    monkeypatch.setattr("catalogue.intake.asking.PAUSE", 0.0)


@pytest.fixture
def impatient(monkeypatch):
    """A job that fails is tried once more, at once."""
    monkeypatch.setattr("catalogue.queue.worker._ATTEMPTS", 2)
    monkeypatch.setattr("catalogue.queue.worker._FIRST_RETRY", 0)


def put_in(store, limit=None, allow_private=False):
    return enqueue(store.engine, limit=limit, allow_private=allow_private, ruleset="none")


def work_off(store, introspect, queues=(Queue.REMOTE, Queue.PACKAGE), concurrency=8, allow_private=False):
    return work(
        store.engine,
        introspect,
        queues=queues,
        allow_private=allow_private,
        opt_out=OptOut(domains=frozenset({"left.example"})),
        concurrency=concurrency,
        until_empty=True,
        silence=5.0,
        report=quiet,
    )


@pytest.mark.usefixtures("at_once")
def test_a_queue_is_worked_off_as_a_crawl_would(store, listing, target, introspected, failed):
    for number in range(12):
        store.take(listing(f"remote {number}", target(f"https://host{number % 3}.example/{number}")))
        store.take(listing(f"package {number}", target(f"package-{number}", TargetKind.NPM)))
    store.take(listing("left", target("https://left.example/")))
    store.take(listing("two ways", target("https://wall.example/"), target("way", TargetKind.NPM)))

    def answer(target):
        return failed(target, Reason.SIGN_IN) if "wall" in target.address else introspected(target, "tool")

    assert put_in(store) == {"remote": 5, "package": 12}
    assert put_in(store) == {}, "it is there already"
    asker = Asker(answer)
    done = work_off(store, asker)
    assert (done.outcomes, done.tools) == ({"introspected": 25, "sign-in-required": 1, "opted-out": 1}, 25)
    assert asker.most["packages"] <= 2
    assert {asker.most[f"host{number}.example"] for number in range(3)} == {1}
    counts = count_jobs(store.engine)
    assert counts["remote"] == {"succeeded": 5}
    assert counts["package"] == {"succeeded": 13}, "with the next target of the server behind a wall"
    assert counts["classify"] == {"todo": 1}
    assert put_in(store) == {}, "nothing is due"


@pytest.mark.usefixtures("at_once")
def test_a_machine_does_what_it_has_the_means_for(monkeypatch, store, listing, target, introspected):
    store.take(listing("image", target("docker.io/acme/image", TargetKind.OCI)))
    store.take(listing("package", target("package", TargetKind.NPM)))
    assert put_in(store) == {"package": 1, "image": 1}
    monkeypatch.setattr("crawler.introspector.sandbox.fault", lambda: "no bubblewrap")
    monkeypatch.setattr("crawler.introspector.containers.fault", lambda: (Reason.NO_RUNTIME, "no podman"))
    with pytest.raises(CatalogueError, match=r"package: no bubblewrap; .* image: no podman"):
        work_off(store, Asker(introspected), [Queue.PACKAGE, Queue.IMAGE])
    monkeypatch.setattr("crawler.introspector.containers.fault", lambda: None)
    assert work_off(store, Asker(introspected), [Queue.PACKAGE, Queue.IMAGE]).outcomes == {"introspected": 1}
    assert count_jobs(store.engine)["image"] == {"succeeded": 1}
    assert count_jobs(store.engine)["package"] == {"todo": 1}, "for a machine that has a sandbox"


def test_jobs_of_one_site_are_done_one_after_the_other_with_a_pause(monkeypatch, store, listing, target, introspected):
    monkeypatch.setattr("catalogue.intake.asking.PAUSE", 0.25)
    sites = [f"https://{name}.one.example/" for name in "abc"]
    store.take(*(listing(address, target(address)) for address in sites))
    assert [put_in(store, limit) for limit in (1, None)] == [{"remote": 1}] * 2
    asked = []
    work_off(store, Asker(lambda target: asked.append(monotonic()) or introspected(target)), queues=[Queue.REMOTE])
    first, second, third = asked
    assert min(second - first, third - second) >= 0.25


def test_who_was_never_asked_comes_first_and_who_failed_last(store, listing, target, introspected, failed):
    new, live, dead = (target(f"https://{name}.example/") for name in ("new", "live", "dead"))
    store.take(*(listing(each.address, each) for each in (dead, live)))
    store.record(failed(dead), introspected(live))
    store.take(listing("new", new))
    put_in(store)
    asked = []
    work_off(store, Asker(lambda target: asked.append(target) or failed(target)), concurrency=1)
    assert asked == [new, live, dead]


@pytest.mark.usefixtures("impatient")
def test_a_job_that_fails_is_tried_again_and_its_target_stays_due(store, listing, target):
    store.take(listing("a", target()))
    put_in(store)

    def answer(target):
        asked.append(target)
        raise RuntimeError("a bug")

    asked = []
    assert work_off(store, Asker(answer)).outcomes == {}
    assert (len(asked), count_jobs(store.engine)) == (2, {"remote": {"failed": 1}})
    assert put_in(store) == {"remote": 1}


@pytest.mark.usefixtures("impatient")
def test_jobs_of_ones_own_servers_and_of_the_internet_are_not_mixed_up(store, listing, target, introspected):
    store.take(listing("a", target()))
    put_in(store, allow_private=True)
    assert work_off(store, Asker(introspected)).outcomes == {}
    assert count_jobs(store.engine)["remote"] == {"failed": 1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_is_told_to_stop_returns_its_job(monkeypatch, store, listing, target, introspected, number):
    monkeypatch.setattr("catalogue.queue.worker._GRACE", 0.1)
    store.take(listing("a", target("https://one.example/1")), listing("b", target("https://one.example/2")))
    put_in(store)

    async def introspect(target, **options):
        if target.address.endswith("2"):
            os.kill(os.getpid(), number)
            await asyncio.sleep(60)
        return replace(introspected(target, "tool"), started_at=datetime.now(UTC))

    monkeypatch.setattr("catalogue.intake.asking.PAUSE", 0.0)
    assert work_off(store, introspect).outcomes == {"introspected": 1}
    assert count_jobs(store.engine) == {"remote": {"todo": 1}}
    assert work_off(store, Asker(lambda target: introspected(target, "tool"))).outcomes == {"introspected": 1}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("died_before", "outcomes"), [(0, {"introspected": 1}), (1, {})])
def test_jobs_of_dead_workers_are_taken_back_until_too_many_died(
    store, listing, target, introspected, died_before, outcomes
):
    store.take(listing("a", target()))
    put_in(store)
    with store.engine.begin() as connection:  # as a worker leaves it that was killed, and whose place was cleared
        connection.execute(text("SET LOCAL search_path TO catalogue_queue"))
        change = text("UPDATE procrastinate_jobs SET status = 'doing', attempts = :died")
        connection.execute(change, {"died": died_before})
    assert put_in(store) == {}, "somebody may still be at it"
    assert work_off(store, Asker(introspected)).outcomes == outcomes


def test_the_tables_of_an_older_procrastinate_are_brought_up_to_date(database_url, engine, store, listing, target):
    first = min(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA catalogue_queue")
        connection.exec_driver_sql("SET LOCAL search_path TO catalogue_queue")
        connection.connection.cursor().execute(first.read_text())
        connection.exec_driver_sql(f"COMMENT ON SCHEMA catalogue_queue IS '{first.name}'")
    store.take(listing("a", target()))
    assert put_in(store) == {"remote": 1}
    check(database_url)


def test_a_queue_of_a_newer_procrastinate_is_left_alone(engine):
    prepare(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("COMMENT ON SCHEMA catalogue_queue IS '99.00.00_01_far_ahead.sql'")
    with pytest.raises(CatalogueError, match="newer than the installed Procrastinate"):
        prepare(engine)


@pytest.mark.usefixtures("at_once")
def test_an_origin_that_asks_for_a_rest_gets_it_from_all_workers(store, listing, target, failed):
    store.take(*(listing(f"{number}", target(f"https://one.example/{number}")) for number in range(4)))
    outcome = replace(failed(target(), Reason.RATE_LIMITED), retry_after=timedelta(hours=3))
    asker = Asker(lambda target: replace(outcome, target=target))
    put_in(store)
    assert work_off(store, asker).outcomes == {"rate-limited": 1}
    assert put_in(store) == {}
    now = datetime.now(UTC)
    assert (len(store.due(now + timedelta(hours=2.9))), len(store.due(now + timedelta(hours=3.1)))) == (0, 4)
