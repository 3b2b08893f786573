"""Whatever strangers write, the files for machines keep their form: Markdown, feeds, JSON-LD, SVG, PNG."""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from catalogue.drift import Drift, Grade
from catalogue.site import urls
from catalogue.site.building.server_files import Work, server_files
from catalogue.site.context import Site
from catalogue.site.encode import script_json
from catalogue.site.machine.badge import badge_markdown
from catalogue.site.machine.markdown import code, fenced
from catalogue.site.marks import inert, quote
from catalogue.values import Standing
from classifier.verdict import Category, Severity
from tests.hostile_strings import HOSTILE, hostile_definition
from tests.site.shelf import NOON, Shelf, introspection

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_PLAIN = "plain words"


def _drift(text: str, kind: str = "changed") -> Drift:
    sides = (Category.READ, Category.EXECUTE)
    levels = (Severity.LOW, Severity.HIGH)
    at = NOON + timedelta(hours=1)
    return Drift(text, text, 0, at, Standing.CONFIRMED, kind, Grade.EFFECT, sides, levels, (f"takes {text}", text))


def _files(ruleset, text: str, base_url: str | None) -> Mapping[str, bytes]:
    """All files of a server whose every word is `text`, without its folder's name."""
    shelf = Shelf(ruleset)
    seen = introspection(instructions=text, detail=text, server_info={"name": text, "version": text})
    words = {"title": text, "description": text, "version": text, "website_url": f"https://x.example/{text}"}
    shelf.add(text, [hostile_definition(text)], seen=seen, **words)
    ((row, heads),) = shelf.holdings(ruleset.digest)
    tools = list(shelf.tools_by_id([head.id for head in heads], ruleset.digest))
    work = Work(row, tools, {}, [_drift(text), _drift(text, "removed")], b"")
    titles = {rule.id: rule.title for rule in ruleset.rules}
    folder = urls.server(text).removesuffix("index.html")
    made = server_files(work, Site(base_url, ruleset.digest, 1), titles).files
    tool = urls.tool(text, text).removeprefix(folder)
    return {path.removeprefix(folder).replace(tool, "tool.html"): content for path, content in made}


@pytest.fixture(scope="module")
def made(ruleset) -> Mapping[str, Mapping[str, bytes]]:
    return {text: _files(ruleset, text, "https://x.example/") for text in (_PLAIN, *HOSTILE)}


def _inner(markdown: str) -> Iterator[tuple[str, str]]:
    """Each token of Markdown text, also those within lines: its type and what it holds."""
    for token in _MARKDOWN.parse(markdown):
        yield token.type, token.content
        for child in token.children or ():
            yield child.type, child.attrGet("href") or child.content


def test_markdown_has_the_same_form_whatever_is_in_it(made):
    def form(text: str) -> list[str]:
        return [kind for kind, _ in _inner(made[text]["index.md"].decode())]

    for text in HOSTILE:
        if inert(text).strip():  # what is empty is told by a word, and has no block
            plain = [kind for kind in form(_PLAIN) if kind not in {"text", "code_inline"}]
            assert [kind for kind in form(text) if kind not in {"text", "code_inline"}] == plain, text


def test_markdown_holds_strangers_words_in_code_only(made):
    for text in HOSTILE:
        found = list(_inner(made[text]["index.md"].decode()))
        assert not {kind for kind, _ in found} & {"html_block", "html_inline", "image", "code_block", "table_open"}, (
            text
        )
        links = [held for kind, held in found if kind == "link_open"]
        assert all(re.fullmatch(r"https://x\.example/[a-z0-9_./-]*", link) for link in links), (text, links)
        outside = " ".join(held for kind, held in found if kind == "text")
        assert "//evil.invalid" not in outside
        assert "alert(" not in outside


@given(st.text() | st.sampled_from(HOSTILE) | st.text("`~ \n\\a", max_size=12))
def test_code_and_fences_hold_any_text(text):
    line = inert(text)
    tokens = [token for token in _inner(f"- before {code(text)} after") if token[0] in {"code_inline", "text"}]
    assert tokens == ([("text", "before "), ("code_inline", line), ("text", " after")] if line.strip() else tokens[:1])
    block = quote(text).text
    fence, *rest = _MARKDOWN.parse(f"{fenced(block)}\n")
    assert (fence.type, rest) == ("fence", [])
    assert fence.content.rstrip("\n") == block.rstrip("\n")


