"""A published site as a shelf: whatever it answers is a server's name, its tools, or one clear line."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from catalogue.audit.shelves import SiteShelf
from catalogue.errors import CatalogueError
from catalogue.identity import target_key
from catalogue.site import urls
from catalogue.site.addresses import FORMATS, SiteFormat
from crawler.records import TargetKind

KEY = target_key(TargetKind.NPM, "acme-mail")
HOME = urls.twin(urls.HOME)
VERDICT = {"category": "write", "severity": "high", "signals": [{"id": "sends-outside"}, {"id": "of-next-year"}]}
TOOL = {"name": "send", "occurrence": 0, "digest": "d", "verdict": VERDICT}


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


def data(*lines: Any) -> dict[str, Any]:
    """A site with this open data on a server."""
    return {urls.server_data("acme/mail"): gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))}


def test_tools_are_read_with_their_digests_and_a_signal_of_a_later_version_is_left_out():
    tools = shelf(data(TOOL, {**TOOL, "occurrence": 1, "digest": "e"})).tools("acme/mail")
    assert [(tool.name, tool.occurrence, tool.digest) for tool in tools] == [("send", 0, "d"), ("send", 1, "e")]
    assert tools[0].signals == ("sends-outside",)
    assert shelf({}).tools("acme/mail") == ()


@pytest.mark.parametrize(
    "change", [{"category": "harmless"}, {"severity": None}, {"signals": 5}, {"category": ["read"]}]
)
def test_a_tool_that_we_cannot_read_is_one_line(change):
    line = {**TOOL, "verdict": {**TOOL["verdict"], **change}}
    with pytest.raises(CatalogueError, match="not what we know how to read"):
        shelf(data(line)).tools("acme/mail")


def test_of_a_file_that_servers_share_only_the_lines_of_the_one_are_read():
    place = FORMATS[SiteFormat.SINGLE].server_data("acme/mail")
    members = [[{**TOOL, "server": "other"}], [{**TOOL, "server": "acme/mail", "name": "mine"}], [], [5]]
    packed = [gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)) for lines in members]
    home = {"version": 1, "format": "single-page-per-server"}

    def tools(body: bytes) -> list[str]:
        site = shelf({HOME: home, place: body})
        assert site.names(set()) == {}
        return [tool.name for tool in site.tools("acme/mail")]

    assert tools(b"".join(packed[:3])) == ["mine"]
    assert tools(packed[0]) == []
    for unreadable in (b"".join(packed), packed[1][:-1], packed[1] + b"x"):
        with pytest.raises(CatalogueError, match="not what we know how to read"):
            tools(unreadable)


@pytest.mark.parametrize("line", [5, [], {}, {"name": "send"}, {**TOOL, "verdict": None}, {**TOOL, "occurrence": "x"}])
def test_open_data_that_is_none_is_one_line(line):
    with pytest.raises(CatalogueError, match="not what we know how to read"):
        shelf(data(line)).tools("acme/mail")
