from __future__ import annotations

from types import SimpleNamespace

import pytest

from catalogue.site.building import server_files
from catalogue.site.building.render import Rendered
from catalogue.site.building.server_files import Files
from catalogue.site.building.templates import Made
from catalogue.site.context import Site

SITE = Site(None, "0" * 64, 1)


@pytest.fixture
def files(monkeypatch):
    """Files of pages that are nothing but what was noted of them."""
    monkeypatch.setattr(server_files, "render", lambda page, _: Rendered(page.made, "../"))
    return Files()


def put(files: Files, path: str, links: set[str], places: set[str]) -> None:
    files.page(SimpleNamespace(path=path, made=Made("", links, places)), SITE)


def test_a_link_is_noted_with_the_first_page_that_has_it(files):
    put(files, "a/one.html", {"../b.html", "two.html", "https://example.com/"}, set())
    put(files, "a/two.html", {"../b.html", "../b.html#c"}, set())
    assert files.links == {"b.html": "a/one.html", "a/two.html": "a/one.html", "b.html#c": "a/two.html"}


def test_a_link_to_a_place_of_the_page_itself_is_noted_where_there_is_none(files):
    put(files, "a/one.html", {"#here", "#gone"}, {"#here", "#there"})
    put(files, "a/two.html", {"#here", "#gone"}, {"#gone"})
    assert files.links == {"a/one.html#gone": "a/one.html", "a/two.html#here": "a/two.html"}
    assert files.anchors == ["a/one.html#here", "a/one.html#there", "a/two.html#gone"]


def test_the_same_link_leads_elsewhere_from_another_folder(files):
    put(files, "a/one.html", {"c.html"}, set())
    put(files, "b/one.html", {"c.html"}, set())
    assert files.links == {"a/c.html": "a/one.html", "b/c.html": "b/one.html"}
