"""Hostile strings in every field, opened in a browser: pages, what is beside them, and what the search shows.

The fixtures fail a test on any script that runs, dialog, console error or request to elsewhere. The tests say besides
that nothing of a stranger's has become part of a document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from catalogue.site import urls
from catalogue.site.marks import inert
from classifier.ruleset import RuleSet
from tests.browser.conftest import Hosted
from tests.hostile_strings import BY_KIND, HOSTILE, hostile_definition
from tests.site.shelf import Shelf, introspection

_TOGETHER = 24

_OPEN_IN_FRAMES = """async (addresses) => {
  const foreign = `iframe, object, embed, base, style, template, math, plaintext, xmp, textarea, video, audio,
    parsererror, foreignObject, animate, set, [style], script:not([src]):not([type="application/ld+json"])`;
  const wrong = [];
  const look = (address, page) => {
    const note = (element) => wrong.push(`${address}: ${element.outerHTML.slice(0, 200)}`);
    if (!/html|svg/.test(page.contentType)) { // a browser puts what it does not know into an element of its own
      for (const element of page.querySelectorAll("pre *, pre ~ :not(.json-formatter-container)")) note(element);
      return;
    }
    for (const element of page.querySelectorAll(foreign)) note(element);
    for (const element of page.querySelectorAll("*")) {
      if ([...element.attributes].some(({ name }) => name.startsWith("on"))) note(element);
    }
    for (const element of page.querySelectorAll("[href], [src], [action]")) {
      const to = new URL(element.href?.baseVal ?? element.href ?? element.src ?? element.action, page.baseURI);
      const abroad = element.tagName === "A" && /^https?:$/.test(to.protocol) && element.relList.contains("noopener");
      if (to.origin !== location.origin && !abroad) note(element);
    }
    for (const block of page.querySelectorAll("script[type='application/ld+json']")) JSON.parse(block.textContent);
  };
  await Promise.all(addresses.map((address) => new Promise((done, failed) => {
    const frame = document.createElement("iframe");
    frame.onload = () => {
      try { look(address, frame.contentDocument); } catch (error) { failed(new Error(`${address}: ${error}`)); }
      frame.remove();
      done();
    };
    frame.src = address;
    document.body.append(frame);
  })));
  return wrong;
}"""


_ASK = """(text) => {
  const form = document.querySelector("form[data-search]"), area = document.querySelector("[data-results]");
  form.querySelector("input[type=search]").value = text;
  form.requestSubmit();
  return new Promise((done) => {
    const answered = () => area.getAttribute("aria-busy") === "false" ? done() : setTimeout(answered, 1);
    answered();
  });
}"""


@pytest.fixture(scope="session")
def hostile(host: Callable[..., Hosted], ruleset: RuleSet) -> Hosted:
    """A server of each string, that says it wherever a server, its listing or its tool can say something."""
    shelf = Shelf(ruleset)
    for text in HOSTILE:
        seen = introspection(instructions=text, detail=text, server_info={"name": text, "version": text})
        words = {"title": text, "description": text, "version": text, "website_url": text, "repository_url": text}
        shelf.add(text, [hostile_definition(text)], seen=seen, **words)
    return host("hostile", shelf)


@pytest.fixture
def frames(page: Page, hostile: Hosted) -> Callable[[Iterable[str]], list[str]]:
    """Open pages of the hostile site, several at once, and return what is wrong with their documents."""
    (hostile.folder.parent / "frames.html").write_text(
        '<!doctype html><title>frames</title><link rel=icon href="data:,">'
    )
    page.goto(hostile.url + "../frames.html")

    def run(paths: Iterable[str]) -> list[str]:
        addresses = [hostile.url + path for path in paths]
        parts = [addresses[start : start + _TOGETHER] for start in range(0, len(addresses), _TOGETHER)]
        return [wrong for part in parts for wrong in page.evaluate(_OPEN_IN_FRAMES, part)]

    return run


def test_a_stranger_in_a_document_is_seen(frames, hostile):
    assert len(HOSTILE) >= 100
    for number, text in enumerate(
        ("<p onclick=x>", "<a href='javascript:x'>", "<p style='top:0'>", "<textarea>", "</p>")
    ):
        (hostile.folder.parent / "foreign.html").write_text(f"<!doctype html><p>{text}</p>")
        assert len(frames([f"../foreign.html?{number}"])) == (text != "</p>"), text


def test_pages_of_servers_and_tools(frames):
    assert not frames(path for text in HOSTILE for path in (urls.server(text), urls.tool(text, text)))


def test_pages_about_all_of_them(frames, hostile):
    found = [path.relative_to(hostile.folder).as_posix() for path in hostile.folder.rglob("*.html") if path.is_file()]
    assert not frames(path for path in found if not path.startswith(("server/", "rule/", "attack/")))


def test_files_beside_pages_as_documents(frames):
    assert not frames(map(urls.server_badge, HOSTILE))
    assert not frames(path for text in BY_KIND["markup"] for path in (
        urls.server_atom(text), urls.server_feed(text), urls.markdown_twin(urls.server(text)),
        urls.twin(urls.server(text)), urls.server_policy(text), urls.twin(urls.tool(text, text)),
    ))  # fmt: skip


def test_what_the_search_finds_and_is_asked(page, hostile):
    page.goto(hostile.url + urls.SEARCH)
    box, rows = page.get_by_label("Search tools and servers"), page.locator("[data-results] li:not(:has(.note)) a.name")
    box.fill("delete")
    page.locator("[data-results][aria-busy=false] li").first.wait_for()
    more = page.get_by_role("button", name="Show more")
    while more.is_visible():
        shown = page.locator("[data-results] li").count()
        more.click()
        expect(page.locator("[data-results] li")).not_to_have_count(shown)
    assert sorted(rows.all_text_contents()) == sorted(inert(text, 120) for text in HOSTILE)
    for text in HOSTILE:
        page.evaluate(_ASK, text)
        if text in ("__proto__", "constructor", "toString"):  # what every object of JavaScript has
            assert text in rows.all_text_contents()


def test_addresses_that_ask_for_something(page, hostile):
    for text in BY_KIND["attribute"]:
        page.goto(f"{hostile.url}{urls.SEARCH}?{urlencode(dict.fromkeys(('q', 'category', 'signal', 'since'), text))}")
        expect(page.get_by_label("Search tools and servers")).to_have_value(text)
        page.locator("[data-results][aria-busy=false]").wait_for(state="attached")
