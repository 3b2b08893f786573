from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.database import reading
from catalogue.history import drifts
from catalogue.identity import target_key
from catalogue.intake.discovery import discover_into
from catalogue.models import Candidate, Change
from catalogue.site import urls
from catalogue.site.building.build import publish
from catalogue.values import Standing
from classifier.ruleset import load
from crawler.records import ListingStatus, Reason, TargetKind, Validator
from crawler.run import Discovery, SourceRequest, discover
from tests.crawler.peers.sources import registry

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the development corpus is not here")


def tool(name, description="It does."):
    return {"name": name, "description": description}


def quiet(what, done, total):
    pass


class Passes:
    """Passes over sources, one after the other, without a source: what each yields is given."""

    def __init__(self, store):
        self.store = store
        self.asked = []

    def __call__(self, source, *listings, limit=None, **words):
        def read(requests, sink, **options):
            self.asked += requests
            started = datetime.now(UTC)
            for one in listings:
                sink.listing(replace(one, source=source, fetched_at=datetime.now(UTC)))
            return [Discovery(source, "", started, len(listings), {}, words.pop("error", None), label=source, **words)]

        discover_into(
            self.store.engine, read, [SourceRequest(source)], limit=limit, allow_private=True, report=quiet
        )  # fmt: skip

    def tools(self, standing=Standing.DECLARED):
        return {(row.server, row.name): row.declared_by for row in self.store.tools() if row.standing is standing}


@pytest.fixture
def passes(store):
    return Passes(store)


# Declared tools


def test_what_a_record_declares_is_declared_until_the_server_lists_it(passes, store, listing, target, introspected):
    remote = target()
    declared = replace(listing("a", remote), tools=(tool("kept"), tool("listed", "As the record has it.")))
    passes("docker", declared)
    assert passes.tools() == {("a", "kept"): "docker: a", ("a", "listed"): "docker: a"}
    assert store.status(datetime.now(UTC)).tools == {Standing.CONFIRMED: {}, Standing.DECLARED: {"unjudged": 2}}
    store.record(introspected(remote, tool("listed"), complete=False))
    assert set(passes.tools()) == {("a", "kept")}
    assert set(passes.tools(Standing.CONFIRMED)) == {("a", "listed")}
    passes("docker", declared)
    assert [row.definition for row in store.tools() if row.name == "listed"] == [tool("listed")]
    store.record(introspected(remote, tool("listed"), hours=3))
    passes("docker", declared)
    assert passes.tools() == {}
    assert store.status(datetime.now(UTC)).tools == {Standing.CONFIRMED: {"unjudged": 1}, Standing.DECLARED: {}}


def test_a_server_that_nobody_can_ask_has_the_tools_that_its_record_declares(passes, store, listing):
    passes("docker", replace(listing("a"), tools=(tool("x"),)))
    assert passes.tools() == {("a", "x"): "docker: a"}
    assert store.server("a").targets == ()


def test_what_a_record_declares_no_longer_is_gone(passes, listing, target):
    passes("docker", replace(listing("a", target()), tools=(tool("stays"), tool("goes"))))
    passes("docker", replace(listing("a", target()), tools=(tool("stays"), tool("comes"))))
    assert set(passes.tools()) == {("a", "stays"), ("a", "comes")}
    passes("docker", listing("a", target()))
    assert passes.tools() == {}


def test_two_records_that_declare_one_name_are_no_change_at_each_pass(passes, store, listing, target):
    one = replace(listing("a", target()), tools=(tool("x", "One."), tool("of docker")))
    other = replace(listing("b", target()), tools=(tool("x", "Other."), tool("of toolhive")))
    for _ in range(3):
        passes("docker", one)
        passes("toolhive", other)
    by = {"x": "docker: a", "of docker": "docker: a", "of toolhive": "toolhive: b"}
    assert {name: declarer for (_, name), declarer in passes.tools().items()} == by
    with reading(store.engine) as session:
        assert session.query(Change).count() == 3


def test_the_tools_of_a_deleted_record_go_with_it(passes, listing, target):
    declared = replace(listing("a", target()), tools=(tool("x"),))
    passes("docker", declared)
    passes("toolhive", listing("a", target()))
    passes("docker", replace(declared, status=ListingStatus.DELETED, digest="0" * 64))
    assert passes.tools() == {}


def test_a_definition_that_cannot_be_kept_costs_only_itself(passes, listing, target):
    deep = {"name": "deep", "description": "x"}
    for _ in range(200):
        deep = {"name": "deep", "description": "x", "inputSchema": deep}
    passes("docker", replace(listing("a", target()), tools=(deep, tool("x"), {"name": "", "description": "x"})))
    assert set(passes.tools()) == {("a", "x")}


# What a source names no longer


