"""What is no change of a server, though something in the catalogue changed; and what is one and is easily missed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalogue.classification import classify_new
from catalogue.database import reading, writing
from catalogue.drift import Grade
from catalogue.history import drifts
from catalogue.identity import digest
from catalogue.repository import Declaration, ListingStore, ToolStore
from catalogue.wire import to_definition
from classifier.ruleset import load
from crawler.records import ListingStatus, TargetKind

RULES = load()
READS = {"name": "report", "description": "Get a report by its id."}
WIPES = {"name": "wipe", "description": "Permanently delete all reports."}
SENDS = {"name": "send", "description": "Send an email to a customer."}


@pytest.fixture
def told(store):
    """Return what changed as (kind, tool, hours since the start is left out, first sentence)."""

    def tell(rules=RULES, **asked):
        with reading(store.engine) as session:
            return [(one.kind, one.tool, one.grade, one.what[0]) for one in drifts(session, rules, **asked)]

    return tell


@pytest.fixture
def declare(store, at):
    def declare(server, *wires, hours):
        with writing(store.engine) as session:
            ids = ListingStore(session).declare({server}, "record", at(hours))
            tools = [Declaration(ids[server], to_definition(wire), "docker: a") for wire in wires]
            ToolStore(session).declare_anew({(ids[server], "docker: a")}, tools, at(hours))

    return declare


# Which listings are compared


def test_the_order_of_tools_and_what_is_listed_twice_is_no_change(store, listing, target, introspected, told):
    store.take(listing("a", target()))
    for hours, tools in enumerate(([READS, WIPES, SENDS], [SENDS, READS, WIPES], [WIPES, WIPES, SENDS, READS])):
        store.record(introspected(target(), *tools, hours=hours))
    assert told() == []


def test_nothing_is_new_until_a_list_was_whole(store, listing, target, introspected, told):
    store.take(listing("a", target()))
    store.record(introspected(target(), READS, hours=1, complete=False))
    store.record(introspected(target(), READS, WIPES, hours=2))
    assert told() == []
    store.record(introspected(target(), READS, WIPES, SENDS, hours=3, complete=False))
    assert told() == [("added", "send", Grade.INTERFACE, "a new tool, Write")]


def test_the_first_list_is_compared_with_no_record(store, listing, target, introspected, declare, told):
    remote = target()
    store.take(listing("a", remote))
    declare("a", READS, WIPES, hours=1)
    assert told() == []
    store.record(introspected(remote, READS | {"description": "Get one report."}, SENDS, hours=2))
    assert told() == []
    store.record(introspected(remote, SENDS, hours=3))
    assert [(kind, tool) for kind, tool, *_ in told()] == [("removed", "report")]


def test_a_record_is_compared_with_itself(store, listing, declare, told):
    store.take(listing("a", source="import"))
    declare("a", READS, SENDS, hours=1)
    declare("a", READS | {"description": "Get one report."}, WIPES, hours=2)
    assert [(kind, tool) for kind, tool, *_ in told()] == [
        ("changed", "report"),
        ("removed", "send"),
        ("added", "wipe"),
    ]


def test_the_first_list_of_another_way_to_reach_a_server_is_a_first_one(store, listing, target, introspected, told):
    remote, package = target(), target("a", TargetKind.NPM)
    store.take(listing("a", remote, package))
    store.record(introspected(remote, READS, hours=1))
    store.record(introspected(package, READS, WIPES, hours=2, attempt="dummy-values"))
    assert told() == []
    store.record(introspected(package, READS, WIPES, SENDS, hours=3, attempt="dummy-values"))
    assert [(kind, tool) for kind, tool, *_ in told()] == [("added", "send")]


def test_two_servers_that_turn_out_to_be_one_did_not_change(store, listing, target, introspected, told):
    one, other = target("https://one.example"), target("https://other.example")
    store.take(listing("one", one), listing("other", other))
    store.record(introspected(one, READS, SENDS, hours=1))
    store.record(introspected(other, READS | {"description": "Get one report."}, WIPES, hours=2))
    store.take(listing("both", one, other, source="docker", hours=3))
    assert told() == []
    assert [tool.name for tool in store.tools(server="one")] == ["report", "send", "wipe"]
    store.record(introspected(one, READS | {"description": "Get his report."}, SENDS, WIPES, hours=4))
    assert [(kind, tool) for kind, tool, *_ in told()] == [("changed", "report")]


# Renames


def test_a_tool_under_a_new_name_is_told_as_that_and_is_no_alarm(store, listing, target, introspected, told):
    store.take(listing("a", target()))
    store.record(introspected(target(), READS, WIPES, hours=1))
    store.record(introspected(target(), READS, WIPES | {"name": "purge"}, hours=2))
    assert told() == [
        ("added", "purge", Grade.INTERFACE, "renamed from wipe, Destructive"),
        ("removed", "wipe", Grade.INTERFACE, "renamed to purge"),
    ]


@pytest.mark.parametrize(
    "after",
    [
        [WIPES | {"name": "purge", "description": "Permanently delete all reports, and tell nobody."}],
        [WIPES | {"name": "purge"}, WIPES | {"name": "purge_all"}],
    ],
    ids=["other words", "two alike"],
)
def test_what_is_not_the_same_tool_is_a_new_one(store, listing, target, introspected, told, after):
    store.take(listing("a", target()))
    store.record(introspected(target(), WIPES, hours=1))
    store.record(introspected(target(), *after, hours=2))
    changes = told()
    assert {kind for kind, *_ in changes} == {"added", "removed"}
    assert all(grade is Grade.EFFECT for kind, _, grade, _ in changes if kind == "added")
    assert not any("renamed" in what for *_, what in changes)


# Withdrawals


def test_a_withdrawal_is_told_once_with_when_it_was_read_and_a_return_brings_no_new_tools(
    store, listing, target, introspected, told, at
):
    remote = target()
    gone = listing("a", remote, status=ListingStatus.DELETED, hours=30)
    store.take(listing("a", remote))
    store.record(introspected(remote, READS, WIPES, hours=1))
    store.take(gone)
    store.take(replace(gone, fetched_at=at(50)))  # its registry says so again
    words = "every source that named it has deleted it"
    assert told() == [("withdrawn", None, Grade.INTERFACE, words)]
    assert told(since=at(30)) == told(servers=["a"]) == told()
    assert told(since=at(31)) == told(servers=["b"]) == told(least=Grade.EFFECT) == []
    assert store.server("a").last_seen == at(30)
    store.take(listing("a", remote, hours=60))
    assert told() == []
    store.record(introspected(remote, READS, hours=61))
    assert [(kind, tool) for kind, tool, *_ in told()] == [("removed", "wipe")]


def test_what_was_deleted_before_we_ever_read_of_it_was_not_withdrawn_from_us(store, listing, target, told):
    store.take(listing("a", target(), status=ListingStatus.DELETED))
    assert store.server("a").withdrawn
    assert told() == []


# Rules


def test_new_rules_are_no_change_of_a_server(store, listing, target, introspected, told):
    """The same history, by rules that know of no deletion: nothing appears, what changed is judged by them alone."""
    blind = replace(
        RULES, rules=tuple(rule for rule in RULES.rules if rule.asserts != "destructive"), digest=digest("b")
    )
    store.take(listing("a", target()))
    store.record(introspected(target(), READS, WIPES, hours=1))
    classify_new(store.engine, RULES, lambda *_: None)
    store.record(introspected(target(), READS, WIPES, hours=2))
    assert told() == told(blind) == []
    store.record(introspected(target(), READS | {"description": WIPES["description"]}, WIPES, hours=3))
    (seen,), (unseen,) = told(), told(blind)
    assert (seen[2], unseen[2]) == (Grade.EFFECT, Grade.TEXT)
    classify_new(store.engine, RULES, lambda *_: None)
    assert told() == [seen]
