"""A published site as a shelf: whatever it answers is a server's name, its tools, or one clear line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalogue.audit.shelves import SiteShelf
from catalogue.errors import CatalogueError
from catalogue.identity import target_key
from catalogue.site import urls
from crawler.records import TargetKind

KEY = target_key(TargetKind.NPM, "acme-mail")
HOME = urls.twin(urls.HOME)
TOOL = {"name": "send", "category": "write", "severity": "high", "signals": ["sends-outside", "of-next-year"]}


def shelf(files: dict[str, Any]) -> SiteShelf:
    bodies = {path: value if isinstance(value, bytes) else json.dumps(value).encode() for path, value in files.items()}
    return SiteShelf(bodies.get)


@pytest.mark.parametrize(
    "listed", [None, b"<html>", b"[" * 50_000, [], {}, {KEY: 5}, {KEY: None}, {"0" * 64: "other"}, {KEY: ["a"]}]
)
def test_what_a_site_does_not_say_nobody_is(listed):
    files = {HOME: {"version": 1}} | ({urls.targets(KEY): listed} if listed is not None else {})
    assert shelf(files).names({KEY}) == {}


@pytest.mark.parametrize("home", [{}, {"version": "1"}, [], b"<html>", b""])
def test_a_site_that_is_no_catalogue_is_refused(home):
    with pytest.raises(CatalogueError, match="has no catalogue"):
        shelf({HOME: home}).names({KEY})


def test_the_tools_of_all_pages_are_read_and_a_signal_of_a_later_version_is_left_out():
    pages = [
        {"tools": [TOOL, {**TOOL, "name": "other"}], "slice": {"total": 2}},
        {"tools": [TOOL], "slice": {"total": 2}},
    ]
    files = {urls.twin(urls.server("acme/mail", number)): page for number, page in enumerate(pages, 1)}
    tools = shelf(files).tools("acme/mail")
    assert [(tool.name, tool.occurrence) for tool in tools] == [("send", 0), ("other", 0), ("send", 1)]
    assert tools[0].signals == ("sends-outside",)


def test_a_site_cannot_make_us_read_on_for_ever():
    asked: list[str] = []

    def endless(path: str) -> bytes:
        asked.append(path)
        return json.dumps({"tools": [TOOL], "slice": {"total": 10**9}}).encode()

    assert len(SiteShelf(endless).tools("acme/mail")) == len(asked) < 100


@pytest.mark.parametrize(
    "change", [{"category": "harmless"}, {"severity": None}, {"signals": 5}, {"category": ["read"]}]
)
def test_a_tool_that_we_cannot_read_is_one_line(change):
    files = {urls.twin(urls.server("acme/mail")): {"tools": [{**TOOL, **change}], "slice": {"total": 1}}}
    with pytest.raises(CatalogueError, match="not what we know how to read"):
        shelf(files).tools("acme/mail")