def test_what_a_whole_catalogue_names_no_longer_is_withdrawn_with_a_tombstone(passes, store, listing, target):
    gone = replace(listing("gone", target("https://gone.example")), tools=(tool("x"),))
    shared = replace(listing("shared", target("https://shared.example")), tools=(tool("y"),))
    passes("docker", gone, shared, listing("stays", target("https://stays.example")), names_all=True)
    passes("official", listing("shared", target("https://shared.example")))
    passes("docker", listing("stays", target("https://stays.example")), names_all=True)
    assert store.server("gone").withdrawn
    assert [row.status for row in store.server("gone").listings] == ["deleted"]
    assert not store.server("shared").withdrawn
    assert passes.tools() == {}
    assert store.due(datetime.now(UTC)) == ["https://shared.example", "https://stays.example"]
    assert store.status(datetime.now(UTC)).withdrawn == 1
    passes("docker", gone, names_all=True)
    assert not store.server("gone").withdrawn
    assert set(passes.tools()) == {("gone", "x")}


def test_a_catalogue_that_names_nothing_at_all_withdraws_nothing(passes, store, listing, target):
    passes("docker", listing("a", target()), names_all=True)
    passes("docker", names_all=True)
    passes("docker", names_all=True, unchanged=True)
    assert not store.server("a").withdrawn


@pytest.mark.parametrize("words", [{}, {"error": "it broke"}, {"limit": 1}])
def test_only_a_whole_pass_of_a_source_that_names_all_withdraws(passes, store, listing, target, words):
    passes("docker", listing("a", target("https://a.example")), listing("b", target("https://b.example")))
    names_all = words != {}
    passes("docker", listing("a", target("https://a.example")), names_all=names_all, **words)
    assert store.status(datetime.now(UTC)).withdrawn == 0


def test_what_an_official_registry_deleted_is_withdrawn_with_its_tools_and_a_tombstone(store, introspected, tmp_path):
    status = "active"

    def answer(path):
        meta = {"io.modelcontextprotocol.registry/official": {"status": status}}
        record = {"name": "com.house/a", "remotes": [{"type": "streamable-http", "url": "https://a.example/mcp"}]}
        servers = [{"server": record, "_meta": meta}]
        listed = servers if status == "active" or "updated_since" in path else []
        return 200, {}, json.dumps({"servers": listed, "metadata": {}}).encode()

    with registry(answer) as address:
        request = [SourceRequest("official", address)]
        discover_into(store.engine, discover, request, limit=None, allow_private=True, report=quiet)
        (row,) = store.server("com.house/a").targets
        store.record(introspected(row.target, "tool"))
        status = "deleted"
        discover_into(store.engine, discover, request, limit=None, allow_private=True, report=quiet)
    server = store.server("com.house/a")
    assert server.withdrawn
    assert [one.status for one in server.listings] == ["deleted"]
    assert store.tools() == []
    rules = load()
    publish(store.engine, rules, tmp_path / "site", base_url=None, report=quiet)
    page = (tmp_path / "site" / urls.server(server.name)).read_text()
    assert "Withdrawn." in page
    assert not list((tmp_path / "site" / urls.server(server.name)).parent.rglob("tool/*"))
    with reading(store.engine) as session:
        assert [(one.server, one.kind) for one in drifts(session, rules)] == [("com.house/a", "withdrawn")]


# Candidates


def test_a_candidate_is_counted_and_kept_and_never_asked(passes, store, listing):
    passes("github", *(listing(f"repository {number}") for number in range(150)))
    passes("github", listing("repository 7"), listing("another"))
    status = store.status(datetime.now(UTC))
    assert (status.candidates, status.servers, status.listings, status.due) == ({"github": 151}, 0, {}, 0)
    assert store.servers() == []


def test_a_candidate_that_turns_out_to_be_a_server_is_one_and_can_become_one_again(passes, store, listing, target):
    passes("npm", listing("a"))
    passes("npm", listing("a", target("a", TargetKind.NPM)))
    status = store.status(datetime.now(UTC))
    assert (status.candidates, status.listings) == ({}, {"npm": 1})
    passes("npm", listing("a"))
    status = store.status(datetime.now(UTC))
    assert (status.candidates, status.listings, status.targets) == ({}, {"npm": 1}, {})


def test_a_candidate_that_a_whole_list_names_no_longer_is_forgotten(passes, store, listing):
    passes("awesome", listing("a"), listing("b"), names_all=True)
    passes("github", listing("c"))
    passes("awesome", listing("b"), names_all=True)
    with reading(store.engine) as session:
        assert {row.name for row in session.query(Candidate)} == {"b", "c"}


# What is asked for


def test_a_document_is_asked_for_only_if_it_changed_since_it_was_read_whole(passes, listing, target):
    first, second = Validator('"1"', None), Validator('"2"', "Sat, 03 Jan 2026 00:00:00 GMT")
    passes("toolhive", listing("a", target()), validator=first)
    passes("toolhive", listing("a", target()), validator=second, error="it broke off")
    passes("toolhive", validator=first, unchanged=True)
    passes("toolhive", listing("a", target()), validator=second)
    passes("toolhive")
    assert [request.known for request in passes.asked] == [None, first, first, first, second]


