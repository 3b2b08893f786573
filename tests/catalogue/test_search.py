from __future__ import annotations

import pytest

from catalogue.database import reading
from catalogue.repository import Repository
from catalogue.repository.search import Search, Wanted
from classifier.verdict import Category


@pytest.fixture
def found(store, listing, target, introspected):
    """Search a catalogue of two servers, of which nothing is judged; returns the names of candidates."""
    acme, other = target("https://acme.example/mcp"), target("https://other.example/mcp")
    store.take(listing("acme", acme), listing("Größe", other))
    texts = {"one": "Löscht ÄNDERUNGEN", "two": "100% 日本語 a_b", "three": 'says "no" \\ and a\x00b'}
    store.record(introspected(acme, *({"name": name, "description": text} for name, text in texts.items())))
    store.record(introspected(other, "one", "a_"))

    def search(after=None, most=10, **wanted):
        with reading(store.engine) as session:
            ids = Search(session).candidates(Wanted(**wanted), "rules", after, most)
            return ids, [tool.name for tool in Repository(session).tools_by_id(ids, "rules")]

    return search


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("änderungen",), ["one"]),
        (("LÖSCHT",), ["one"]),
        (("größe",), ["a_", "one"]),
        (("日本語",), ["two"]),
        (("0%",), ["two"]),
        (("a_b",), ["two"]),
        (('"no"', "\\"), ["three"]),
        (("acme", "one"), ["one"]),
        (("!",), []),
    ],
)
def test_what_may_hold_every_word_is_found_whatever_its_letters(found, words, names):
    assert found(words=words)[1] == names


def test_candidates_come_in_one_order_and_from_any_place_on(found):
    every, names = found()
    assert names == ["a_", "one", "one", "three", "two"]
    assert [found(after=every[at], most=2)[0] for at in range(5)] == [every[at + 1 : at + 3] for at in range(5)]
    assert found(after=999_999_999) == ([], [])


def test_what_is_not_judged_may_have_any_verdict(found):
    assert len(found(categories=(Category.READ,), signal="bulk", server="acme")[0]) == 3
