"""Real sites in a real browser: Chromium of this machine, on loopback, below a sub-path, with no way out.

Every page fails its test on a console error, an uncaught error, a dialog, a refused script or a request to elsewhere.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from catalogue.cli.static_files import FileServer
from catalogue.site.addresses import PageATool, SiteFormat
from catalogue.site.building import workers
from catalogue.site.pages import list_page
from catalogue.site.pages.survey import Survey
from classifier.ruleset import RuleSet, load
from tests.browser.showcase import showcase_shelf, showcase_survey
from tests.site.shelf import Shelf, published, stocked

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",  # tests may run as root, where it cannot start
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@dataclass(frozen=True)
class Hosted:
    """A site that is served: its folder, and its address, which ends in "/"."""

    folder: Path
    url: str

    @property
    def file_url(self) -> str:
        """The address of the same files without a server."""
        return f"{self.folder.as_uri()}/"


@pytest.fixture(scope="session")
def ruleset() -> RuleSet:
    return load()


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Hosted]]:
    """Publish a shelf and serve it below a sub-path of its own."""
    below = tmp_path_factory.mktemp("hosting")
    server = FileServer(below, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def run(name: str, shelf: Shelf, survey: Survey | None = None, layout: SiteFormat = SiteFormat.HTML) -> Hosted:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(workers, "_ALONE", sys.maxsize)  # they take longer to start than such a site takes
            published(shelf, below / name, survey=survey, layout=layout)
        return Hosted(below / name, f"http://127.0.0.1:{server.server_port}/{name}/")

    yield run
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def site(host: Callable[..., Hosted], ruleset: RuleSet) -> Hosted:
    """A small site: three servers, one of which has no tools."""
    return host("catalogue", stocked(ruleset))


@pytest.fixture(scope="session")
def showcase(host: Callable[..., Hosted], ruleset: RuleSet) -> Hosted:
    """A site with a page of every type; its long lists are cut into shorter pages, that are looked at faster."""
    shelf = showcase_shelf(ruleset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PageATool, "split", 30)
        patch.setattr(list_page, "PAGE", 30)
        return host("showcase", shelf, showcase_survey(shelf))


@pytest.fixture(scope="session")
def few_files(host: Callable[..., Hosted], ruleset: RuleSet) -> Hosted:
    """The small site as one of few files."""
    return host("catalogue-few-files", stocked(ruleset), layout=SiteFormat.SINGLE)


@pytest.fixture(scope="module")  # no longer: while it runs, nothing else in this process can run an event loop
def chromium() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, _NAMES)), None)
    if executable is None:
        pytest.skip(f"no browser on the path: none of {', '.join(_NAMES)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the test's pages did that a good site never does; the test fails on what is left of it."""
    wrong: list[str] = []
    yield wrong
    assert not wrong


@pytest.fixture
def open_context(chromium: Browser, complaints: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser context with options of Playwright's `new_context`; all its pages are watched until the end."""
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> BrowserContext:
        context = chromium.new_context(**options)
        contexts.append(context)
        _watch(context, complaints)
        return context

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page that fails the test on anything that a good site never does."""
    return open_context().new_page()


def _watch(context: BrowserContext, wrong: list[str]) -> None:
    """Note whatever a good site never does; what it asks elsewhere does not leave this machine."""

    def on_console(message) -> None:
        if message.type in ("error", "warning"):
            wrong.append(f"console {message.type}: {message.text}")

    def on_dialog(dialog) -> None:
        wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def on_request(request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "file://", "data:", "blob:")):
            wrong.append(f"a request to elsewhere: {request.url}")

    def on_failure(request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before all of it was there
            wrong.append(f"a failed request: {request.url} {request.failure}")

    context.on("console", on_console)
    context.on("dialog", on_dialog)
    context.on("weberror", lambda error: wrong.append(f"an uncaught error: {error.error}"))
    context.on("request", on_request)
    context.on("requestfailed", on_failure)
