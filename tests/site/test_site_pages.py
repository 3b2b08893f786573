from __future__ import annotations

import gzip
import json
import posixpath
import re
from itertools import pairwise
from pathlib import Path

import pytest

from catalogue.errors import CatalogueError
from catalogue.policies.document import json_schema
from catalogue.policies.evaluate import Evaluator
from catalogue.policies.parsing import parse
from catalogue.site import urls
from tests.hostile_strings import HOSTILE, hostile_definition
from tests.site.markup import Page
from tests.site.shelf import DEFINITIONS, Shelf, introspection

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "tools.jsonl.gz"


@pytest.fixture
def site(shelf, publish, tmp_path) -> Path:
    publish(shelf)
    return tmp_path / "site"


def pages(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if path.is_file())  # a server may be called like a page


def tool(site: Path, name: str, server: str = "io.github.acme/files") -> Page:
    return Page(site / urls.tool(server, name))


def twin(site: Path, page: str) -> dict:
    return json.loads((site / urls.twin(page)).read_bytes())


def test_every_page_is_sound(site):
    for path in pages(site):
        page = Page(path)
        assert not page.faults, path
        assert len(page.ids()) == len(set(page.ids())), path
        assert page.headings().count(1) == 1, path
        assert page.headings()[0] == 1, path
        assert all(below - above <= 1 for above, below in pairwise(page.headings())), path
        policy = next(meta for meta in page.all("meta") if meta.get("http-equiv"))["content"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'")
        assert {"main", "header", "footer", "nav"} <= {tag for tag, _ in page.elements}


def test_every_link_leads_to_a_file_and_every_fragment_to_an_element(site):
    known = {path: set(Page(path).ids()) for path in pages(site)}
    for path in known:
        for attributes in Page(path).all("a") + Page(path).all("link") + Page(path).all("script"):
            if not (target := attributes.get("href") or attributes.get("src")):
                continue
            if target.startswith("https://"):
                assert attributes["rel"] == "nofollow noopener noreferrer"
                continue
            file, _, fragment = target.partition("#")
            there = Path(posixpath.normpath(path.parent / file)) if file else path
            assert there.is_file(), (path, target)
            assert not fragment or fragment in known[there], (path, target)


def test_every_page_has_a_twin_with_its_address(site):
    for path in pages(site):
        name = str(path.relative_to(site))
        if name != urls.NOT_FOUND:
            assert twin(site, name)["page" if "page" in twin(site, name) else "path"] == name


def test_two_builds_are_byte_identical(shelf, publish, tmp_path):
    publish(shelf, tmp_path / "one")
    publish(shelf, tmp_path / "two")
    one = {path.relative_to(tmp_path / "one"): path.read_bytes() for path in pages(tmp_path / "one")}
    assert one == {path.relative_to(tmp_path / "two"): path.read_bytes() for path in pages(tmp_path / "two")}


def test_a_second_build_writes_nothing_and_one_more_tool_only_what_names_it(shelf, publish):
    first = publish(shelf)
    assert first.written == first.files
    assert publish(shelf).written == 0
    shelf.add("io.github.acme/other", [*DEFINITIONS[:2], {"name": "new_tool", "description": "List new things."}])
    summary = publish(shelf)
    assert 0 < summary.written < summary.files
    shelf.remove("io.github.acme/other")
    assert publish(shelf).removed > 10


def test_the_words_that_rules_matched_are_marked_in_the_definition(site):
    page = tool(site, "delete_file")
    evidence = [
        item
        for match in twin(site, urls.tool("io.github.acme/files", "delete_file"))["verdict"]["support"]
        for item in match["evidence"]
        if item["quote"]
    ]
    assert evidence
    whole = "".join(page.marked)
    assert all(item["quote"] in whole for item in evidence)


def test_a_tool_page_has_what_a_reader_came_for(site):
    text = tool(site, "delete_file").text
    for part in (
        "io.github.acme/files", "Destructive", "Critical", "Confirmed", "Permanently delete a file.",
        "Absolute path of the file to delete", "default false", "readOnlyHint", "disagrees",
        '"version": "1"', "2025-06-18", "2026-11-20 12:00 UTC", "node index.js --root /data",
        "catalogue explain io.github.acme/files delete_file", "catalogue classify --tools tool.jsonl",
    ):  # fmt: skip
        assert part in text


def test_declared_tools_say_so_and_confirmed_ones_do_not(site):
    assert "not confirmed by asking the server" in tool(site, "delete_file", "io.github.acme/other").text
    assert "not confirmed" not in tool(site, "delete_file").text


def test_answers_differ_with_the_facts(site):
    def answers(name: str) -> str:
        questions = twin(site, urls.tool("io.github.acme/files", name))["questions"]
        return " ".join(question["answer"].replace(name, "NAME") for question in questions)

    assert len({answers(definition["name"]) for definition in DEFINITIONS}) == len(DEFINITIONS)
    assert "It claims readOnlyHint: true" in answers("search_files")
    assert "it states none of the four hints" in answers("create_refund")


def test_an_unclassified_tool_is_never_called_harmless(site):
    text = tool(site, "frobnicate").text
    assert "Why it is unclassified" in text
    assert "no rule matched" in text
    assert twin(site, urls.tool("io.github.acme/files", "frobnicate"))["plain_words"][0].startswith(
        "No rule could tell"
    )


def test_policies_are_files_that_parse_and_do_what_the_page_says(site):
    own = json.loads((site / urls.tool_policy("io.github.acme/files", "delete_file")).read_bytes())
    whole = json.loads((site / urls.server_policy("io.github.acme/files")).read_bytes())
    assert own == twin(site, urls.tool("io.github.acme/files", "delete_file"))["policy"]
    for document in (own, whole):
        evaluator = Evaluator(parse(document), lambda: 0.0)
        assert evaluator.decide("delete_file", {"path": "x"}).outcome != "allowed"
        assert evaluator.decide("search_files", {}).outcome == "allowed"


def test_what_a_person_has_to_fill_in_stands_on_the_pages(site):
    own, whole = (urls.tool("io.github.acme/files", "create_refund"), urls.server("io.github.acme/files"))
    for page in (own, whole):
        blanks = twin(site, page)["policy_blanks"]
        assert [blank.split("`")[1::2] for blank in blanks] == [["cap", "amount"], ["daily", "amount"]]
        assert "To fill in" in Page(site / page).text
    assert twin(site, urls.tool("io.github.acme/files", "search_files"))["policy_blanks"] == []
    assert "To fill in" not in tool(site, "search_files").text


def test_the_language_of_policies_is_published(site):
    assert json.loads((site / urls.POLICY_SCHEMA).read_bytes()) == json_schema()
    assert json.loads((site / urls.POLICY_CASES).read_bytes())["cases"]


def test_a_server_page_says_what_failed_and_how_to_reach_it(site):
    text = Page(site / urls.server("io.github.acme/files")).text
    for part in (
        "npm:@acme/files@1.2.0", "https://mcp.example/mcp", "asks for sign-in", "401 with WWW-Authenticate",
        "Entry 4 of its list is no tool: its name is missing", "environment variable KEY required, secret: A key",
        "official", "⟨U+202E⟩", "tokens", "as declared, nothing filled in",
        "@acme/files@1.2.0, @modelcontextprotocol/sdk@1.9.0",
    ):  # fmt: skip
        assert part in re.sub(r"\s+", " ", text)


def test_hostile_text_comes_out_inert_with_a_page_each(shelf, publish, tmp_path):
    for server in HOSTILE:
        shelf.add(server, [], title=server, description=server, version=server, repository_url=f"https://x/{server}")
    shelf.add(
        "hostile", [hostile_definition(text) for text in HOSTILE], seen=introspection(instructions="".join(HOSTILE))
    )
    publish(shelf)
    site = tmp_path / "site"
    found = {str(path.relative_to(site)).casefold() for path in site.rglob("*") if path.is_file()}
    assert len(found) == sum(path.is_file() for path in site.rglob("*"))
    for path in pages(site):
        page = Page(path)
        assert not page.faults, path
        assert all(
            re.fullmatch(r"(\.\./)+server/[a-z0-9_.-]+/badge\.svg", image["src"]) for image in page.all("img")
        ), path
        assert not re.search("[\x00-\x08\x0b-\x1f\u200b\u202e]", page.text), path
        assert not [a for a in page.all("a") if (a.get("href") or "").lower().startswith(("javascript:", "data:"))]
    for text in HOSTILE:
        assert twin(site, urls.tool("hostile", text))["definition"] == hostile_definition(text)
    assert "{{7*7}}" in tool(site, "{{7*7}}", "hostile").text


def test_two_tools_of_one_name_have_a_page_each(shelf, publish, tmp_path):
    shelf.add("twice", [DEFINITIONS[0], {"name": "delete_file", "description": "List files."}])
    publish(shelf)
    site = tmp_path / "site"
    pages_of_it = [twin(site, urls.tool("twice", "delete_file", occurrence)) for occurrence in (0, 1)]
    assert [page["definition"]["description"] for page in pages_of_it] == [
        "Permanently delete a file. This cannot be undone.",
        "List files.",
    ]
    assert pages_of_it[0]["policy"] == pages_of_it[1]["policy"]


def test_long_lists_are_paged_and_lose_nothing(shelf, publish, tmp_path):
    shelf.add("large", [{"name": f"get_item_{number}", "description": "Get an item."} for number in range(450)])
    publish(shelf)
    site = tmp_path / "site"
    names = [entry["name"] for number in (1, 2, 3) for entry in twin(site, urls.server("large", number))["tools"]]
    assert len(set(names)) == 450
    listed = [
        entry["path"]
        for path in sorted((site / "api/v1/category/read").glob("*.json"))
        for entry in json.loads(path.read_bytes())["entries"]
    ]
    assert len(listed) == len(set(listed)) >= 450
    assert all(path.stat().st_size < 130_000 for path in pages(site))


def test_a_tool_page_stays_below_sixty_kilobytes(shelf, publish, tmp_path):
    heavy = {
        "name": "heavy",
        "description": "Delete. " * 8_000,
        "inputSchema": {"properties": {f"p{n}": {"type": "string", "description": "word " * 9} for n in range(400)}},
    }
    shelf.add("heavy", [heavy])
    publish(shelf)
    shared = sum((tmp_path / "site" / path).stat().st_size for path in (urls.STYLE, urls.SCRIPT))
    for path in (tmp_path / "site").glob("server/*/tool/*.html"):
        assert path.stat().st_size + shared < 60_000, path


def test_base_addresses_make_canonical_links_and_a_sitemap(shelf, publish, tmp_path):
    publish(shelf, base_url="https://x.example/sub/")
    site = tmp_path / "site"
    canonical = [link["href"] for link in Page(site / urls.METHOD).all("link") if link["rel"] == "canonical"]
    assert canonical == ["https://x.example/sub/method.html"]
    sitemaps = re.findall("<loc>https://x.example/sub/(.*?)</loc>", (site / urls.SITEMAP).read_text())
    locations = [at for path in sitemaps for at in re.findall("<loc>(.*?)</loc>", (site / path).read_text())]
    assert len(locations) == len(pages(site)) - 1
    assert "https://x.example/sub/server/io.github.acme__files/tool/delete_file.html" in locations
    assert "Sitemap: https://x.example/sub/sitemap.xml" in (site / urls.ROBOTS).read_text()
    assert "https://x.example/sub/api/v1/rules/index.json" in (site / urls.LLMS).read_text()


def test_a_definition_without_a_verdict_stops_the_build(shelf, publish, tmp_path):
    tools = shelf._tools["io.github.acme/files"]
    tools[0] = tools[0]._replace(verdict=None)
    with pytest.raises(CatalogueError, match="1 of 7 tools have no verdict of this ruleset"):
        publish(shelf)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_link_stops_the_build(shelf, publish, tmp_path, monkeypatch):
    monkeypatch.setattr(urls, "METHOD", "methods.html")
    with pytest.raises(CatalogueError, match=r"broken links: .* links to method\.html"):
        publish(shelf)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_catalogue_is_a_site(ruleset, publish, tmp_path):
    publish(Shelf(ruleset))
    assert "0 tools of 0 servers" in Page(tmp_path / "site" / urls.HOME).text


@pytest.mark.skipif(not CORPUS.exists(), reason="the development corpus is not here")
def test_real_tools_come_out_sound(shelf, publish, tmp_path):
    servers: dict[str, list[dict]] = {}
    with gzip.open(CORPUS, "rt") as lines:
        for number, line in enumerate(lines):
            if number % 29 == 0:
                record = json.loads(line)
                keys = ("name", "title", "description", "inputSchema", "annotations")
                definition = {key: record[key] for key in keys if record[key] is not None}
                servers.setdefault(record["server"], []).append(definition)
    for name, definitions in servers.items():
        shelf.add(name, definitions)
    publish(shelf)
    for path in pages(tmp_path / "site"):
        assert not Page(path).faults, path
