from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.records import TargetKind, Transport, Validator
from crawler.spiders.glama import GlamaSpider
from tests.crawler.peers.sources import read, registry

KEYS = ("GITHUB_TOKEN", "GLAMA_API_KEY", "SMITHERY_API_KEY", "PULSEMCP_API_KEY", "PULSEMCP_TENANT_ID")
TOOL = {"name": "post_entry", "description": "Post an entry.", "inputSchema": {"type": "object"}}


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    for key in KEYS:
        monkeypatch.setenv(key, f"of-{key.lower()}")


def query_of(path):
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def as_json(value, status=200):
    return status, {}, json.dumps(value).encode()


# Glama


def connector(slug, **fields):
    return {
        "id": slug,
        "namespace": "house",
        "slug": slug,
        "name": slug.title(),
        "description": f"The {slug}.",
        "connection": {"url": f"https://{slug}.example/mcp", "transport": "streamable_http", "authType": "none"},
        "repository": {"url": f"https://github.com/house/{slug}"},
        **fields,
    }


def glama(path):
    if urlsplit(path).path != "/connectors":
        name = path.rpartition("/")[2]
        if name == "gone":
            return as_json({"error": "not found"}, 404)
        return as_json(connector("other" if name == "liar" else name, tools=[TOOL, {"name": "bare"}], toolCount=2))
    if query_of(path).get("after") == "c&2":
        return as_json({"connectors": [connector("weather")], "pageInfo": {"hasNextPage": False, "endCursor": None}})
    odd = [connector("gone"), connector("liar"), {"name": "nameless"}, None, connector("../../admin")]
    page = {"connectors": [connector("ledger"), *odd], "pageInfo": {"hasNextPage": True, "endCursor": "c&2"}}
    return as_json(page)


def test_glama_gives_remotes_with_declared_tools_over_all_pages():
    seen = []
    with registry(glama, seen=seen) as address:
        discovery, sink = read("glama", address)
    assert discovery.error is None
    assert [listing.name for listing in sink.listings] == ["house/ledger", "house/weather"]
    ledger = sink.listings[0]
    assert ledger.tools == (TOOL,)
    (target,) = ledger.targets
    assert (target.kind, target.transport, target.address) == (
        TargetKind.REMOTE,
        Transport.STREAMABLE_HTTP,
        "https://ledger.example/mcp",
    )
    assert (ledger.title, ledger.repository_url) == ("Ledger", "https://github.com/house/ledger")
    assert discovery.dropped == {"unavailable": 1, "not-an-object": 1, "no-name": 3}
    assert {headers["Authorization"] for headers in seen} == {"Bearer of-glama_api_key"}
    assert all("of-glama" not in listing.fetched_from for listing in sink.listings)


def test_a_record_that_did_not_change_is_not_sent_again():
    changed, seen = set(), []

    def answer(path):
        status, headers, body = glama(path)
        said = {"ETag": '"later"' if path in changed else '"first"'} if path.startswith("/connectors/") else {}
        if said and seen[-1]["If-None-Match"] == said["ETag"]:
            return 304, {}, b""
        return status, headers | said, body

    with registry(answer, seen=seen) as address:
        _, first = read("glama", address)
        known = {listing.fetched_from: listing.validator for listing in first.listings}
        assert set(known.values()) == {Validator('"first"', None)}
        changed.add("/connectors/house/weather")
        again, second = read("glama", address, validators=known)
    assert [listing.name for listing in second.listings] == ["house/weather"]
    assert second.listings[0].validator == Validator('"later"', None)
    assert (again.error, again.unchanged, again.validator) == (None, False, None)


def test_a_limit_bounds_the_records_asked_for():
    seen = []
    with registry(glama, seen=seen) as address:
        assert read("glama", address, limit=1)[0].listings == 1
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("source", "answer", "words"),
    [
        ("glama", as_json({"error": {"code": "unauthorized"}}, 401), "is the key still valid"),
        ("glama", as_json({"servers": []}), "holds no list of connectors"),
        ("glama", as_json([]), "expected an object with connectors"),
        ("smithery", (200, {}, b"<html>"), "is not JSON"),
        ("smithery", (403, {"Retry-After": "7200"}, b""), "asks to come back after 7200"),
        ("github", as_json({"message": "Bad credentials"}, 401), "is the key still valid"),
        ("github", as_json({"items": {}}), "holds no list of items"),
        ("pulsemcp", as_json({"error": "Invalid or missing API key"}, 401), "is the key still valid"),
    ],
)
def test_a_directory_that_refuses_is_one_line_without_the_key(source, answer, words):
    with registry(lambda _: answer) as address:
        error = str(read(source, address)[0].error)
    assert words in error
    assert "of-" not in error


