"""The search index: its words, its numbers, its lists, and what of it changes when something does."""

from __future__ import annotations

import json
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.site import urls
from catalogue.site.addresses import SiteFormat
from catalogue.site.gathered import search_index
from catalogue.site.gathered.search_files import CUTS, TOO_FREQUENT, Words, index_files, packed
from catalogue.site.gathered.search_layout import EMPTY, lay_out, place, stratum_code
from catalogue.site.gathered.search_lists import LETTERS, pieces
from catalogue.site.gathered.search_words import LONGEST_WORD, found_by, words
from classifier.text import split_identifier
from tests.site.markup import Page
from tests.site.shelf import DEFINITIONS, Shelf


def content(file: bytes):
    """What a file of the index hands over."""
    text = file.decode("ascii")
    assert text.startswith("catalogueSearch(")
    assert text.endswith(");\n")
    return json.loads(f"[{text[len('catalogueSearch(') : -3]}]")[1]


@pytest.mark.parametrize(
    "name", ["delete_file", "deleteFile", "delete-file", "HTTPServer2", "listURLs", "Delete file.", "a.b/c"]
)
def test_the_words_of_a_name_are_the_classifiers(name):
    assert list(words(name)) == [token.word for token in split_identifier(name)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Größe_ändern", ["größe", "ändern"]),
        ("ＡＢＣ ﬁle", ["abc", "file"]),
        ("执行SQL查询", ["执行", "查询", "sql"]),
        ("削除する", ["削除", "除す", "する"]),
        ("店", ["店"]),
        ("listURLs über", ["list", "urls", "über"]),
        ("x" * 100, ["x" * LONGEST_WORD]),
        ("\u202e\x00<>&\ud800", []),
    ],
)
def test_words_of_other_scripts(text, found):
    assert list(words(text)) == found


def test_a_word_counts_where_it_counts_most():
    assert found_by("delete_file", ("Delete", 7), "Delete the file now.") == ["delete file", "", "the now"]


def decoded(text: str, start: int) -> list[int]:
    values = [LETTERS.index(letter) for letter in text[1:]]
    if text[0] == "!":
        return [start + 6 * at + bit for at, six in enumerate(values) for bit in range(6) if six >> bit & 1]
    found, number, shift = [], start, 0
    for value in values:
        number += (value & 31) << shift
        shift += 5
        if value < 32:
            found.append(number)
            number, shift = number + 1, 0
    return found


@given(st.sets(st.integers(0, 9_999)), st.sampled_from([4, 40, 5_000]))
def test_lists_come_back_from_their_pieces(numbers, most):
    cut = list(pieces(array("I", sorted(numbers)), 0, 10_000, most))
    assert [number for start, text in cut for number in decoded(text, start)] == sorted(numbers)
    assert all(len(text) <= most + 1 for _, text in cut)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2**32 - 1)), max_size=200))
def test_everything_has_one_number_of_its_stratum(things):
    codes = [stratum_code(count, "low", "read") for count, _ in things]
    layout = lay_out(codes, [where for _, where in things])
    assert sorted(thing for thing in layout.things if thing != EMPTY) == list(range(len(things)))
    assert len(layout.things) == sum(stratum.size for stratum in layout.strata)
    start = 0
    for stratum in layout.strata:
        for thing in layout.things[start : start + stratum.size]:
            assert thing == EMPTY or min(things[thing][0], 5) == stratum.words
        start += stratum.size


def test_who_comes_moves_few():
    places = [place(f"server/{number}") for number in range(9_000)]
    before = lay_out([0] * 9_000, places).things
    after = lay_out([0] * 9_001, [*places, place("server/new")]).things
    assert len(before) == len(after)
    assert sum(one != other for one, other in zip(before, after, strict=True)) < 40


def test_a_word_of_everywhere_has_no_list_but_for_names():
    numbers = array("I", range(0, 10_000, 3))
    lists = [packed([("the", 0, numbers), ("the", 2, numbers)])]
    part = Words("7468", "layout", 10_000, lists, CUTS[SiteFormat.HTML])
    files = dict(index_files(part))
    name, description = content(files[urls.search_file("w/7468")])["words"]["the"][0::2]
    assert description == TOO_FREQUENT
    digest, parts = name
    lists = [content(files[urls.search_file(f"l/{digest}-{number}")])[1] for number in range(len(parts))]
    assert [number for (start, _), text in zip(parts, lists, strict=True) for number in decoded(text, start)] == list(
        range(0, 10_000, 3)
    )


def index_of(site: Path) -> dict[str, bytes]:
    return {str(file.relative_to(site)): file.read_bytes() for file in (site / "search").rglob("*.js")}


def test_only_what_changed_is_written_and_it_is_as_if_made_anew(ruleset, publish, tmp_path):
    def shelf(changed: str) -> Shelf:
        made = Shelf(ruleset)
        for number in range(60):
            made.add(f"acme/server-{number}", [{"name": f"tool_{n}", "description": f"Reads w{n}."} for n in range(5)])
        made.add("acme/one", [*DEFINITIONS, {"name": "frob", "description": changed}])
        return made

    publish(shelf("Quietly."), tmp_path / "site")
    before = index_of(tmp_path / "site")
    publish(shelf("Loudly."), tmp_path / "site")
    after = index_of(tmp_path / "site")
    publish(shelf("Loudly."), tmp_path / "anew")
    assert after == index_of(tmp_path / "anew")
    differing = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert "search/w/6c6f.js" in differing
    assert len(differing) <= 4  # the record, the word that went, the word that came, and which beginnings there are


def test_no_file_of_the_index_grows_with_the_catalogue(shelf, publish, tmp_path):
    for number in range(40):
        shelf.add(f"acme/server-{number}", [{"name": f"tool_{n}", "description": "Reads " * 300} for n in range(40)])
    publish(shelf)
    assert max(len(file) for file in index_of(tmp_path / "site").values()) < 16_000


def test_every_page_has_a_search_box(shelf, publish, tmp_path):
    publish(shelf)
    for path in (tmp_path / "site").rglob("*.html"):
        forms = [form for form in Page(path).all("form") if form.get("role") == "search"]
        assert len(forms) == 1, path
        assert forms[0]["action"].endswith(urls.SEARCH)


def test_only_the_words_of_windows_that_changed_are_looked_at(ruleset, publish, tmp_path, monkeypatch):
    monkeypatch.setattr(search_index, "_WINDOW", 64)
    looked: list[int] = []
    collected = search_index.SearchIndex._collected

    def noted(index, numbers):
        looked.append(numbers.start)
        return collected(index, numbers)

    monkeypatch.setattr(search_index.SearchIndex, "_collected", noted)
    shelf = Shelf(ruleset)
    for number in range(40):
        shelf.add(f"server-{number}", [{"name": f"tool_{n}", "description": f"Lists w{number}."} for n in range(5)])
    publish(shelf)
    every = len(looked)
    looked.clear()
    publish(shelf)
    assert looked == []
    shelf.add("server-7", [{"name": f"tool_{n}", "description": f"Lists x{n}."} for n in range(5)])
    publish(shelf)
    assert 0 < len(looked) < every
    publish(shelf, tmp_path / "fresh")
    assert index_of(tmp_path / "site") == index_of(tmp_path / "fresh")
