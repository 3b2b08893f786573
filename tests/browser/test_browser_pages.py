"""That pages open in a browser without a complaint, and that the browser's fixtures see one where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Request

from catalogue.site.pages.tool_page import ToolPage
from tests.browser.showcase import PAGES


@pytest.mark.parametrize("path", ["index.html", "server/io.github.acme__files/index.html", "method.html"])
def test_a_page_opens_from_a_server_and_from_a_folder(page, site, path):
    for base in (site.url, site.file_url):
        page.goto(base + path)
        assert page.locator("h1").is_visible()


def test_what_a_tool_page_loads_is_small(page, showcase):
    loaded: list[Path] = []

    def note(request: Request) -> None:
        loaded.append(showcase.folder / request.url.removeprefix(showcase.url))

    page.on("request", note)
    for path in PAGES[ToolPage].values():
        loaded.clear()
        page.goto(showcase.url + path)
        assert {file.suffix for file in loaded} <= {".html", ".css", ".js", ".svg"}, loaded
        assert len(loaded) <= 4, loaded  # at most its picture in the tab besides
        assert sum(file.stat().st_size for file in loaded) < 60_000, loaded


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("console.error('no')", "console error: no"),
        ("alert('no')", "a dialog: no"),
        ("setTimeout(() => { throw new Error('no'); })", "an uncaught error: no"),
        ("new Image().src = 'http://elsewhere.example/no'", "a request to elsewhere: http://elsewhere.example/no"),
    ],
)
def test_what_a_good_site_never_does_is_seen(page, complaints, script, complaint):
    page.goto("data:text/html,<title>no</title>")
    page.evaluate(f"() => {{ {script}; }}")
    for _ in range(200):
        if complaint in complaints:
            break
        page.wait_for_timeout(50)
    assert complaint in complaints
    page.context.close()  # what follows of it, as a request that fails, is no complaint of another test
    complaints.clear()
