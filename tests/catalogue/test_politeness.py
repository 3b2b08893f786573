"""How a crawl treats those whom it asks: real servers on loopback, which it takes for those of strangers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from time import monotonic

import pytest

from catalogue.intake.courtesy import ENOUGH
from catalogue.intake.introspection import introspect_due
from catalogue.values import utc_now
from crawler.introspector import introspect
from crawler.opt_out import OptOut
from crawler.settings import NAME
from tests.crawler.peers import remotes


def crawl(store, clock=None):
    """Introspect what is due on loopback with the manners that strangers are treated with; `clock` replaces ours."""

    async def as_strangers(target, *, allow_private, robots):
        assert not allow_private
        outcome = await introspect(target, allow_private=True, robots=robots)
        return replace(outcome, started_at=clock()) if clock else outcome

    outcomes, _, _, postponed = introspect_due(
        store.engine,
        as_strangers,
        limit=None,
        allow_private=False,
        opt_out=OptOut(),
        concurrency=8,
        report=lambda *_: None,
        clock=clock or utc_now,
    )
    return outcomes, postponed


@pytest.fixture(autouse=True)
def _hardly_a_pause(monkeypatch):
    monkeypatch.setattr("catalogue.intake.asking.PAUSE", 0.02)


@pytest.fixture
def servers(store, listing, target):
    """List so many servers of one origin, and return their addresses."""

    def take(base, count, path="modern"):
        addresses = [f"{base}/{path}/{number}" for number in range(count)]
        store.take(*(listing(address, target(address)) for address in addresses))
        return addresses

    return take


def sessions(seen):
    """Count what was asked of each server, robots.txt aside, as the crawl opens a session."""
    return Counter(request.path for request in seen if request.asked == "server/discover")


async def without_rules(request):
    await request.reply(b"", 404)


def test_robots_txt_is_read_once_an_origin_and_each_server_gets_one_session(store, servers):
    with remotes.serving({"robots.txt": without_rules}) as (base, seen):
        addresses = servers(base, 5)
        assert crawl(store) == ({"introspected": 5}, 0)
    assert sessions(seen) == {address.removeprefix(base): 1 for address in addresses}
    assert [request.path for request in seen].count("/robots.txt") == 1
    assert seen[0].path == "/robots.txt"


def test_everybody_is_told_who_asks_and_whom_to_ask_about_it(monkeypatch, store, servers):
    monkeypatch.setenv("CATALOGUE_CONTACT", "https://crawl.example/about")
    with remotes.serving({"robots.txt": without_rules, "old": remotes.PEERS["handshake"]}) as (base, seen):
        servers(base, 1)
        servers(base, 1, "old")
        crawl(store)
    assert {request.headers["user-agent"].partition("/")[0] for request in seen} == {NAME}
    assert all("(+https://crawl.example/about)" in request.headers["user-agent"] for request in seen)
    named = [
        request.message.get("params", {}) for request in seen if request.asked in ("initialize", "server/discover")
    ]
    clients = [one.get("clientInfo") or one["_meta"]["io.modelcontextprotocol/clientInfo"] for one in named]
    assert {(client["name"], client["websiteUrl"]) for client in clients} == {(NAME, "https://crawl.example/about")}


def test_who_has_had_enough_is_left_alone_with_all_of_its_origin_for_as_long_as_it_asks(store, servers):
    async def enough(request):
        await request.reply(b"", 429, Retry_After="7200")

    with (
        remotes.serving({"robots.txt": without_rules, "limited": enough}) as (base, seen),
        remotes.serving({"robots.txt": without_rules}) as (other, _),
    ):
        limited = servers(base, 4, "limited")
        fine = servers(other, 2)
        assert crawl(store) == ({"introspected": 2, "rate-limited": 1}, 3)
        assert len([request for request in seen if request.path != "/robots.txt"]) == 1
        assert crawl(store) == ({}, 0)
    now = datetime.now(UTC)
    assert set(store.due(now + timedelta(hours=1.9))) == set(fine)
    assert set(store.due(now + timedelta(hours=2.1))) == {*limited, *fine}


def test_an_origin_that_fails_is_asked_ever_more_slowly_and_then_not_at_all(store, servers):
    asked = {}

    async def broken(request):
        asked.setdefault(request.path, monotonic())
        await request.reply(b"", 503)

    with remotes.serving({"robots.txt": without_rules, "broken": broken}) as (base, _):
        servers(base, 12, "broken")
        assert crawl(store) == ({"server-error": ENOUGH}, 12 - ENOUGH)
    gaps = [later - earlier for earlier, later in pairwise(asked.values())]
    assert [gap >= 0.02 * 2**number for number, gap in enumerate(gaps, 1)] == [True] * (ENOUGH - 1)
    assert store.due(datetime.now(UTC) + timedelta(minutes=55)) == []


def test_one_that_answers_among_those_that_fail_keeps_its_origin_open(store, servers):
    async def every_third(request):
        number = int(request.path.rpartition("/")[2])
        await (remotes.PEERS["modern"](request) if number % 3 == 2 else request.reply(b"", 500))

    with remotes.serving({"robots.txt": without_rules, "mixed": every_third}) as (base, _):
        servers(base, 3 * ENOUGH, "mixed")
        assert crawl(store) == ({"server-error": 2 * ENOUGH, "introspected": ENOUGH}, 0)


def test_a_crawl_asks_what_is_due_and_nobody_else_over_days(store, servers, at):
    hours = 0.0

    async def sometimes(request):
        await (request.reply(b"", 500) if hours < 2 else remotes.PEERS["handshake"](request))

    async def wall(request):
        await request.reply(b"", 401)

    async def six_hours(request):
        if request.asked != "tools/list":
            return await remotes.opened(request)
        return await request.result(remotes.page([], ttlMs=6 * 3_600_000))

    own = {"robots.txt": without_rules, "sometimes": sometimes, "wall": wall, "six": six_hours}
    visits = {}
    with remotes.serving(own) as (base, seen):
        for path in ("handshake", *own):
            servers(base, path != "robots.txt", path)
        for hours in (0, 0.5, 1.1, 3.2, 6.1, 24.1, 27.3, 30 * 24, 60 * 24):
            seen.clear()
            crawl(store, partial(at, hours))
            visits[hours] = {request.path.split("/")[1] for request in seen} & {"handshake", *own} - {"robots.txt"}
    everybody = {"handshake", "sometimes", "wall", "six"}
    assert visits == {
        0: everybody,
        0.5: set(),
        1.1: {"sometimes"},  # an hour after the first failure
        3.2: {"sometimes"},  # two after the second
        6.1: {"six"},  # by its own word
        24.1: {"six", "handshake"},
        27.3: {"sometimes"},  # it lives, so it is asked daily
        30 * 24: everybody,
        60 * 24: everybody,
    }
