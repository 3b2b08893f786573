from __future__ import annotations

import pytest

from catalogue.identity import site, target_key
from catalogue.values import Standing
from crawler.records import ListingStatus, Need, TargetKind

HOSTILE = [
    "nul\x00inside",
    "lone \ud800 surrogate \udfff",
    "\x1a0000 looks like an escape \x1a",
    "bidi \u202e and zero\u200bwidth",
    "x" * 400 + "\U0001f600" * 4000,
    "../../etc/passwd",
    "<script>alert(1)</script>{{ 7*7 }}=cmd|",
    "'; DROP TABLE tools; --",
]


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        (TargetKind.REMOTE, "https://Example.com/mcp", "https://example.com:443/mcp/", True),
        (TargetKind.REMOTE, "https://example.com/mcp", "https://example.com/mcp?tenant=1", False),
        (TargetKind.REMOTE, "https://example.com/mcp", "https://example.com/MCP", False),
        (TargetKind.REMOTE, "https://example.com", "http://example.com", False),
        (TargetKind.REMOTE, "https://{tenant}.example.com/[", "https://{tenant}.example.com/[", True),
        (TargetKind.PYPI, "Some_Server", "some-server", True),
        (TargetKind.NPM, "JSONStream", "jsonstream", False),
        (TargetKind.OCI, "docker.io/mcp/git", "mcp/git", True),
        (TargetKind.NUGET, "Some.Server", "some.server", True),
    ],
)
def test_spellings_of_one_target_are_one_target(kind, one, other, same):
    assert (target_key(kind, one) == target_key(kind, other)) is same


def test_a_server_on_five_registries_is_one_server_with_five_listings(store, listing, target):
    package = target("a-server", TargetKind.NPM)
    for source in ("official", "docker", "toolhive", "glama", "pulse"):
        store.take(listing(f"{source}/a", package, source=source))
    (server,) = store.servers()
    assert server.name == "official/a"
    assert [row.source for row in server.listings] == ["official", "docker", "toolhive", "glama", "pulse"]
    assert len(server.targets) == 1


def test_a_monorepo_is_as_many_servers_as_it_has_packages(store, listing, target):
    repository = "https://github.com/example/servers"
    store.take(
        listing("one", target("one", TargetKind.NPM), repository_url=repository),
        listing("two", target("two", TargetKind.NPM), repository_url=repository),
    )
    assert [server.name for server in store.servers()] == ["one", "two"]


def test_one_name_on_two_sources_is_two_servers(store, listing, target):
    store.take(listing("notion", target("https://a.example")))
    store.take(listing("notion", target("https://b.example"), source="docker"))
    store.take(listing("notion", target("https://c.example"), source="docker", source_id="other"))
    assert [server.name for server in store.servers()] == ["notion", "notion (docker)", "notion (docker: other)"]


def test_a_listing_stays_with_its_server_when_all_of_it_changes(store, listing, target):
    store.take(listing("before", target("old", TargetKind.NPM), source_id="id"))
    store.take(listing("after", target("new", TargetKind.PYPI), source_id="id", title="After", hours=1))
    (server,) = store.servers()
    assert (server.name, server.title) == ("before", "After")
    assert [str(row.target) for row in server.targets] == ["pypi:new"]


def test_a_listing_that_bridges_two_servers_makes_them_one(store, listing, target, introspected, at):
    remote, package = target("https://a.example/mcp"), target("a", TargetKind.NPM)
    store.take(listing("older", remote), listing("younger", package))
    store.record(introspected(remote, "both", "only_remote"), introspected(package, "both", "only_package"))
    store.take(listing("bridge", remote, package, source="docker", hours=2))
    (server,) = store.servers()
    assert server.name == "older"
    assert [row.source_id for row in server.listings] == ["older", "younger", "bridge"]
    assert [str(row.target) for row in server.targets] == ["https://a.example/mcp", "npm:a"]
    assert all(row.latest is not None for row in server.targets)
    assert [tool.name for tool in store.tools()] == ["both", "only_package", "only_remote"]


def test_two_servers_of_one_batch_can_be_bridged_by_a_third(store, listing, target):
    one, two = target("https://a.example/mcp"), target("a", TargetKind.NPM)
    store.take(listing("first", one), listing("second", two), listing("third", one, two))
    (server,) = store.servers()
    assert server.name == "first"
    assert len(server.listings) == 3