def test_a_record_is_asked_for_only_if_it_changed_since_it_was_read(passes, listing, target):
    first, second = Validator('"1"', None), Validator(None, "Sat, 03 Jan 2026 00:00:00 GMT")
    a, b = listing("a", target()), listing("b", target("https://b.example/"))
    passes("pypi", replace(a, validator=first), replace(b, fetched_from="https://pypi.example/b"))
    passes("pypi", replace(a, validator=second), error="it broke off")
    passes("npm")
    passes("pypi", replace(a, status=ListingStatus.DELETED))
    passes("pypi")
    said = [dict(request.validators) for request in passes.asked]
    assert said == [{}, {a.fetched_from: first}, {}, {a.fetched_from: second}, {}]


def test_a_source_that_asked_to_be_left_alone_is_not_asked_before_its_time(store):
    seen = []
    request = SourceRequest("official")

    def crawl_with(answer):
        with registry(answer, seen=seen) as address:
            asked = replace(request, address=address)
            for _ in range(2):
                sources = [asked, SourceRequest("registry", address)]
                found, _ = discover_into(
                    store.engine, discover, sources, limit=None, allow_private=True, report=quiet
                )  # fmt: skip
        return found

    mirror, other = crawl_with(lambda _: (429, {"Retry-After": "3600"}, b"{}"))
    assert len(seen) == 2
    assert str(mirror.error).startswith("it asked to be left alone until ")
    assert mirror.error == other.error
    mirror, other = crawl_with(lambda _: (404, {}, b"{}"))
    assert "answered HTTP 404" in str(mirror.error)


def test_pypi_is_told_the_packages_that_other_sources_name(passes, store, listing, target, failed):
    withdrawn = replace(listing("c", target("c", TargetKind.PYPI)), status=ListingStatus.DELETED)
    packages = [listing("a", target("a", TargetKind.PYPI)), listing("b", target("b", TargetKind.NPM)), withdrawn]
    passes("official", *packages)
    store.record(failed(target("a", TargetKind.PYPI), Reason.INSTALL_FAILED))
    passes("pypi")
    passes("npm")
    assert [request.names for request in passes.asked] == [(), ("a",), ()]


# Real records


@needs_corpus
def test_a_real_server_that_is_listed_five_times_is_one_with_five_listings(store):
    records = json.loads(gzip.decompress((CORPUS / "registry_seed_2025-09.json.gz").read_bytes()))
    body = json.dumps({"servers": records, "metadata": {}}).encode()

    def read(request):
        discover_into(store.engine, discover, [request], limit=None, allow_private=True, report=quiet)

    with registry(lambda _: (200, {}, body)) as address:
        read(SourceRequest("official", address))
        alone = store.servers()
        for path in ("/one", "/two", "/three", "/four"):
            read(SourceRequest("registry", address + path))
    servers = store.servers()
    assert [server.name for server in servers] == [server.name for server in alone]
    assert len(servers) > 300
    for before, after in zip(alone, servers, strict=True):
        sources = Counter(row.source.partition(":")[0] for row in after.listings)
        assert sources == {"official": len(before.listings), "registry": 4 * len(before.listings)}
        assert [str(row.target) for row in after.targets] == [str(row.target) for row in before.targets]
    owners = Counter(target_key(row.target.kind, row.target.address) for one in servers for row in one.targets)
    assert set(owners.values()) == {1}


@needs_corpus
def test_real_servers_of_one_repository_stay_apart(store):
    entries = {}
    for line in gzip.decompress((CORPUS / "docker_catalogue.jsonl.gz").read_bytes()).splitlines():
        record = json.loads(line)["server_yaml"]
        place = {"image": record.get("image"), "remote": record.get("remote", {})}
        about = {"type": record["type"], "upstream": record.get("source", {}).get("project")}
        entries[record["name"]] = record["about"] | about | place
    body = json.dumps({"registry": entries}, ensure_ascii=False).encode()  # JSON is YAML
    with registry(lambda _: (200, {}, body)) as address:
        discover_into(
            store.engine, discover, [SourceRequest("docker", address)], limit=None, allow_private=True, report=quiet
        )
    packages = defaultdict(set)
    for entry in entries.values():
        if entry["image"] and entry["upstream"]:
            packages[entry["upstream"]].add(entry["image"])
    servers = Counter(server.repository_url for server in store.servers())
    monorepos = {repository: images for repository, images in packages.items() if len(images) > 1}
    assert max(map(len, monorepos.values())) > 30
    assert {repository: servers[repository] for repository in monorepos} == {
        repository: len(images) for repository, images in monorepos.items()
    }
