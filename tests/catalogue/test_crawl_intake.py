from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import pytest
from sqlalchemy import event

from catalogue.database import open_database, reading, writing
from catalogue.errors import CatalogueError
from catalogue.intake import crawl, plan
from catalogue.intake.discovery import discover_into
from catalogue.intake.introspection import introspect_due
from catalogue.repository import ListingStore, Repository
from crawler.opt_out import OptOut
from crawler.records import Dropped, DropReason, Reason, SourceError, TargetKind
from crawler.run import Discovery, SourceRequest
from tests.ecosystem import running

MIX = {"sign-in": 10, "not-found": 10, "empty": 5, "malformed": 5, "server-error": 5, "closed": 5}
"""Ill servers that answer at once: those that hang are the introspector's business."""

CRAWL = """
import sys
from catalogue.database import open_database
from catalogue.intake import crawl
from crawler.run import SourceRequest

def report(what, done, total):
    print(what, done, flush=True)

crawl(open_database(sys.argv[1]), [SourceRequest("official", sys.argv[2])], only=None, limit=None, allow_private=True,
      concurrency=2, report=report)
"""


def quiet(what, done, total):
    pass


def crawl_all(engine, address, **options):
    options = {"only": None, "limit": None, "allow_private": True, "concurrency": 8, "report": quiet} | options
    return crawl(engine, [SourceRequest("official", address)], **options)


def found(engine):
    """Server to its outcome and its tools."""
    with reading(engine) as session:
        repository = Repository(session)
        tools = Counter(tool.server for tool in repository.tools(""))
        return {
            server.name: (server.targets[0].latest.outcome if server.targets[0].latest else None, tools[server.name])
            for server in repository.servers()
        }


@pytest.fixture(scope="module")
def ecosystem():
    with running(servers=60, mix=MIX) as ecosystem:
        yield ecosystem


@pytest.fixture(scope="module")
def undisturbed(ecosystem, tmp_path_factory):
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('crawl')}/catalogue.db")
    summary = crawl_all(engine, ecosystem.address)
    yield found(engine), summary
    engine.dispose()


def test_a_crawl_ends_with_every_servers_tools_or_a_reason(ecosystem, undisturbed):
    servers, summary = undisturbed
    expected = ecosystem.expected()
    assert {name: outcome for name, (outcome, _) in servers.items()} == {
        name: server.outcome for name, server in expected.items()
    }
    assert summary.tools == sum(count for _, count in servers.values()) > 100
    assert summary.outcomes == Counter(server.outcome for server in expected.values())
    assert {failure.server for failure in summary.failures} == {
        name for name, server in expected.items() if server.outcome != "introspected"
    }


def test_nothing_is_asked_twice_before_it_is_due(ecosystem, engine):
    crawl_all(engine, ecosystem.address)
    before = ecosystem.asked()["listed"]
    again = crawl_all(engine, ecosystem.address)
    assert again.outcomes == {}
    assert ecosystem.asked()["listed"] == before


