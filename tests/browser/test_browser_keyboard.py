"""That the keyboard is enough: the way past the header, the focus that one sees, copying, filters."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from catalogue.site import urls
from tests.browser.showcase import FILES, ONE_OF_EACH

_FAINT = """() => {
  const faint = [];
  const all = "a[href], button, input:not([type=hidden]), select, summary, [tabindex]";
  for (const element of document.querySelectorAll(all)) {
    if (!element.checkVisibility() || element.id === "main") continue;
    element.focus();
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const seen = element.matches(":focus-visible") && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    const box = element.getBoundingClientRect();
    const there = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight;
    const inTurn = document.activeElement === element && element.tabIndex === 0;
    if (!seen || !there || !inTurn) faint.push(element.outerHTML.slice(0, 160));
  }
  return faint;
}"""


def test_the_first_key_leads_past_the_header(page, showcase):
    page.goto(showcase.url + urls.server(FILES))
    skip = page.get_by_role("link", name="Skip to the content")
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("navigation", name="Breadcrumb").get_by_role("link").first).to_be_focused()


def test_one_sees_where_one_is(page, showcase):
    page.emulate_media(reduced_motion="reduce")  # what is focused is on the screen at once
    wrong = []
    for words, path in ONE_OF_EACH.items():
        page.goto(showcase.url + path)
        page.keyboard.press("Tab")  # what scripts focus from now on is shown as what keys focus
        wrong += [f"{words}: {one}" for one in page.evaluate(_FAINT)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "file", "name"),
    [
        (urls.tool(FILES, "create_refund"), urls.tool_policy(FILES, "create_refund"), "Recommended policy"),
        (urls.policy_page(FILES), urls.server_policy(FILES), "Recommended policy"),
    ],
)
def test_a_policy_is_copied_to_the_letter(open_context, showcase, path, file, name):
    context = open_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(showcase.url + path)
    for closed in page.locator("details > summary").all():
        closed.press("Enter")
    _tab_to(page, page.get_by_label(name, exact=True))
    page.keyboard.press("Tab")
    copy = page.locator(".copy:focus")
    page.keyboard.press("Enter")
    expect(copy).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == (showcase.folder / file).read_text("utf-8")


def test_a_list_is_filtered_by_its_words(page, showcase):
    page.goto(showcase.url + urls.server(FILES))
    box = page.get_by_label("Filter the tools on this page")
    names, groups = page.locator("#filtered li:visible a.name"), page.locator("#filtered .group:visible")
    everything = (names.all_text_contents(), groups.count())
    _tab_to(page, box)
    page.keyboard.type("DELETE path")
    assert names.all_text_contents() == []
    expect(page.locator("output")).to_have_text("0 of 5")
    for _ in "path":
        page.keyboard.press("Backspace")
    assert names.all_text_contents() == ["delete_file"]
    assert groups.count() == 1
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    assert (names.all_text_contents(), groups.count()) == everything
    expect(page.locator("output")).to_have_text("")


def test_the_filters_of_the_search_take_letters(page, showcase):
    page.goto(f"{showcase.url}{urls.SEARCH}?q=file")
    _tab_to(page, page.get_by_label("Category"))
    page.keyboard.type("Dest")
    expect(page.get_by_label("Category")).to_have_value("destructive")
    page.wait_for_url("**/index.html?q=file&category=destructive")
    expect(page.locator("[data-results] li .kind:not(.c-destructive)")).to_have_count(0)
    _tab_to(page, page.locator("[data-results] a.name").first)


def test_a_slash_leads_to_the_search_box_of_any_page(page, showcase):
    for words, path in ONE_OF_EACH.items():
        page.goto(showcase.file_url + path)
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.type") == "search", words


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail("the keyboard does not reach it")
