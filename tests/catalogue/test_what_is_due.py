from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from catalogue.schedule import PATIENCE, wait
from crawler.records import Reason, SignIn, TargetKind


def test_what_a_server_says_of_its_sign_in_is_remembered(store, listing, target, failed):
    wall = SignIn("Bearer", "https://example.com/.well-known/x", ("https://issuer.example",), ("read", "write"))
    store.take(listing("server", target()))
    store.record(replace(failed(target(), Reason.SIGN_IN), sign_in=wall))
    assert store.server("server").targets[0].latest.sign_in == wall


def test_a_list_that_may_hold_for_us_alone_is_counted_while_it_is_the_latest(store, listing, target, introspected, at):
    store.take(listing("server", target()))
    for hours, private in enumerate((False, True, True, False)):
        store.record(replace(introspected(target(), "tool", hours=hours), private=private))
        assert store.status(at(hours)).private == private


def test_a_target_is_due_when_it_is_found_and_a_day_after_it_listed_its_tools(store, listing, target, introspected, at):
    remote = target()
    store.take(listing("a", remote))
    assert store.due(at(0)) == [remote.address]
    store.record(introspected(remote, "tool", hours=1))
    assert store.due(at(24.9)) == []
    assert store.due(at(25)) == [remote.address]


def test_the_dead_are_asked_ever_less_often(store, listing, target, failed, at):
    remote = target()
    store.take(listing("a", remote))
    now, gaps = 0.0, []
    for _ in range(12):
        store.record(failed(remote, hours=now))
        later = next(
            hours for hours in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720, 1024) if store.due(at(now + hours))
        )
        assert not store.due(at(now + later - 0.1))
        gaps.append(later)
        now += later
    assert gaps == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720, 720]


@pytest.mark.parametrize(
    ("ttl", "expected"),
    [
        (None, timedelta(days=1)),
        (timedelta(0), timedelta(days=1)),  # what the official SDKs send for whoever says nothing
        (timedelta(milliseconds=1), timedelta(hours=1)),
        (timedelta(hours=5), timedelta(hours=5)),
        (timedelta(days=5000), timedelta(days=30)),
    ],
)
def test_a_server_says_when_to_come_back_within_bounds(target, introspected, ttl, expected):
    assert wait(introspected(target(), "tool", ttl=ttl), 0) == expected


@pytest.mark.parametrize("ttl", [None, timedelta(minutes=5)])
def test_an_unchanged_version_is_run_weekly_and_a_new_one_at_once(store, listing, target, introspected, at, ttl):
    old, new = target("a", TargetKind.NPM, "1.0"), target("a", TargetKind.NPM, "1.1")
    store.take(listing("a", old))
    store.record(introspected(old, "tool", hours=1, ttl=ttl))
    store.take(listing("a", old, hours=24))
    assert store.due(at(24 * 7)) == []
    assert store.due(at(24 * 7 + 1)) == ["a"]
    store.take(listing("a", new, hours=30))
    assert store.due(at(30)) == ["a"]


def test_a_package_that_fails_is_tried_again_after_days(store, listing, target, failed, at):
    package = target("a", TargetKind.NPM)
    store.take(listing("a", package))
    store.record(failed(package, Reason.START_FAILED, hours=0))
    assert (store.due(at(23)), store.due(at(24))) == ([], ["a"])
    store.record(failed(package, Reason.START_FAILED, hours=24))
    assert (store.due(at(24 + 47)), store.due(at(24 + 48))) == ([], ["a"])


@pytest.mark.parametrize(
    ("asks", "expected"), [(0.5, 1), (5, 5), (24 * 365, 24 * 30)], ids=["less", "more", "far more than we wait"]
)
def test_whoever_is_asked_too_often_says_how_long_to_wait_up_to_a_month(target, failed, asks, expected):
    outcome = replace(failed(target(), Reason.RATE_LIMITED), retry_after=timedelta(hours=asks))
    assert wait(outcome, 1) == timedelta(hours=expected)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.SIGN_IN, timedelta(days=30)),
        (Reason.NEEDS_NETWORK, timedelta(days=30)),
        (Reason.NO_COMMAND, timedelta(days=30)),
        (Reason.NO_SANDBOX, timedelta(seconds=1)),
        (Reason.TIMED_OUT, timedelta(hours=1)),
    ],
)
def test_a_reason_has_its_own_pace(target, failed, reason, expected):
    assert wait(failed(target(), reason), 1) == expected


