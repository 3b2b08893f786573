from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from crawler.records import ListingStatus
from tests.crawler.peers.sources import Answer, cursor_of, page, read, registry, second_page
from tests.ecosystem import Ecosystem, running

# A registry that works, in a process of its own


@pytest.fixture(scope="module")
def ecosystem() -> Iterator[Ecosystem]:
    with running(servers=250) as started:
        yield started


def test_every_server_of_a_registry_is_found_over_all_its_pages(ecosystem):
    discovery, sink = read("official", ecosystem.address)
    assert discovery.error is None
    assert {listing.name for listing in sink.listings} == set(ecosystem.expected())
    assert all(listing.fetched_from.startswith(ecosystem.address + "/v0.1/servers?") for listing in sink.listings)
    assert all(listing.source == "official" for listing in sink.listings)


def test_a_limit_stops_the_paging(ecosystem):
    discovery, sink = read("official", ecosystem.address, limit=120)
    assert (discovery.listings, discovery.error) == (120, None)
    assert len({listing.fetched_from for listing in sink.listings}) == 2


def test_what_changed_since_comes_with_what_was_deleted(ecosystem):
    since = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=240)
    _, sink = read("official", ecosystem.address, updated_since=since)
    deleted = {listing.name for listing in sink.listings if listing.status is ListingStatus.DELETED}
    assert deleted == ecosystem.withdrawn()
    assert len(sink.listings) == 10 + len(deleted)


# Registries that do not work


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ((200, {}, b"<!doctype html>"), "is not JSON"),
        ((200, {}, b""), "is not JSON"),
        ((200, {}, b"[" * 200_000), "is not JSON"),
        ((200, {}, b"[]"), "a JSON list, expected an object"),
        ((200, {}, b'{"error": "gone"}'), "holds no list of servers"),
        ((200, {}, b'{"servers": {"a": 1}}'), "holds no list of servers"),
        ((404, {}, b"{}"), "answered HTTP 404"),
        ((429, {"Retry-After": "3600"}, b"{}"), "answered HTTP 429"),
        ((302, {"Location": "https://elsewhere.example/v0.1/servers"}, b""), "another origin"),
        ((302, {"Location": "http://[::1"}, b""), "another origin"),
        ((302, {}, b""), "redirects more than"),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), "is not JSON"),
        ((200, {"Content-Length": "1000"}, b"{}"), "breaks off"),
        ((200, {"Content-Length": str(1 << 30)}, b"{}"), "larger than we take"),
    ],
)
def test_a_page_that_goes_wrong_is_one_line_and_what_was_found_stays(then, words):
    with registry(second_page(then)) as address:
        discovery, sink = read("official", address)
    assert [listing.name for listing in sink.listings] == ["first"]
    assert discovery.error is not None
    assert words in discovery.error
    assert address in discovery.error
    assert "cursor=two" in discovery.error
    assert "\n" not in discovery.error


def test_nothing_is_inflated():
    bomb = gzip.compress(b" " * (64 << 20))
    with registry(second_page((200, {"Content-Encoding": "gzip"}, bomb))) as address:
        discovery, _ = read("official", address)
    assert "is not JSON" in str(discovery.error)


@pytest.mark.parametrize("cursor", [7, ["x"], "x" * 5000])
def test_a_cursor_that_is_none_ends_the_pass_after_its_page(cursor):
    with registry(lambda _: page("first", "second", cursor=cursor)) as address:
        discovery, sink = read("official", address)
    assert len(sink.listings) == 2
    assert "no cursor" in str(discovery.error)


def test_a_long_cursor_is_sent_back_as_it_came():
    odd = "&%ü=" * 250
    with registry(lambda path: page("b") if cursor_of(path) == odd else page("a", cursor=odd)) as address:
        discovery, _ = read("official", address)
    assert (discovery.listings, discovery.error) == (2, None)


def test_pages_in_a_circle_end():
    with registry(lambda path: page("a", cursor="1" if cursor_of(path) != "1" else "2")) as address:
        discovery, sink = read("official", address)
    assert "repeats a cursor" in str(discovery.error)
    assert [drop.reason.value for drop in sink.drops] == ["duplicate-name"] * 2


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_cursor_and_an_empty_one_are_the_last_page(cursor):
    with registry(lambda _: page("a", cursor=cursor)) as address:
        assert read("official", address)[0].error is None


def test_an_empty_registry_as_go_writes_it():
    with registry(lambda _: (200, {}, b'{"servers": null, "metadata": {"count": 0}}')) as address:
        assert read("official", address)[0].error is None


def test_one_bad_record_never_costs_its_page():
    body = json.loads(page("a", "b")[2])
    body["servers"][1:1] = [None, 7, {}, {"server": {"name": 3}}, {"server": {"name": "x" * 500}}]
    with registry(lambda _: (200, {}, json.dumps(body).encode())) as address:
        discovery, sink = read("official", address)
    assert [listing.name for listing in sink.listings] == ["a", "b"]
    assert discovery.dropped == {"not-an-object": 2, "no-name": 2, "too-large": 1}
    assert [drop.source_id[:8] for drop in sink.drops] == ["record 2", "record 3", "record 4", "3", "xxxxxxxx"]


def test_a_passing_failure_is_asked_again():
    answers = iter([(503, {}, b""), (429, {"Retry-After": "1"}, b""), page("a")])
    started = time.monotonic()
    with registry(lambda _: next(answers)) as address:
        discovery, _ = read("official", address)
    assert (discovery.listings, discovery.error) == (1, None)
    assert time.monotonic() - started > 1


def test_a_redirect_within_the_origin_is_followed():
    with registry(
        lambda path: page("a") if path.startswith("/new") else (308, {"Location": "/new?limit=100"}, b"")
    ) as address:
        assert read("official", address)[0].listings == 1


def test_the_address_may_be_the_root_or_the_list():
    asked: list[str] = []

    def answer(path: str) -> Answer:
        asked.append(urlsplit(path).path)
        return page("a")

    with registry(answer) as address:
        for path in ("", "/", "/v0/servers", "/api/v0.1/servers/"):
            assert read("official", address + path)[0].error is None
    assert asked == ["/v0.1/servers", "/v0.1/servers", "/v0/servers", "/api/v0.1/servers"]
