"""WCAG 2.2 AA and axe-core's good practice on a page of each type: light and dark, on a phone and on a desktop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files

import pytest
from playwright.sync_api import Page

from catalogue.site import urls
from catalogue.site.addresses import SiteFormat
from catalogue.site.building.page_types import PAGE_TYPES
from tests.browser.conftest import Hosted
from tests.browser.showcase import EVERY, FEW_FILES, PAGES

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_COLOURS = ("color-contrast", "link-in-text-block")

_ALL = {"runOnly": {"type": "tag", "values": _TAGS}}
_ONLY_COLOURS = {"runOnly": {"type": "rule", "values": _COLOURS}}  # half of all the time
_NO_COLOURS = {**_ALL, "rules": {rule: {"enabled": False} for rule in _COLOURS}}

_MODES = {
    "phone, light": ((390, 844), "light", _ALL),
    "phone, dark": ((390, 844), "dark", _ONLY_COLOURS),  # they are all that a scheme changes
    "desktop": ((1280, 800), "light", _NO_COLOURS),  # and what no width changes
}


def test_every_type_of_page_is_looked_at(showcase):
    assert set(PAGES) == {kind.context for kind in PAGE_TYPES if kind.only is not SiteFormat.SINGLE}
    assert set(FEW_FILES) == {kind.context for kind in PAGE_TYPES if kind.only is SiteFormat.SINGLE}
    assert not [path for path in EVERY.values() if not (showcase.folder / path).is_file()]


@pytest.mark.parametrize("pages", PAGES.values(), ids=[kind.__name__ for kind in PAGES])
def test_pages_of_a_type_have_no_violation(page, showcase, pages):
    _expect_no_faults(page, showcase, pages)


@pytest.mark.parametrize("pages", FEW_FILES.values(), ids=[kind.__name__ for kind in FEW_FILES])
def test_pages_of_a_site_of_few_files_have_no_violation(page, few_files, pages):
    _expect_no_faults(page, few_files, pages)


@pytest.mark.parametrize("text", ["item", "nothing-like-this"])
def test_answers_of_the_search_have_no_violation(page, showcase, text):
    page.goto(f"{showcase.url}{urls.SEARCH}?q={text}")
    page.locator("[data-results][aria-busy=false]").wait_for()
    assert not list(_faults(page))


def _expect_no_faults(page: Page, site: Hosted, pages: Mapping[str, str]) -> None:
    faults = []
    for words, path in pages.items():
        page.goto(site.url + path)
        faults += [f"{words}, {one}" for one in _faults(page)]
    assert not faults, "\n".join(faults)


def _faults(page: Page) -> Iterator[str]:
    """Yield what is wrong with the page that is open, in every mode."""
    page.evaluate(_AXE)
    for mode, ((width, height), scheme, rules) in _MODES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        yield from (f"{mode}: {one}" for one in _violations(page, rules))


def _violations(page: Page, rules: Mapping[str, object]) -> Iterator[str]:
    options = {**rules, "resultTypes": ["violations"], "preload": False, "iframes": False}
    found = page.evaluate("(options) => axe.run(options)", options)
    for violation in found["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
