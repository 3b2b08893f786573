from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from catalogue.database import reading, writing
from catalogue.models import Change, Target, Tool
from catalogue.repository import Declaration, ListingStore, ToolStore
from catalogue.values import Standing
from catalogue.wire import DEEPEST, to_definition
from classifier.tool import NotAToolError, definition_digest
from crawler.records import Malformed, Reason, TargetKind


@pytest.fixture
def remote(target):
    return target()


@pytest.fixture
def server(store, listing, remote):
    """One server with one remote target, not asked yet."""
    store.take(listing("server", remote))
    return store


@pytest.fixture
def declare(store, at):
    def declare(server, *wires, hours=1.0, by="file.jsonl"):
        with writing(store.engine) as session:
            ids = ListingStore(session).declare({server}, by, at(hours))
            return ToolStore(session).declare(
                [Declaration(ids[server], to_definition(wire), by) for wire in wires], at(hours)
            )

    return declare


def names(store):
    return [tool.name for tool in store.tools()]


def history(store, name, at):
    """(definition's description, standing, since, until) of a tool, in hours."""
    with reading(store.engine) as session:
        query = select(Change, Tool).join(Tool, Tool.id == Change.tool_id).where(Tool.name == name).order_by(Change.id)
        hours = timedelta(hours=1)
        return [
            (
                change.standing,
                change.definition[:6],
                (change.since - at(0)) / hours,
                None if change.until is None else (change.until - at(0)) / hours,
            )
            for change, _ in session.execute(query)
        ]


def described(text):
    return {"name": "tool", "description": text}


def short(wire):
    return definition_digest(wire)[:6]


def test_a_listing_confirms_tools_and_says_how(server, remote, introspected, at):
    server.record(introspected(remote, "b", "a", hours=2))
    tools = server.tools()
    assert [(tool.name, tool.standing, tool.occurrence) for tool in tools] == [
        ("a", Standing.CONFIRMED, 0),
        ("b", Standing.CONFIRMED, 0),
    ]
    attempt = tools[0].introspection
    assert (attempt.target, attempt.outcome, attempt.tools) == (str(remote), "introspected", 2)
    assert (attempt.protocol_version, attempt.server_info["name"]) == ("2025-11-25", "it")
    assert (tools[0].first_seen, tools[0].last_seen) == (at(2), at(2))


def test_a_failed_listing_takes_nothing_away(server, remote, introspected, failed):
    server.record(introspected(remote, "a"))
    server.record(failed(remote, hours=2))
    assert names(server) == ["a"]
    assert server.server("server").targets[0].latest.outcome == "timed-out"


@pytest.mark.parametrize(("complete", "attempt"), [(False, "bare"), (True, "dummy-values")])
def test_only_a_complete_listing_without_made_up_values_removes(server, remote, introspected, complete, attempt):
    server.record(introspected(remote, "a", "b"))
    server.record(introspected(remote, "b", hours=2, complete=complete, attempt=attempt))
    assert names(server) == ["a", "b"]
    server.record(introspected(remote, "b", hours=3))
    assert names(server) == ["b"]


def test_a_tool_that_comes_back_is_the_same_tool(server, remote, introspected, at):
    for hours, tools in ((1, ["a", "b"]), (2, ["b"]), (3, ["a", "b"])):
        server.record(introspected(remote, *tools, hours=hours))
    tool = server.tools()[0]
    assert (tool.name, tool.first_seen, tool.last_seen) == ("a", at(1), at(3))
    digest = short({"name": "a", "inputSchema": {}})
    assert history(server, "a", at) == [("confirmed", digest, 1, 2), ("confirmed", digest, 3, None)]


def test_a_changed_definition_leaves_the_one_before_in_history(server, remote, introspected, at):
    server.record(introspected(remote, described("one"), hours=1))
    server.record(introspected(remote, described("one"), hours=2))
    server.record(introspected(remote, described("two"), hours=3))
    assert history(server, "tool", at) == [
        ("confirmed", short(described("one")), 1, 3),
        ("confirmed", short(described("two")), 3, None),
    ]
    assert server.tools()[0].definition == described("two")


def test_the_order_of_keys_is_no_change_and_the_first_is_kept(server, remote, introspected, at):
    server.record(introspected(remote, {"name": "tool", "inputSchema": {"properties": {"b": {}, "a": {}}}}))
    server.record(introspected(remote, {"inputSchema": {"properties": {"a": {}, "b": {}}}, "name": "tool"}, hours=2))
    assert len(history(server, "tool", at)) == 1
    assert list(server.tools()[0].definition["inputSchema"]["properties"]) == ["b", "a"]


def test_a_name_listed_twice_is_two_tools_only_when_the_definitions_differ(server, remote, introspected, at):
    server.record(introspected(remote, described("one"), described("two"), described("one")))
    assert [(tool.occurrence, tool.definition["description"]) for tool in server.tools()] == [(0, "one"), (1, "two")]
    server.record(introspected(remote, described("two"), described("one"), hours=2))
    assert [(tool.occurrence, tool.definition["description"]) for tool in server.tools()] == [(0, "one"), (1, "two")]
    assert len(history(server, "tool", at)) == 2
    server.record(introspected(remote, described("two"), hours=3))
    assert [(tool.occurrence, tool.definition["description"]) for tool in server.tools()] == [(1, "two")]
    server.record(introspected(remote, described("two"), described("three"), hours=4))
    assert [(tool.occurrence, tool.definition["description"]) for tool in server.tools()] == [(0, "three"), (1, "two")]


def test_a_definition_on_many_servers_is_stored_once(store, listing, target, introspected, at):
    targets = [target(f"https://{number}.example") for number in range(3)]
    store.take(*(listing(f"server {number}", one) for number, one in enumerate(targets)))
    store.record(*(introspected(one, "same") for one in targets))
    assert len(store.tools()) == 3
    assert store.status(at(2)).definitions == 1


