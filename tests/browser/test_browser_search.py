"""Search in a real browser: what it finds and in which order, filters, keys and addresses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from catalogue.site.addresses import SiteFormat
from catalogue.site.gathered import search_files
from catalogue.site.gathered.search_words import found_by, words
from classifier.ruleset import RuleSet
from tests.browser.conftest import Hosted
from tests.site.shelf import DEFINITIONS, Shelf, introspection

SEARCH = "search/index.html"


def box(page: Page):
    return page.get_by_label("Search tools and servers")


def names(page: Page) -> list[str]:
    page.locator("[data-results][aria-busy=false]").wait_for(state="attached")
    return page.locator("[data-results] a.name").all_text_contents()


def search(page: Page, text: str) -> list[str]:
    """Type, wait for the answer, and return the names that are shown."""
    box(page).fill(text)
    return names(page)


@pytest.fixture(params=["served", "folder"])
def address(request: pytest.FixtureRequest, site: Hosted) -> str:
    """The site with a server and without one."""
    return site.url if request.param == "served" else site.file_url


@pytest.fixture(scope="session")
def many(host: Callable[..., Hosted], ruleset: RuleSet) -> tuple[Hosted, list[dict]]:
    """Tools made of our rules' own examples, in an index that is cut as small as one of half a million tools is."""
    tools = [dict(tool) for rule in ruleset.rules for kind in rule.examples.values() for tool in kind]
    tools = list({tool["name"]: tool for tool in tools}.values())[:400]
    tools += [
        {"name": "削除する", "description": "ファイルを完全に削除します。"},
        {"name": "Größe_ändern", "description": "Ändert die GRÖSSE, œuvre, ﬁle, ＡＢＣ."},
        {"name": "listURLs2", "description": "Überall HTTPServer, ParseIDs, OAuth2Token."},
    ]
    shelf = Shelf(ruleset)
    shelf.add("acme/made-up", tools, seen=introspection())
    with pytest.MonkeyPatch.context() as patch:
        cut = search_files.CUTS[SiteFormat.HTML]._replace(file=400, inline=6, piece=10)
        patch.setitem(search_files.CUTS, SiteFormat.HTML, cut)
        return host("many", shelf), tools


def test_typing_finds_tools_and_servers_with_and_without_a_server(page, address):
    page.goto(address + SEARCH)
    assert search(page, "delete_file") == ["delete_file", "delete_file"]
    assert search(page, "searchFil") == ["search_files", "search_files"]
    assert "io.github.acme/files" in search(page, "acme")
    assert search(page, "nothing-like-this") == []
    assert page.get_by_role("status").inner_text().startswith("No results")


@pytest.mark.parametrize("served", [True, False])
def test_in_a_site_of_few_files_a_result_leads_to_the_place_of_the_tool(page, host, ruleset, served):
    shelf = Shelf(ruleset)
    shelf.add("io.github.acme/files", [*DEFINITIONS, {"name": "deleteEverything", "description": "Delete all of it."}])
    site = host("few-files", shelf, layout=SiteFormat.SINGLE)
    for name, anchor in (("create_refund", "tool-create_refund"), ("deleteEverything", "tool-delete-everything--")):
        page.goto((site.url if served else site.file_url) + SEARCH)
        assert name in search(page, name)
        page.get_by_role("link", name=name).click()
        page.wait_for_url(f"**/server/io.github.acme__files/index.html#{anchor}*")
        expect(page.locator(":target")).to_be_in_viewport()
        expect(page.locator(":target")).to_contain_text(name)


def test_the_place_of_a_word_decides_the_order(page, host, ruleset):
    shelf = Shelf(ruleset)
    shelf.add("other/server", [{"name": "alpha"}, {"name": "read_one", "description": "Reads a zebra."}])
    shelf.add("acme/zebra-things", [{"name": "beta"}])
    shelf.add(
        "other/third",
        [{"name": "get_zebra_x"}, {"name": "zebra"}, {"name": "gamma", "title": "Zebra"}, {"name": "zebras"}],
    )
    page.goto(host("order", shelf).url + SEARCH)
    found = ["zebra", "acme/zebra-things", "get_zebra_x", "zebras", "gamma", "read_one", "beta"]
    assert search(page, "zebra") == found


