"""A site with a page for each server: few files, anchors instead of pages, and nothing lost."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from itertools import chain, pairwise
from pathlib import Path

import pytest

from catalogue.site import urls
from catalogue.site.addresses import FORMATS, SiteFormat
from catalogue.site.building.whole_files import _LARGEST
from catalogue.site.files.output import MANIFEST
from catalogue.site.shards import bucket
from tests.hostile_strings import HOSTILE
from tests.site.markup import Page
from tests.site.shelf import DEFINITIONS, Shelf, published, stocked
from tests.site.test_site_search import content

SINGLE = SiteFormat.SINGLE
ADDRESSES = FORMATS[SINGLE]


def many(count: int) -> list[dict]:
    return [{"name": f"get_item_{number}", "description": "Get an item."} for number in range(count)]


def with_much(ruleset) -> Shelf:
    shelf = stocked(ruleset)
    shelf.add("large", many(700))
    shelf.add("Acme/Hostile", [{"name": text, "description": text} for text in dict.fromkeys(HOSTILE) if text])
    return shelf


@pytest.fixture(scope="module")
def site(ruleset, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "site"
    published(with_much(ruleset), folder, layout=SINGLE)
    return folder


def files(site: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    del found[MANIFEST]
    return found


def places(site: Path) -> set[str]:
    """Every page, and every anchor on one."""
    found = set()
    for path in site.rglob("*.html"):
        page = str(path.relative_to(site))
        ids = Page(path).ids()
        assert len(ids) == len(set(ids)), page
        found |= {page, *(f"{page}#{one}" for one in ids)}
    return found


def test_a_server_is_one_file_and_everything_leads_to_the_anchors_of_its_tools(site):
    there = files(site)
    assert [path for path in there if path.startswith("server/io.github.acme__files/")] == [
        "server/io.github.acme__files/index.html"
    ]
    known = places(site)
    tools = [tool for path in there if path.startswith("api/v1/tools/") for tool in _tools(there[path])]
    shelf_tools = 5 + 2 + 700 + len({text for text in HOSTILE if text})
    assert len({tool["page"] for tool in tools}) == len(tools) == shelf_tools
    leads = {tool["page"] for tool in tools}
    leads |= {row for path in there if path.startswith("search/r/") for row in _found(there[path])}
    assert all("#tool-" in place for place in leads if place not in there)
    assert leads <= known
    assert set(json.loads(there["api/v1/index.json"])["api"].values()) <= there.keys()
    assert {tool["twin"] for tool in tools} | {tool["policy"] for tool in tools} <= there.keys()


def _tools(content: bytes) -> list[dict]:
    return json.loads(content).get("tools", [])


def _found(file: bytes) -> list[str]:
    """Where the records of a file of the search index lead, as its script makes it of them."""
    rows = json.loads(zlib.decompress(base64.b64decode(content(file)["packed"]))).values()
    return [path or f"server/{server.replace('/', '__')}/index.html#tool-{name}" for name, server, path, *_ in rows]


def test_pages_are_sound_and_say_of_a_tool_what_counts(site):
    page = Page(site / urls.server("io.github.acme/files"))
    assert page.faults == []
    headings = page.headings()
    assert all(after - before <= 1 for before, after in pairwise(headings))
    for words in ("Permanently delete", "hidden from the model", "policy.json", "readOnlyHint", "disagrees", "SHA-256"):
        assert words in page.text
    assert "delete" in page.marked
    assert [attributes for attributes in page.all("details") if "open" in attributes] == []
    ids = set(page.ids())
    assert {"tool-delete_file", "tool-delete_file:1", "tool-delete_file:policy"} <= ids
    assert {link["href"][1:] for link in page.all("a") if (link.get("href") or "").startswith("#")} <= ids
    for path in site.rglob("*.html"):
        assert Page(path).faults == [], path


def test_what_programs_read_of_a_server_stands_among_others(site):
    page = urls.server("io.github.acme/files")
    shard = json.loads((site / ADDRESSES.server_twin("io.github.acme/files", page)).read_bytes())
    found = next(one for one in shard["servers"] if one["page"] == page)
    assert [tool["name"] for tool in found["tools"]] == [definition["name"] for definition in DEFINITIONS]
    assert found["policy"]["default"] == "deny"
    assert found["changes"] == []
    lines = gzip.decompress((site / ADDRESSES.tool_data("io.github.acme/files", page)).read_bytes()).splitlines()
    mine = [tool for tool in map(json.loads, lines) if tool["server"] == "io.github.acme/files"]
    assert [tool["definition"] for tool in mine] == list(DEFINITIONS)
    assert all(tool["verdict"]["category"] and tool["recommended"] for tool in mine)


def test_a_server_of_many_tools_has_pages_that_name_each_tool_once(site):
    pages = [Page(site / path) for path in ADDRESSES.pages("large", 700)]
    anchors = [[one for one in page.ids() if one.startswith("tool-") and ":" not in one] for page in pages]
    assert len(pages) == 3
    assert sorted(chain.from_iterable(anchors)) == sorted(urls.tool_anchor(tool["name"]) for tool in many(700))
    assert max(map(len, anchors)) < ADDRESSES.split + 60
    named = [link["href"] for link in pages[0].all("a") if link.get("class") == "name"]
    assert len(named) == 700  # the first page has the contents of all
    assert "What it tells every model" not in pages[1].text


def test_a_tool_that_comes_leaves_the_others_where_they_are():
    names = [f"tool_{number}" for number in range(900)]
    before = {name: ADDRESSES.tool("large", name, 0, 900) for name in names}
    assert {name: ADDRESSES.tool("large", name, 0, 899) for name in names} == before
    moved = sum(ADDRESSES.tool("large", name, 0, 901) != place for name, place in before.items())
    assert 150 < moved < 300  # a page more takes a fourth of each
    assert {bucket(name, 1) for name in names} == {0}


def test_who_floods_a_page_shows_less_of_it(ruleset, tmp_path):
    flood = "\u202ea" * 4_000
    properties = {f"parameter_{number}": {"type": "string", "description": flood} for number in range(60)}
    shelf = Shelf(ruleset)
    shelf.add("flood", [{"name": "flood", "description": flood, "inputSchema": {"properties": properties}}, *many(1)])
    published(shelf, tmp_path / "site", layout=SINGLE)
    page = tmp_path / "site" / urls.server("flood")
    assert page.stat().st_size < 2 * _LARGEST
    assert "too large for this page" in Page(page).text


def test_two_builds_are_alike_and_a_later_one_makes_what_a_whole_one_does(ruleset, tmp_path):
    shelf = with_much(ruleset)
    published(shelf, tmp_path / "a", layout=SINGLE)
    published(with_much(ruleset), tmp_path / "b", layout=SINGLE)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    again = published(shelf, tmp_path / "a", layout=SINGLE)
    assert (again.written, again.removed) == (0, 0)
    shelf.add("io.github.acme/other", [*DEFINITIONS[:1], {"name": "new_tool", "description": "List new things."}])
    changed = published(shelf, tmp_path / "a", layout=SINGLE)
    published(shelf, tmp_path / "c", layout=SINGLE)
    assert files(tmp_path / "a") == files(tmp_path / "c")
    assert changed.written < changed.files / 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_changes_its_format_and_keeps_nothing_of_the_other(ruleset, shelf, tmp_path):
    formats = {layout: tmp_path / layout for layout in SiteFormat}
    for layout, folder in formats.items():
        published(shelf, folder, layout=layout)
    for layout in (SINGLE, SiteFormat.HTML, SINGLE):
        published(shelf, tmp_path / "site", layout=layout)
        assert files(tmp_path / "site") == files(formats[layout])
    assert not list((tmp_path / "site").rglob("*.policy.json"))


TOOLS, SERVERS, MOST = 500_000, 15_000, 20_000


def test_half_a_million_tools_fit_in_twenty_thousand_files(site):
    """Counts the worst case: every server but one has a single tool, every shard and every kind of record is there."""
    pages = SERVERS + (TOOLS - SERVERS) // ADDRESSES.split
    shards = ("api/v1/tools/", "api/v1/policies/", "api/v1/server/", "api/v1/files/", "data/tools/", "data/servers/")
    sharded = (*shards, "publisher/", "api/v1/target/", "server/", "search/")
    fixed = sum(not path.startswith(sharded) for path in files(site))
    # In the development corpus a tool has 0.6 signals; a list of servers, hints or flows has a twin for each page.
    lists = int(2.6 * TOOLS) // (100 * ADDRESSES.lists) + 2 * 3 * SERVERS // (100 * ADDRESSES.others) + 2 * 20
    search = 1_371  # measured by benchmarks/search.py, as records and lists of words are made from real ones
    assert pages + 64 * len(shards) + 64 + 256 + fixed + lists + search < MOST