def test_a_directory_whose_record_fails_ends_the_pass_and_keeps_what_was_found():
    def answer(path):
        refused = (429, {"Retry-After": "3600"}, b"")
        return refused if path.endswith("/house/weather") else glama(path)

    with registry(answer) as address:
        discovery, sink = read("glama", address)
    assert [listing.name for listing in sink.listings] == ["house/ledger"]
    assert "/connectors/house/weather answered HTTP 429" in str(discovery.error)


@pytest.mark.parametrize("record", [(200, {}, b"[" * 100_000), (200, {}, b"7"), (200, {}, b"<html>"), (451, {}, b"")])
def test_one_record_that_cannot_be_read_costs_no_other(record):
    with registry(lambda path: record if path.endswith("/house/ledger") else glama(path)) as address:
        discovery, sink = read("glama", address)
    assert discovery.error is None
    assert [listing.name for listing in sink.listings] == ["house/weather"]


def test_a_directory_that_turns_in_a_circle_ends():
    page = {"connectors": [], "pageInfo": {"hasNextPage": True, "endCursor": "1"}}
    with registry(lambda _: as_json(page)) as address:
        assert "repeats a cursor" in str(read("glama", address)[0].error)


# Smithery


def smithery(path):
    names = ["@house/ledger", "weather"]
    if urlsplit(path).path == "/servers":
        number = int(query_of(path)["page"])
        entry = {"qualifiedName": names[number - 1], "displayName": "x", "useCount": 7, "homepage": "https://h.example"}
        place = {"currentPage": number, "pageSize": 100, "totalPages": 2, "totalCount": 2}
        return as_json({"servers": [entry], "pagination": place})
    name = urlsplit(path).path.removeprefix("/servers/")
    hosted = {"deploymentUrl": "https://server.example/ledger/mcp", "tools": [TOOL]} if "/" in name else {"tools": None}
    return as_json({"qualifiedName": name, "displayName": "The one", "connections": [], **hosted})


def test_smithery_gives_hosted_remotes_and_candidates():
    with registry(smithery) as address:
        discovery, sink = read("smithery", address)
    assert discovery.error is None
    hosted, local = sink.listings
    assert (hosted.name, hosted.title, hosted.tools) == ("@house/ledger", "The one", (TOOL,))
    assert [target.address for target in hosted.targets] == ["https://server.example/ledger/mcp"]
    assert (local.name, local.is_candidate) == ("weather", True)


@pytest.mark.parametrize(
    "place", [None, {}, {"currentPage": "1", "totalPages": 9}, {"currentPage": 1, "totalPages": 1}]
)
def test_a_page_that_names_no_next_one_is_the_last(place):
    with registry(lambda _: as_json({"servers": [], "pagination": place})) as address:
        assert read("smithery", address)[0].error is None


# GitHub


class Search:
    """A search over repositories of which `most` were created on one day, with a window of 1,000 results."""

    def __init__(self, days):
        self.days = days
        self.queries = []

    def __call__(self, path):
        query = query_of(path)
        self.queries.append(query["q"])
        since, until = (date.fromisoformat(day) for day in query["q"].split("created:")[1].split(" ")[0].split(".."))
        found = [f"{day}-{n}" for day, count in self.days.items() if since <= day <= until for n in range(count)]
        start = (int(query["page"]) - 1) * 100
        assert start < 1000
        items = [self.record(name) for name in found[start : start + 100]]
        return as_json({"total_count": len(found), "incomplete_results": False, "items": items})

    @staticmethod
    def record(name):
        full = f"house/{name}"
        address = {"html_url": f"https://github.com/{full}", "description": "It serves.\x00", "private": False}
        return {"full_name": full, "stargazers_count": 3, **address}


def test_github_cuts_the_days_until_every_result_is_within_a_window():
    search = Search({date(2025, 1, 7): 700, date(2025, 3, 1): 650, date(2025, 3, 2): 20})
    seen = []
    with registry(search, seen=seen) as address:
        discovery, sink = read("github", address)
    assert discovery.error is None
    assert (discovery.candidates, discovery.listings) == (1370, 0)
    assert sink.listings[0].repository_url == f"https://github.com/{sink.listings[0].name}"
    assert sink.listings[0].description == "It serves.\ufffd"
    assert all(query.startswith("topic:mcp-server created:") for query in search.queries)
    assert {headers["Authorization"] for headers in seen} == {"Bearer of-github_token"}