def test_what_this_machine_lacks_is_no_failure_of_the_target(store, listing, target, failed, at):
    package = target("a", TargetKind.NPM)
    store.take(listing("a", package))
    for hours in range(1, 6):
        store.record(failed(package, Reason.NO_SANDBOX, hours=hours))
    assert store.due(at(5)) == []
    assert store.due(at(5.1)) == ["a"]
    store.record(failed(package, hours=6))  # the first one of its own
    assert store.due(at(30)) == ["a"]


def test_a_servers_targets_are_asked_in_order_until_one_lists(store, listing, target, introspected, failed, at):
    npm, remote, pypi = target("a", TargetKind.NPM), target(), target("a", TargetKind.PYPI)
    store.take(listing("a", npm, pypi, remote))
    assert store.due(at(1)) == [remote.address]
    store.record(failed(remote, Reason.SIGN_IN, hours=1))
    assert store.due(at(2)) == ["a"]
    store.record(introspected(npm, "tool", hours=2))
    assert store.due(at(3)) == []
    assert [tool.introspection.target for tool in store.tools()] == ["npm:a"]


def test_a_target_that_listed_speaks_for_its_server_until_it_failed_several_times(
    store, listing, target, introspected, failed, at
):
    remote, npm = target(), target("a", TargetKind.NPM)
    store.take(listing("a", remote, npm))
    store.record(introspected(remote, "tool", hours=1))
    for hours in range(2, 2 + PATIENCE):
        assert "a" not in store.due(at(hours))
        store.record(failed(remote, hours=hours))
    assert store.due(at(2 + PATIENCE)) == ["a"]


def test_an_empty_list_under_made_up_values_is_no_fact(store, listing, target, introspected, at):
    npm, pypi = target("a", TargetKind.NPM), target("b", TargetKind.PYPI)
    store.take(listing("a", npm, pypi))
    store.record(introspected(npm, attempt="dummy-values", hours=1))
    assert store.due(at(2)) == ["b"]


def test_a_target_that_no_listing_names_any_more_is_not_asked(store, listing, target, at):
    store.take(listing("a", target("old", TargetKind.NPM)))
    store.take(listing("a", target("new", TargetKind.NPM), hours=1))
    assert store.due(at(2)) == ["new"]


def test_a_status_says_how_many_are_due_when_and_who_waits_behind_a_better_one(
    store, listing, target, introspected, failed, at
):
    daily, wall, dead = (target(f"https://{name}.example") for name in ("daily", "wall", "dead"))
    behind = target("behind", TargetKind.NPM)
    store.take(listing("daily", daily, behind), listing("wall", wall), listing("dead", dead), listing("none"))
    store.record(introspected(daily, "tool", hours=0), failed(wall, Reason.SIGN_IN, hours=0), failed(dead, hours=0))
    spans = ("within an hour", "within a day", "within a week", "within a month", "later")

    def turns(hours):
        status = store.status(at(hours))
        assert status.due == len(store.due(at(hours)))
        return status.due, [status.due_later[span] for span in spans], status.in_reserve

    assert turns(0.5) == (0, [1, 1, 0, 1, 0], 1)
    assert turns(1) == (1, [0, 1, 0, 1, 0], 1)
    assert turns(24 * 40) == (3, [0, 0, 0, 0, 0], 1)
    for hours in range(25, 25 + PATIENCE):
        store.record(failed(daily, hours=hours))
    assert turns(28) == (2, [0, 1, 0, 1, 0], 0)


def test_the_longest_due_come_first(store, listing, target, at):
    store.take(listing("late", target("https://late.example"), hours=5))
    store.take(listing("early", target("https://early.example"), hours=1))
    assert store.due(at(6)) == ["https://early.example", "https://late.example"]
