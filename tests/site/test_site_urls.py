from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.site import urls

HOSTILE = (
    "..", ".", "", "/", "a/../b", "../../etc/passwd", "CON", "con", "nul.txt", "COM1", "a.", ".a", "-a", "a\0b", "a b",
    "=cmd()", "{{7*7}}", "<script>", "%2e%2e", "\u202eabc", "a\u200bb", "\ud800", "é", "e\u0301", "a__b", "a/b",
    "a---b", "x" * 400, "x" * 401, "read", "READ", "Read", "a--" + "a" * 20, "index.html", "*", "?", "a:b", "C:\\x",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_slug_is_a_file_name_on_every_system(name):
    slug = urls.slug(name)
    assert re.fullmatch(r"[a-z0-9_][a-z0-9_.-]{0,101}", slug)
    assert ".." not in slug
    assert not slug.endswith(".")
    assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", slug)


def test_hostile_names_and_occurrences_never_share_a_slug():
    slugs = [urls.slug(name, occurrence).casefold() for name in HOSTILE for occurrence in (0, 1, 2)]
    assert len(slugs) == len(set(slugs))


names = st.text(st.characters(), max_size=12) | st.text("aAb_/-.", max_size=6)


@given(names, names, st.integers(0, 2), st.integers(0, 2))
def test_different_tools_have_different_paths(one, other, first, second):
    same = (one, first) == (other, second)
    assert (urls.tool("s", one, first).casefold() == urls.tool("s", other, second).casefold()) is same
    assert (urls.server(one) == urls.server(other)) is (one == other)


@given(st.text("abcdefghijklmnopqrstuvwxyz234567-", min_size=1, max_size=40))
def test_the_slug_of_a_slug_is_not_mistaken_for_it(name):
    lossy = urls.slug(name.upper() + "A")
    assert urls.slug(lossy) != lossy


def test_plain_registry_names_stay_readable():
    assert urls.server("io.github.acme/files") == "server/io.github.acme__files/index.html"
    assert urls.tool("acme", "delete_file") == "server/acme/tool/delete_file.html"
    assert urls.twin(urls.tool("acme", "delete_file")) == "api/v1/server/acme/tool/delete_file.json"


def test_no_tool_can_take_the_place_of_another_file():
    paths = {urls.tool("a", name) for name in ("policy", "index", "x", "x.policy", "x.policy.json")}
    paths |= {urls.tool_policy("a", name) for name in ("policy", "index", "x", "x.policy", "x.policy.json")}
    paths |= {
        urls.server("a"),
        urls.server("a", 2),
        urls.server_policy("a"),
        urls.policy_page("a"),
        urls.policy_page("a", 2),
        urls.server("a/policy"),
        urls.server("a/tool"),
        urls.server("2.html"),
    }
    assert len(paths) == 18


def test_absolute_addresses_name_folders_by_their_slash():
    assert urls.absolute(None, urls.HOME) is None
    assert urls.absolute("https://x.example/sub/", urls.HOME) == "https://x.example/sub/"
    assert urls.absolute("https://x.example/", urls.server("a")) == "https://x.example/server/a/"
    assert urls.absolute("https://x.example/", urls.METHOD) == "https://x.example/method.html"