def test_a_search_that_breaks_off_ends_the_pass_and_keeps_what_was_found():
    search = Search({date(2025, 1, 7): 250})

    def answer(path):
        return (429, {"Retry-After": "900"}, b"") if query_of(path)["page"] == "3" else search(path)

    with registry(answer) as address:
        discovery, _ = read("github", address)
    assert discovery.candidates == 200
    assert "page=3 answered HTTP 429 (it asks to come back after 900)" in str(discovery.error)
    assert discovery.wait == timedelta(seconds=900)


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "1"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}], ids=["second", "first"]
)
def test_github_s_ways_to_say_too_many_requests_are_heard(headers):
    answers = iter([(403, headers, b"{}"), as_json({"total_count": 0, "items": []})])
    started = time.monotonic()
    with registry(lambda _: next(answers)) as address:
        assert read("github", address)[0].error is None
    assert time.monotonic() - started > 1


def test_a_limit_that_is_used_up_for_long_ends_the_pass_until_it_begins_anew():
    reset = str(int(time.time()) + 1800)
    with registry(lambda _: (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, b"{}")) as address:
        discovery, _ = read("github", address)
    assert "answered HTTP 403" in str(discovery.error)
    assert timedelta(minutes=29) < discovery.wait <= timedelta(minutes=30)


def test_github_is_asked_only_for_what_was_pushed_since():
    search = Search({})
    with registry(search) as address:
        read("github", address, updated_since=datetime(2026, 3, 4, tzinfo=UTC))
    assert search.queries[0].endswith(" pushed:>=2026-03-04")


def test_a_result_that_is_no_public_repository_is_dropped_and_a_cut_off_search_is_no_whole_pass():
    items = [Search.record("a"), None, {**Search.record("b"), "private": True}, {"full_name": "c", "html_url": "x"}]
    with registry(lambda _: as_json({"total_count": 4, "incomplete_results": True, "items": items})) as address:
        discovery, sink = read("github", address)
    assert [listing.name for listing in sink.listings] == ["house/a"]
    assert discovery.dropped == {"not-an-object": 2, "no-usable-target": 1}
    assert "cut off by the source" in str(discovery.error)


# What all of them have in common


@pytest.mark.parametrize(("own", "least"), [(True, 0.4), (False, 0.0)])
def test_between_two_pages_of_its_own_address_a_source_rests(monkeypatch, own, least):
    with registry(glama) as address:
        monkeypatch.setattr(GlamaSpider, "pause", 0.1)
        monkeypatch.setattr(GlamaSpider, "default_address", address if own else "https://glama.example")
        started = time.monotonic()
        assert read("glama", address)[0].error is None
    assert least <= time.monotonic() - started < least + 1


# Registries of the official one's API


def servers(*names):
    remote = [{"type": "sse", "url": "https://a.example"}]
    return as_json({"servers": [{"server": {"name": name, "remotes": remote}} for name in names], "metadata": {}})


def test_pulsemcp_is_asked_as_a_registry_with_its_two_keys():
    seen = []
    with registry(lambda _: servers("com.house/a"), seen=seen) as address:
        discovery, sink = read("pulsemcp", address, updated_since=datetime(2026, 1, 1, tzinfo=UTC))
    assert (discovery.error, [listing.source for listing in sink.listings]) == (None, ["pulsemcp"])
    assert (seen[0]["X-API-Key"], seen[0]["X-Tenant-ID"]) == ("of-pulsemcp_api_key", "of-pulsemcp_tenant_id")


def test_a_name_in_two_registries_is_two_listings():
    with registry(lambda _: servers("com.house/a")) as one, registry(lambda _: servers("com.house/a")) as other:
        listings = [read("registry", f"{address}/mcp/")[1].listings[0] for address in (one, other)]
    assert [listing.source for listing in listings] == [
        f"registry:{urlsplit(address).netloc}/mcp" for address in (one, other)
    ]


def test_no_key_is_sent_to_a_registry_that_asks_for_none():
    seen = []
    with registry(lambda _: servers("com.house/a"), seen=seen) as address:
        read("registry", address)
    assert not {"authorization", "x-api-key", "x-tenant-id"} & {name.lower() for name in seen[0]}