def deep(levels):
    wire: dict = {"name": "deep"}
    inner = wire
    for _ in range(levels):
        inner["in"] = {}
        inner = inner["in"]
    return wire


@pytest.mark.parametrize(
    "bad",
    [deep(DEEPEST), deep(50_000), {"name": ""}, {"name": 7}, {}, {"name": "nan", "value": float("nan")}],
    ids=["too deep", "far too deep", "empty name", "number", "no name", "not a number"],
)
def test_a_definition_that_cannot_be_kept_costs_no_neighbour(server, remote, introspected, bad):
    server.record(introspected(remote, "before", bad, "after"))
    assert names(server) == ["after", "before"]
    (malformed,) = server.tools()[0].introspection.malformed
    assert malformed[0] == 1
    with pytest.raises(NotAToolError):
        to_definition(bad)


def test_the_deepest_definition_allowed_is_kept(server, remote, introspected):
    server.record(introspected(remote, deep(DEEPEST - 1)))
    assert server.tools()[0].definition == deep(DEEPEST - 1)


def test_what_the_introspector_set_apart_stays_with_the_attempt(server, remote, introspected):

    server.record(replace(introspected(remote, "a"), malformed=(Malformed(3, "no name", '{"x": 1}'),)))
    assert server.server("server").targets[0].latest.malformed == ((3, "no name", '{"x": 1}'),)


def test_what_cannot_be_read_may_be_the_tool_that_is_missing(server, remote, introspected):
    server.record(introspected(remote, "a", "b", hours=1))
    entry = Malformed(1, 'says "name" twice in one object', "")
    server.record(replace(introspected(remote, "a", hours=2), malformed=(entry,)))
    assert names(server) == ["a", "b"]
    server.record(introspected(remote, "a", hours=3))
    assert names(server) == ["a"]


def test_an_empty_listing_beside_what_cannot_be_read_is_no_fact(server, remote, introspected):
    server.record(replace(introspected(remote), malformed=(Malformed(0, "a tool is an object, not null", "null"),)))
    with reading(server.engine) as session:
        assert session.scalars(select(Target.listed_at)).all() == [None]
    server.record(introspected(remote, hours=2))
    with reading(server.engine) as session:
        assert session.scalars(select(Target.listed_at)).all() != [None]


def test_a_declared_tool_is_marked_so_and_becomes_confirmed(store, listing, remote, introspected, declare, at):
    declare("server", {"name": "a", "inputSchema": {}}, {"name": "b"})
    assert [(tool.name, tool.standing, tool.declared_by) for tool in store.tools()] == [
        ("a", Standing.DECLARED, "file.jsonl"),
        ("b", Standing.DECLARED, "file.jsonl"),
    ]
    store.take(listing("server", remote, source="import", hours=2))
    store.record(introspected(remote, "a", hours=3, complete=False))
    assert [(tool.name, tool.standing, tool.declared_by) for tool in store.tools()] == [
        ("a", Standing.CONFIRMED, None),
        ("b", Standing.DECLARED, "file.jsonl"),
    ]
    store.record(introspected(remote, "a", hours=4))
    assert names(store) == ["a"]


def test_a_declaration_changes_nothing_that_the_server_listed(server, remote, introspected, declare):
    server.record(introspected(remote, described("listed"), complete=False))
    assert declare("server", described("declared"), described("listed"), {"name": "other"}, hours=2) == 1
    tools = server.tools()
    assert [(tool.name, tool.standing) for tool in tools] == [
        ("other", Standing.DECLARED),
        ("tool", Standing.CONFIRMED),
    ]
    assert tools[1].definition == described("listed")


def test_a_declaration_adds_nothing_to_a_server_that_listed_all(server, remote, introspected, declare):
    server.record(introspected(remote, "a"))
    assert declare("server", {"name": "phantom"}, hours=2) == 1
    assert names(server) == ["a"]


def test_a_file_taken_over_again_changes_what_it_changed(store, declare, at):
    declare("server", described("one"), hours=1)
    declare("server", described("one"), hours=2)
    declare("server", described("two"), hours=3)
    assert history(store, "tool", at) == [
        ("declared", short(described("one")), 1, 3),
        ("declared", short(described("two")), 3, None),
    ]


def test_two_definitions_of_one_name_in_one_file_are_two_tools_in_whatever_batches(store, declare):
    declare("server", described("one"))
    declare("server", described("two"))
    assert [tool.occurrence for tool in store.tools()] == [0, 1]


def test_what_a_bundle_declares_is_declared_until_its_server_lists_all(store, target, listing, introspected, failed):
    bundle = target("https://example.com/acme.mcpb", TargetKind.MCPB)
    store.take(listing("acme", bundle))
    declared = ({"name": "one", "description": "Said."}, {"name": "two"}, {"name": ""})
    store.record(replace(failed(bundle, Reason.NO_SANDBOX), declared=declared))
    by = "manifest of https://example.com/acme.mcpb"
    assert [(tool.name, tool.standing, tool.declared_by) for tool in store.tools()] == [
        ("one", Standing.DECLARED, by), ("two", Standing.DECLARED, by),
    ]  # fmt: skip
    store.record(replace(failed(bundle, Reason.NO_SANDBOX, hours=2), declared=declared[:1]))
    store.record(failed(bundle, Reason.UNREACHABLE, hours=3))  # nothing was read, so nothing is taken back
    assert [tool.name for tool in store.tools()] == ["one"]
    store.record(replace(introspected(bundle, "three", hours=4), declared=declared))
    assert [(tool.name, tool.standing) for tool in store.tools()] == [("three", Standing.CONFIRMED)]