def test_every_word_finds_the_tools_that_have_it_and_no_others(page, many):
    hosted, tools = many
    page.goto(hosted.url + SEARCH)
    having = {
        tool["name"]: set(" ".join(found_by(tool["name"], (), tool.get("description"))).split()) for tool in tools
    }
    asked = sorted({word for own in having.values() for word in own})[::23]
    for query in [
        *asked,
        "delete file",
        "get the user",
        "削除",
        "größe",
        "GRÖSSE ändern",
        "ABC file",
        "urls",
        "http server",
    ]:
        expected = sorted(name for name, own in having.items() if own.issuperset(words(query)))
        search(page, f"{query} ")  # a blank behind: the last word is complete
        while page.get_by_role("button", name="Show more").is_visible():
            shown = page.locator("[data-results] li").count()
            page.get_by_role("button", name="Show more").click()
            expect(page.locator("[data-results] li")).not_to_have_count(shown)
        tools_found = page.locator("[data-results] li:not(:has(.note))").locator("a.name").all_text_contents()
        assert sorted(tools_found) == expected, query


def test_what_is_begun_is_completed(page, many):
    hosted, _ = many
    page.goto(hosted.url + SEARCH)
    for whole, begun in (("delete", "delet"), ("create", "crea"), ("url", "ur")):
        assert set(search(page, f"{whole} ")) & set(search(page, begun))


def test_filters_narrow_down_and_stand_in_the_address(page, open_context, site):
    page.goto(site.url + SEARCH)
    assert len(search(page, "file")) > 2
    page.get_by_label("Category").select_option("destructive")
    assert set(names(page)) == {"delete_file", "manage_index"}
    search(page, "delete file")
    page.get_by_label("Transport").select_option("stdio")
    page.get_by_label("Source").select_option("official")
    page.get_by_label("Changed since").select_option("2026-11")
    assert names(page) == ["delete_file", "delete_file"]
    page.get_by_label("Risk").select_option("low")
    assert names(page) == []
    page.get_by_label("Risk").select_option("critical")
    assert "q=delete+file" in page.url
    assert "category=destructive" in page.url
    other = open_context().new_page()
    other.goto(page.url)
    assert names(other) == names(page) == ["delete_file", "delete_file"]
    expect(other.get_by_label("Category")).to_have_value("destructive")


def test_a_signal_alone_lists_its_tools(page, site):
    page.goto(f"{site.url}{SEARCH}?signal=annotation-conflict")
    assert set(names(page)) == {"delete_file"}
    page.goto(f"{site.url}{SEARCH}?category=server")
    assert set(names(page)) == {"io.github.acme/files", "io.github.acme/other", "io.github.acme/gone"}


def test_the_keyboard_is_enough(page, address):
    page.goto(address + SEARCH)
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("delete")
    first = names(page)[0]
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-results] a.name").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(box(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(first)
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("refund")
    page.keyboard.press("Enter")
    assert names(page) == ["create_refund"]
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(box(page)).to_have_value("")
    expect(page.locator("[data-results]")).to_be_hidden()


def test_the_home_page_searches_as_one_types(page, address):
    page.goto(f"{address}index.html")
    assert search(page, "refund") == ["create_refund"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/index.html?q=refund")
    assert names(page) == ["create_refund"]


def test_without_javascript_the_lists_are_there(open_context, site):
    page = open_context(java_script_enabled=False).new_page()
    page.goto(f"{site.url}server/io.github.acme__files/index.html")
    page.get_by_role("searchbox").fill("delete")
    page.keyboard.press("Enter")
    expect(page.locator("noscript p")).to_be_visible()
    page.get_by_role("link", name="Destructive").click()
    expect(page.locator("ul.tools a.name").first).to_have_text("delete_file")


def test_an_index_of_another_build_is_not_mixed_in(page, host, ruleset):
    shelf = Shelf(ruleset)
    shelf.add("acme/one", [{"name": "alpha"}])
    hosted = host("mixed", shelf)
    page.goto(hosted.url + SEARCH)
    assert search(page, "alpha") == ["alpha"]
    file = hosted.folder / "search/w/6f6e.js"
    text = file.read_text()
    file.write_text(text.replace('"layout":"', '"layout":"other'))
    search(page, "one")
    assert "the catalogue has changed" in page.get_by_role("status").inner_text()
