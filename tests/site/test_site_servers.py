"""What a server's page says of the server itself: how it is reached, what it wants of whoever signs in, its end."""

from __future__ import annotations

import json

import pytest

from catalogue.site import urls
from catalogue.site.outcomes import outcome_words
from catalogue.values import ListingRow, TargetRow
from crawler.records import Reason, SignIn, Target, TargetKind, Transport
from tests.site.markup import Page
from tests.site.shelf import NOON, introspection

WALL = SignIn(
    "Bearer",
    "https://wall.example/.well-known/oauth-protected-resource",
    ("https://issuer.example", "</dd><script>alert(1)</script>\u202e"),
    (*(f"scope:{number}" for number in range(20)), "{{ 7 * 7 }}"),
)


@pytest.fixture
def show(shelf, publish, tmp_path):
    """Publish a server with one target, and return its page and its JSON twin."""

    def run(latest, **changes):
        target = Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, "https://wall.example/mcp")
        shelf.add("wall", (), targets=(TargetRow(target, latest),), **changes)
        publish(shelf)
        site = tmp_path / "site"
        return Page(site / urls.server("wall")), json.loads((site / urls.twin(urls.server("wall"))).read_bytes())

    return run


def test_what_a_server_says_of_its_sign_in_is_shown_and_harmless(show):
    page, twin = show(introspection("sign-in-required", sign_in=WALL))
    assert not page.faults
    assert "https://issuer.example, </dd><script>alert(1)</script>" in page.text
    assert "\u202e" not in page.text
    assert "scope:0, scope:1" in page.text
    assert "scope:11, and 9 more" in page.text
    assert "scope:12," not in page.text
    assert WALL.metadata_url in page.text
    assert all(attributes.get("href") != WALL.authorization_servers[1] for attributes in page.all("a"))
    said = twin["targets"][0]["introspection"]["sign_in"]
    assert said["authorization_servers"] == list(WALL.authorization_servers)
    assert said["scopes"] == list(WALL.scopes)
    assert (said["scheme"], said["metadata_url"]) == ("Bearer", WALL.metadata_url)


@pytest.mark.parametrize("private", [True, False])
def test_a_listing_that_may_hold_for_us_alone_says_so(show, private):
    page, twin = show(introspection(private=private))
    assert ("cacheScope private" in page.text) is private
    assert twin["targets"][0]["introspection"]["private"] is private


def test_a_tombstone_says_who_deleted_the_server_and_offers_nothing_of_it(show):
    listings = (ListingRow("official", "wall", "1.0", "deleted", "https://registry.example/v0.1/servers", NOON),)
    page, twin = show(None, withdrawn=True, listings=listings, description="Serves \u202efiles.")
    assert not page.faults
    assert "Withdrawn." in page.text
    assert "The tools of a withdrawn server are not listed." in page.text
    assert "official" in page.text
    assert "deleted" in page.text
    for offered in ("How to reach it", "None of its tools are known", "policy"):
        assert offered not in page.text[page.text.index("Withdrawn.") :].partition("Judged by")[0]
    assert twin["withdrawn"] is True
    assert twin["tools"] == []
    assert [listing["status"] for listing in twin["listings"]] == ["deleted"]


def test_every_reason_has_words_of_its_own():
    words = {reason: outcome_words(reason.value) for reason in Reason}
    assert all(words[reason] != reason.value for reason in Reason)
    assert len(set(words.values())) == len(Reason)


def test_an_empty_list_that_was_read_to_the_end_is_not_called_unknown(show):
    page, _ = show(introspection(tools=0))
    assert "It listed no tools" in page.text
    assert "None of its tools are known" not in page.text
    page, _ = show(introspection(tools=0, complete=False))
    assert "None of its tools are known" in page.text