def test_what_a_server_said_survives_a_merge_with_a_declaration(store, listing, target, introspected):
    from catalogue.database import writing
    from catalogue.repository import Declaration, ListingStore, ToolStore
    from catalogue.wire import to_definition

    remote = target()
    store.take(listing("older", source="a", source_id="x"))
    with writing(store.engine) as session:
        ids = ListingStore(session).declare({"older"}, "file", listing("x").fetched_at)
        declared = to_definition({"name": "tool", "description": "declared"})
        ToolStore(session).declare([Declaration(ids["older"], declared, "file")], listing("x").fetched_at)
    store.take(listing("younger", remote))
    store.record(introspected(remote, "tool"))
    store.take(listing("older", remote, source="a", source_id="x", hours=2))
    (tool,) = store.tools()
    assert (tool.server, tool.standing, tool.definition) == (
        "older",
        Standing.CONFIRMED,
        {"name": "tool", "inputSchema": {}},
    )


def test_a_server_is_withdrawn_when_its_last_listing_is_deleted_and_comes_back(
    store, listing, target, introspected, at
):
    remote = target()
    store.take(listing("a", remote), listing("a", remote, source="docker"))
    store.record(introspected(remote, "tool"))
    store.take(listing("a", remote, status=ListingStatus.DELETED, hours=2))
    assert not store.server("a").withdrawn
    store.take(listing("a", remote, source="docker", status=ListingStatus.DELETED, hours=3))
    assert store.server("a").withdrawn
    assert store.tools() == []
    assert store.due(at(10_000)) == []
    status = store.status(at(0))
    assert (status.servers, status.withdrawn, status.targets) == (0, 1, {})
    store.take(listing("a", remote, source="docker", hours=4))
    assert not store.server("a").withdrawn
    assert [tool.name for tool in store.tools()] == ["tool"]


def test_an_unchanged_listing_is_only_seen_again(store, listing, target, at):
    store.take(listing("a", target()))
    store.take(listing("a", target(), hours=5))
    server = store.server("a")
    assert (server.first_seen, server.last_seen) == (at(0), at(5))


def test_the_oldest_listing_speaks_for_a_target_that_several_describe(store, listing, target, introspected, at):
    first, second = target("a", TargetKind.NPM, "1.0"), target("a", TargetKind.NPM, "0.9")
    store.take(listing("a", first))
    store.take(listing("a", second, source="docker"))
    assert str(store.server("a").targets[0].target) == "npm:a@1.0"
    store.record(introspected(first, "tool"))
    assert store.due(at(3)) == []
    store.take(listing("a", target("a", TargetKind.NPM, "1.1"), hours=3))
    assert str(store.server("a").targets[0].target) == "npm:a@1.1"
    assert store.due(at(3)) == ["a"]


def test_needs_come_back_as_they_were(store, listing, target):
    needs = (
        Need("env", "API_KEY", "the \x00key", required=True, secret=True, choices=("a", "b")),
        Need("argument", "", value="run", format="filepath"),
    )
    store.take(listing("a", target("a", TargetKind.NPM, needs=needs)))
    assert store.server("a").targets[0].target.needs == needs


@pytest.mark.parametrize("text", HOSTILE)
def test_any_string_comes_back_as_it_was(store, listing, target, introspected, failed, text):
    package = target(text, TargetKind.NPM, text)
    store.take(listing(text, package, title=text, description=text, version=text))
    wire = {"name": text, "description": text, "inputSchema": {"properties": {text: {"enum": [text]}}}}
    store.record(introspected(package, wire))
    server = store.server(text)
    assert (server.name, server.title, server.description, server.version) == (text, text, text, text)
    assert server.targets[0].target == package
    (tool,) = store.tools(server=text)
    assert (tool.server, tool.name, tool.definition) == (text, text, wire)


def test_names_that_differ_by_case_alone_are_two_servers_in_code_point_order(store, listing, target):
    names = ["b", "B", "a", "_", "é", "Z"]
    store.take(*(listing(name, target(f"https://{index}.example")) for index, name in enumerate(names)))
    assert [server.name for server in store.servers()] == sorted(names)


def test_the_closest_names_are_offered(store, listing, target):
    from catalogue.database import reading
    from catalogue.repository import Repository

    names = ["io.github.example/filesystem", "filesystem", "github", "gitlab"]
    store.take(*(listing(name, target(f"https://{index}.example")) for index, name in enumerate(names)))
    with reading(store.engine) as session:
        repository = Repository(session)
        assert repository.closest_servers("FileSystem") == ("filesystem", "io.github.example/filesystem")
        assert repository.closest_servers("githbu")[0] == "github"
        assert repository.closest_servers("zzzzzzzz") == ()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://a.b.example.co.uk:8443/x", "example.co.uk"),
        ("https://tenant.workers.dev/mcp", "tenant.workers.dev"),
        ("https://A.Tenant.workers.dev./mcp", "tenant.workers.dev"),
        ("https://workers.dev/", "workers.dev"),
        ("https://a.b.corp/", "b.corp"),
        ("http://127.0.0.1:3000/", "127.0.0.1"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("http://localhost/", "localhost"),
        ("https://[::1", "https://[::1"),
    ],
)
def test_servers_of_one_owner_are_one_site(address, expected):
    assert site(address) == expected
