"""That pages fit: narrow windows, large letters, paper, no JavaScript, no motion, and nothing that jumps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from catalogue.site import urls
from tests.browser.showcase import EVERY, FILES, ONE_OF_EACH

_OUTSIDE = """() => {
  const wide = document.documentElement.clientWidth + 1;
  const scrolls = (element) => element.closest("pre, .wide") !== null;
  const outside = [...document.querySelectorAll("body *")].filter((element) =>
    element.getBoundingClientRect().right > wide && element.checkVisibility() && !scrolls(element.parentElement));
  return outside.map((element) => element.outerHTML.slice(0, 160));
}"""

_SPACE_OUT = """(letters) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:root { font-size: ${letters} }
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }`);
  document.adoptedStyleSheets.push(sheet);
}"""

_CUT = """() => [...document.querySelectorAll("main *")].filter((element) => {
  const { overflowX, overflowY } = getComputedStyle(element);
  const across = overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1;
  const down = overflowY !== "visible" && element.scrollHeight > element.clientHeight + 1;
  return element.checkVisibility() && (across || down);
}).map((element) => element.outerHTML.slice(0, 160))"""

_NOT_PRINTED = """() => {
  const texts = [...document.querySelectorAll("main :is(h1, h2, h3, p, li, td, th, dt, dd, pre, a)")];
  const missing = texts.filter((element) => !element.checkVisibility());
  return missing.filter((element) => !element.closest("nav, form, .filter, [hidden], noscript"))
    .map((element) => element.outerHTML.slice(0, 160));
}"""

_AS_PRINTED = """(links) => links.map((link) => ({
  href: link.getAttribute("href"), printed: link.textContent + getComputedStyle(link, "::after").content,
}))"""

_COLOURS = """() => Object.fromEntries([...document.documentElement.computedStyleMap()]
  .filter(([name]) => name.startsWith("--")).map(([name, [value]]) => [name, String(value)]))"""

_MOVING = """() => [...document.querySelectorAll("*")].filter((element) => {
  const style = getComputedStyle(element);
  return style.transitionDuration !== "0s" || style.animationName !== "none" || style.scrollBehavior !== "auto";
}).map((element) => element.outerHTML.slice(0, 80))"""

_NOTE_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.shifts.push([entry.value, ...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? "")]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""

_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
_NEXT_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


def faults(page: Page, paths: dict[str, str], base: str, look: Callable[[Page], list[str]]) -> list[str]:
    """Open each page, look at it, and return what is wrong with its name before it."""
    wrong = []
    for words, path in paths.items():
        page.goto(base + path)
        wrong += [f"{words}: {one}" for one in look(page)]
    return wrong


@pytest.mark.parametrize(("width", "letters"), [(320, 100), (640, 200)])
def test_nothing_is_wider_than_a_narrow_window(page, showcase, width, letters):
    """WCAG 2.2, 1.4.10, 1.4.4 and 1.4.12: a desktop at 400 %, and at 200 % with letters as large again, spaced."""

    def look(page: Page) -> list[str]:
        page.evaluate(_SPACE_OUT, f"{letters}%")
        return page.evaluate(_OUTSIDE)

    page.set_viewport_size({"width": width, "height": 512})
    assert not faults(page, EVERY, showcase.file_url, look)


def test_paper_has_all_of_a_page(page, showcase):
    def look(page: Page) -> list[str]:
        return [one for script in (_OUTSIDE, _CUT, _NOT_PRINTED) for one in page.evaluate(script)]

    page.set_viewport_size({"width": 680, "height": 1000})  # A4 within its margins
    page.emulate_media(media="print")
    assert not faults(page, EVERY, showcase.file_url, look)


def test_paper_is_white_for_who_prefers_dark_screens(page, showcase):
    page.goto(showcase.file_url + urls.HOME)
    colours = {}
    for media in ("screen", "print"):
        for scheme in ("light", "dark"):
            page.emulate_media(media=media, color_scheme=scheme)
            colours[media, scheme] = page.evaluate(_COLOURS)
    assert len(colours["print", "dark"]) > 20
    assert colours["print", "dark"] == colours["print", "light"]
    assert colours["screen", "dark"] != colours["screen", "light"]
    assert colours["print", "dark"]["--paper"] == "#fff"


def test_paper_says_where_links_to_elsewhere_lead(page, showcase):
    page.emulate_media(media="print")
    for path in (urls.attack("tool-poisoning"), urls.server(FILES)):
        page.goto(showcase.file_url + path)
        links = page.locator("main a[rel~=noopener]").evaluate_all(_AS_PRINTED)
        assert links
        assert not [link for link in links if link["href"] not in link["printed"]]


def test_nothing_moves_for_who_wants_no_motion(page, showcase):
    page.emulate_media(reduced_motion="reduce")
    assert not faults(page, ONE_OF_EACH, showcase.url, lambda page: page.evaluate(_MOVING))


def test_nothing_jumps_while_a_page_loads_and_is_read(open_context, showcase):
    page = open_context(viewport={"width": 390, "height": 844}).new_page()
    page.add_init_script(_NOTE_SHIFTS)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/assets/*.js", hold)
    wrong = []
    for words, path in {**ONE_OF_EACH, "answer": f"{urls.SEARCH}?q=item"}.items():
        page.goto(showcase.url + path, wait_until="commit")
        page.wait_for_function(_PAINTED)  # scripts may come when a page is painted already, as from a slow host
        while held:
            held.pop().continue_()
        page.wait_for_load_state()
        for _ in range(4):
            page.evaluate(_NEXT_FRAMES)
            page.mouse.wheel(0, 700)
        page.evaluate(_NEXT_FRAMES)
        wrong += [f"{words}: {shift}" for shift in page.evaluate("window.shifts")]
    assert not wrong, "\n".join(wrong)


def test_a_jump_is_seen(open_context):
    page = open_context().new_page()
    page.add_init_script(_NOTE_SHIFTS)
    page.goto("data:text/html,<p>one<p>two<p>three")
    page.evaluate(_NEXT_FRAMES)
    page.evaluate("() => { document.body.firstElementChild.style.height = '300px'; }")
    page.evaluate(_NEXT_FRAMES)
    assert page.evaluate("window.shifts")


def test_without_javascript_everything_is_there_to_read(open_context, showcase):
    plain, scripted = _page(open_context, java_script_enabled=False), _page(open_context)
    wrong = []
    for words, path in ONE_OF_EACH.items():
        plain.goto(showcase.url + path)
        scripted.goto(showcase.url + path)
        only = set(_lines(scripted)) - set(_lines(plain))
        wrong += [f"{words}: {line}" for line in only if line != "Copy" and not line.startswith("Filter the ")]
        assert not plain.locator(".copy:visible, .scripted:visible").count(), words  # what could do nothing
    assert not wrong


def _page(open_context: Callable[..., BrowserContext], **options: object) -> Page:
    return open_context(**options).new_page()


def _lines(page: Page) -> list[str]:
    return page.locator("main").inner_text().splitlines()