def test_feeds_are_read_and_have_the_same_form_whatever_is_in_them(made):
    plain = feedparser.parse(made[_PLAIN]["changes.atom"])
    for text in HOSTILE:
        feed = feedparser.parse(made[text]["changes.atom"])
        assert not feed.bozo, (text, feed.get("bozo_exception"))
        assert [sorted(entry) for entry in feed.entries] == [sorted(entry) for entry in plain.entries], text
        items = json.loads(made[text]["feed.json"])["items"]
        assert [one["id"] for one in items] == [entry.id for entry in feed.entries], text
        assert len({one["id"] for one in items}) == 2
        assert not any(re.search("[\x00-\x1f\x7f\u202e\ud800-\udfff]", one["title"]) for one in items), text


def test_atom_has_no_element_of_a_stranger(made):
    def tags(text: str) -> list[str]:
        return [element.tag for element in ET.fromstring(made[text]["changes.atom"]).iter()]

    for text in HOSTILE:
        assert tags(text) == tags(_PLAIN), text
        root = ET.fromstring(made[text]["changes.atom"])
        assert root[1].text == f"Changes of {inert(text, 160)}".replace("\r", "\n"), text


def test_an_id_stays_when_the_site_moves(ruleset, made):
    moved = json.loads(_files(ruleset, _PLAIN, "https://elsewhere.example/sub/")["feed.json"])
    here = json.loads(made[_PLAIN]["feed.json"])
    assert [one["id"] for one in moved["items"]] == [one["id"] for one in here["items"]]
    assert moved["items"][0]["url"].startswith("https://elsewhere.example/sub/server/")


class _Scripts(HTMLParser):
    """Collects the blocks of data of a page, as a browser delimits them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._inside = tag == "script" and dict(attrs).get("type") == "application/ld+json"

    def handle_endtag(self, _):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.blocks.append(data)


def test_structured_data_stays_in_its_element(made):
    for text in HOSTILE:
        for page in ("index.html", "tool.html"):
            (block,) = _Scripts(made[text][page].decode()).blocks
            assert not re.search("[<>&=\u2028\u2029]", block), text
            (trail,) = (node for node in json.loads(block)["@graph"] if node["@type"] == "BreadcrumbList")
            steps = trail["itemListElement"]
            assert [step["position"] for step in steps] == list(range(1, len(steps) + 1))
            assert steps[-1]["name"] == inert(text, 160)


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(st.text(), inner)))
def test_json_for_a_script_says_the_same_and_holds_nothing_that_ends_it(value):
    text = script_json(value)
    assert json.loads(text) == value
    assert not re.search(r"[<>&=\u2028\u2029]|[^\x20-\x7e]", text)


def test_badges_are_the_same_whatever_a_server_is_called(made):
    for text in HOSTILE:
        root = ET.fromstring(made[text]["badge.svg"])
        assert {element.tag.rpartition("}")[2] for element in root.iter()} == {
            "svg",
            "title",
            "rect",
            "path",
            "g",
            "text",
        }
        markdown = badge_markdown(Site(None, "", 0), urls.server(text), urls.server_badge(text))
        kinds = [kind for kind, _ in _inner(markdown)]
        assert kinds == ["paragraph_open", "inline", "link_open", "image", "link_close", "paragraph_close"], text


def test_pictures_are_whole_and_alike_on_every_making(ruleset, made):
    for text in HOSTILE:
        with Image.open(io.BytesIO(made[text]["card.png"])) as picture:
            picture.load()
            assert (picture.format, picture.size) == ("PNG", (1200, 630))
        assert len(made[text]["card.png"]) < 40_000
        assert len(_packed_rows(made[text]["card.png"])) == 630 * (1 + 1200 // 4)
    assert _files(ruleset, HOSTILE[0], None)["card.png"] == made[HOSTILE[0]]["card.png"]
    assert made[_PLAIN]["card.png"] != made[HOSTILE[0]]["card.png"]


def _packed_rows(picture: bytes) -> bytes:
    """Return the rows of a PNG that has them in one chunk; `decompress` looks at their checksum, as few readers do."""
    start = picture.index(b"IDAT")
    return zlib.decompress(picture[start + 4 :][: int.from_bytes(picture[start - 4 : start])])


def test_a_withdrawal_and_a_tool_that_is_gone_lead_to_the_server():
    from catalogue.site.machine.feeds import item

    place = urls.tool("x", "x")
    gone = item(_drift("x", "removed"), place, set())
    withdrawn = item(replace(_drift("x"), tool=None, standing=None, kind="withdrawn"), urls.tool("x", ""), {place})
    there = item(_drift("x"), place, {place})
    assert (gone.path, withdrawn.path, there.path) == (urls.server("x"), urls.server("x"), urls.tool("x", "x"))
    assert withdrawn.title == "x: takes x"