@pytest.mark.parametrize("results", [0, 12])
def test_a_crawl_that_was_killed_goes_on_where_it_was(ecosystem, undisturbed, database_url, results):
    with subprocess.Popen(
        [sys.executable, "-c", CRAWL, database_url, ecosystem.address], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            what, _, done = line.strip().rpartition(" ")
            if (what == "introspecting" and int(done) > results) or (not results and what == "reading sources"):
                process.kill()
                break
    engine = open_database(database_url)
    kept = sum(outcome is not None for outcome, _ in found(engine).values())
    assert results < kept < 60 or (not results and not kept)
    resumed = crawl_all(engine, ecosystem.address)
    assert sum(resumed.outcomes.values()) == 60 - kept
    assert found(engine) == undisturbed[0]
    engine.dispose()


def test_a_limit_bounds_both_halves_and_the_next_crawl_reads_on(ecosystem, sqlite_engine, undisturbed):
    summary = crawl_all(sqlite_engine, ecosystem.address, limit=5)
    assert [discovery.listings for discovery in summary.discoveries] == [5]
    assert sum(summary.outcomes.values()) == 5
    crawl_all(sqlite_engine, ecosystem.address)
    assert found(sqlite_engine) == undisturbed[0]


def test_the_halves_can_be_run_apart(ecosystem, sqlite_engine):
    first = crawl_all(sqlite_engine, ecosystem.address, only="discover")
    assert (len(first.discoveries), first.outcomes) == (1, {})
    second = crawl_all(sqlite_engine, ecosystem.address, only="introspect", limit=3)
    assert (second.discoveries, sum(second.outcomes.values())) == ((), 3)


def test_private_addresses_that_were_refused_are_due_once_they_are_allowed(ecosystem, sqlite_engine):
    crawl_all(sqlite_engine, ecosystem.address, only="discover", limit=4)
    refused = crawl_all(sqlite_engine, ecosystem.address, only="introspect", allow_private=False)
    assert set(refused.outcomes) <= {"address-refused", "needs-configuration"}
    allowed = crawl_all(sqlite_engine, ecosystem.address, only="introspect")
    assert sum(allowed.outcomes.values()) == refused.outcomes["address-refused"]
    assert "address-refused" not in allowed.outcomes


def test_an_unknown_source_is_named_and_nothing_is_read(sqlite_engine):
    with pytest.raises(SourceError, match="nonsense"):
        crawl(sqlite_engine, [SourceRequest("nonsense")], only=None, limit=None, allow_private=False, concurrency=1,
              report=quiet)  # fmt: skip


class Source:
    """Stands for `crawler.run.discover` where a real source could not be made to fail in this way."""

    def __init__(self, *listings, error=None):
        self.listings = listings
        self.error = error
        self.asked = []

    def __call__(self, requests, sink, **options):  # noqa: ARG002 - as `discover` is called
        self.asked += requests
        for listing in self.listings:
            sink.listing(listing)
        sink.dropped(Dropped("official", "odd", DropReason.NO_TARGET, "no target"))
        return [
            Discovery(request.source, "", datetime.now(UTC), len(self.listings), {"no-usable-target": 1}, self.error)
            for request in requests
        ]


def discover(engine, source, limit=None):
    return discover_into(engine, source, [SourceRequest("official")], limit=limit, allow_private=False, report=quiet)


def passes(store):
    return store.status(datetime.now(UTC)).passes


def test_only_a_pass_that_reached_the_end_makes_the_next_one_incremental(store, listing, target):
    for source, limit in [
        (Source(listing("a", target()), error="it broke"), None),
        (Source(listing("a", target())), 1),
        (Source(listing("a", target())), None),
    ]:
        discover(store.engine, source, limit)
        assert source.asked[0].updated_since is None
    source = Source()
    discover(store.engine, source)
    assert source.asked[0].updated_since < datetime.now(UTC)


def test_a_pass_is_remembered_with_what_it_found_and_how_it_ended(store, listing, target):
    _, dropped = discover(store.engine, Source(listing("a", target()), error="it broke"))
    assert [record.source_id for record in dropped] == ["odd"]
    (row,) = passes(store)
    assert (row.listings, row.dropped, row.error, row.complete) == (1, {"no-usable-target": 1}, "it broke", False)
    assert store.server("a") is not None


def test_what_was_found_before_a_source_crashed_is_kept(store, listing, target):
    def crash(requests, sink, **options):
        sink.listing(listing("a", target()))
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        discover(store.engine, crash)
    assert store.server("a") is not None
    assert passes(store) == ()


class Asker:
    """Stands for `crawler.introspector.introspect` and watches how it is called."""

    def __init__(self, answer):
        self.answer = answer
        self.running = Counter()
        self.most = Counter()

    async def __call__(self, target, **options):  # noqa: ARG002 - as `introspect` is called
        group = target.address.split("/")[2] if target.kind is TargetKind.REMOTE else "packages"
        for key in (group, "all"):
            self.running[key] += 1
            self.most[key] = max(self.most[key], self.running[key])
        await asyncio.sleep(0.01)
        for key in (group, "all"):
            self.running[key] -= 1
        return replace(self.answer(target), started_at=datetime.now(UTC))


@pytest.fixture
def at_once(monkeypatch):
    """No pause between sessions with one site."""
    monkeypatch.setattr("catalogue.intake.asking.PAUSE", 0.0)


def ask(engine, asker, concurrency=8, allow_private=False, opt_out=OptOut()):  # noqa: B008 - frozen
    outcomes, tools, failures, _ = introspect_due(
        engine, asker, limit=None, allow_private=allow_private, opt_out=opt_out, concurrency=concurrency, report=quiet
    )
    return outcomes, tools, failures


def test_between_two_sessions_with_one_site_is_a_pause(monkeypatch, store, listing, target, introspected):
    monkeypatch.setattr("catalogue.intake.asking.PAUSE", 0.25)
    sites = ("https://a.one.example/", "https://b.one.example/", "https://c.one.example/x", "https://two.example/")
    store.take(*(listing(address, target(address)) for address in sites))
    asked = {}

    def answer(target):
        asked[target.address] = monotonic()
        return introspected(target, "tool")

    ask(store.engine, Asker(answer))
    first, second, third = sorted(asked[address] for address in sites[:3])
    assert min(second - first, third - second) >= 0.25
    assert asked["https://two.example/"] - first < 0.25


def test_who_is_not_due_is_asked_again_if_all_are_to_be_but_not_who_had_too_much(
    at_once, store, listing, target, introspected, failed
):
    outcomes = {
        "https://live.example/": introspected(target("https://live.example/"), "tool"),
        "https://shut.example/": failed(target("https://shut.example/"), Reason.SIGN_IN),
        "https://busy.example/": failed(target("https://busy.example/"), Reason.RATE_LIMITED),
    }
    store.take(*(listing(address, target(address)) for address in outcomes))
    seen = []

    def again(**options):
        seen.clear()
        asker = Asker(lambda target: seen.append(target.address) or outcomes[target.address])
        options = {"limit": None, "allow_private": False, "opt_out": OptOut(), "concurrency": 8} | options
        introspect_due(store.engine, asker, report=quiet, **options)
        return sorted(seen)

    def planned():
        return [one.server for one in plan(store.engine, limit=None, everyone=True)]

    assert (again(), again()) == (sorted(outcomes), [])
    willing = ["https://live.example/", "https://shut.example/"]
    assert sorted(planned()) == willing
    assert again() == []  # to plan is not to do
    assert len(again(everyone=True, limit=1)) == 1
    assert len(again()) == 1  # what such a crawl did not get to is due
    assert again(everyone=True) == willing


def test_whoever_opted_out_is_not_asked_and_that_is_remembered(store, listing, target, introspected):
    left, asked = target("https://mcp.left.example/"), target("https://asked.example/")
    store.take(listing("left", left), listing("asked", asked))
    seen = []
    asker = Asker(lambda target: seen.append(target.address) or introspected(target, "tool"))
    outcomes, _, _ = ask(store.engine, asker, opt_out=OptOut(domains=frozenset({"left.example"})))
    assert seen == [asked.address]
    assert outcomes == {"introspected": 1, "opted-out": 1}
    assert store.server("left").targets[0].latest.outcome == "opted-out"


@pytest.mark.usefixtures("at_once")
def test_no_host_is_asked_twice_at_once_and_packages_run_two_at_a_time(store, listing, target, introspected):
    for number in range(12):
        store.take(listing(f"remote {number}", target(f"https://host{number % 3}.example/{number}")))
        store.take(listing(f"package {number}", target(f"package-{number}", TargetKind.NPM)))
    asker = Asker(lambda target: introspected(target, "tool"))
    outcomes, tools, failures = ask(store.engine, asker)
    assert (outcomes, tools, failures) == ({"introspected": 24}, 24, ())
    assert asker.most["packages"] == 2
    assert {asker.most[f"host{number}.example"] for number in range(3)} == {1}
    assert asker.most["all"] <= 5


def test_concurrency_bounds_the_hosts_asked_at_a_time(store, listing, target, introspected):
    store.take(*(listing(f"{number}", target(f"https://host{number}.example/")) for number in range(20)))
    asker = Asker(lambda target: introspected(target, "tool"))
    ask(store.engine, asker, concurrency=3)
    assert asker.most["all"] == 3


@pytest.mark.parametrize(("hanging", "most"), [(10, 12), (30, 20)])
def test_servers_that_keep_us_waiting_hold_up_nobody_up_to_ten_for_a_slot(
    monkeypatch, store, listing, target, introspected, hanging, most
):
    monkeypatch.setattr("catalogue.intake.slots.PATIENCE", 0.02)
    slow = [target(f"https://slow{number}.example/") for number in range(hanging)]
    quick = [target(f"https://quick{number}.example/") for number in range(20)]
    store.take(*(listing(one.address, one) for one in (*slow, *quick)))
    ended = []
    running = set()
    at_once = []

    async def introspect(one, **options):
        running.add(one)
        at_once.append(len(running))
        await asyncio.sleep(0.5 if one in slow else 0)
        running.remove(one)
        ended.append(one)
        return replace(introspected(one, "tool"), started_at=datetime.now(UTC))

    ask(store.engine, introspect, concurrency=2)
    assert len(ended) == hanging + 20
    # A store that is slow to answer may free a place before the last is taken.
    assert 2 * most // 3 <= max(at_once) <= most
    if hanging < 20:
        assert set(ended[:20]) == set(quick)


def test_a_servers_next_target_is_asked_in_the_same_crawl(store, listing, target, introspected, failed):
    remote, package = target(), target("a", TargetKind.NPM)
    store.take(listing("a", remote, package), listing("b", target("https://b.example")))

    def answer(target):
        return introspected(target, "tool") if target.kind is TargetKind.NPM else failed(target, Reason.SIGN_IN)

    outcomes, tools, failures = ask(store.engine, Asker(answer))
    assert (outcomes, tools) == ({"sign-in-required": 2, "introspected": 1}, 1)
    assert [(failure.server, failure.reason) for failure in failures] == [("b", "sign-in-required")]


def test_what_this_machine_lacks_is_tried_once_a_crawl(store, listing, target, failed):
    store.take(listing("a", target("a", TargetKind.NPM)))
    outcomes, _, _ = ask(store.engine, Asker(lambda target: failed(target, Reason.NO_SANDBOX)))
    assert outcomes == {"no-sandbox": 1}


def test_a_disk_that_fills_up_ends_the_crawl_and_keeps_what_was_written(tmp_path, listing, target, introspected):
    engine = open_database(f"sqlite:///{tmp_path}/catalogue.db")
    remotes = [target(f"https://host{number}.example/") for number in range(300)]
    with writing(engine) as session:
        ListingStore(session).take([listing(remote.address, remote) for remote in remotes])
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 400").close())
    engine.dispose()

    def answer(target):
        return introspected(target, {"name": "tool", "description": target.address * 500})

    with pytest.raises(CatalogueError, match="its disk is full"):
        ask(engine, Asker(answer), concurrency=20)
    with reading(engine) as session:
        assert 0 < sum(1 for _ in Repository(session).tools("")) < 300
    engine.dispose()
