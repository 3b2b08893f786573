"""What servers listed and what only records declare is never added up, and a withdrawn server is no server."""

from __future__ import annotations

import json

import pytest

from catalogue.site import urls
from catalogue.site.context import tools_in_words
from catalogue.values import Standing
from tests.site.markup import Page

FILES, OTHER = "io.github.acme/files", "io.github.acme/other"


@pytest.fixture
def site(shelf, publish, tmp_path):
    """Five tools that a server listed, one more of it and two of another that are only declared, a server withdrawn."""
    declared = {"name": "send_mail", "description": "Send an email to a customer."}
    shelf.add("spare", [declared])
    tool = shelf._tools.pop("spare")[0]._replace(server=FILES)
    shelf._servers.pop("spare")
    shelf._tools[FILES].append(tool)
    assert tool.standing is Standing.DECLARED
    publish(shelf)
    return tmp_path / "site"


def twin(site, page):
    return json.loads((site / urls.twin(page)).read_bytes())


def total(counts):
    return sum(counts.values())


@pytest.mark.parametrize(
    ("confirmed", "declared", "words"),
    [
        (0, 0, "0 tools"),
        (1, 0, "1 tool"),
        (0, 1, "1 declared tool"),
        (0, 1200, "1,200 declared tools"),
        (3, 2, "3 tools and 2 declared"),
    ],
)
def test_both_numbers_are_said(confirmed, declared, words):
    assert tools_in_words(confirmed, declared) == words


def test_the_home_page_counts_each_standing_apart(site):
    home = twin(site, urls.HOME)
    assert (home["confirmed"], home["declared"], home["servers"], home["withdrawn"], home["listed"]) == (5, 3, 2, 1, 2)
    assert [standing["count"] for standing in home["standings"]] == [5, 3]
    for standing in home["standings"]:
        assert sum(bar["count"] for bar in standing["categories"]) == standing["count"]
        assert sum(bar["count"] for bar in standing["severities"]) == standing["count"]
    text = Page(site / urls.HOME).text
    assert "5 tools and 3 declared of 2 servers" in text
    assert "8 tools" not in text
    assert "All 2 servers, and 1 that was withdrawn" in text


def test_a_server_counts_each_standing_apart(site):
    server = twin(site, urls.server(FILES))
    assert (total(server["categories"]), server["declared_categories"]) == (5, {"write": 1})
    assert sum(tool["declared"] for tool in server["tools"]) == 1
    assert server["summary"].startswith("5 tools: ")
    assert server["summary"].endswith("1 declared tool, not confirmed: 1 Write.")
    assert "5 tools and 1 declared" in Page(site / urls.server(FILES)).text
    only = twin(site, urls.server(OTHER))
    assert (only["categories"], total(only["declared_categories"])) == ({}, 2)


def test_a_badge_counts_what_is_only_declared_where_there_is_nothing_else(site):
    listed, declared = ((site / urls.server_badge(name)).read_text("utf-8") for name in (FILES, OTHER))
    assert "1 Financial, 2 Destructive, 1 Read, 1 Unclassified" in listed
    assert "1 Destructive, 1 Read, declared only" in declared


def test_lists_count_each_standing_apart(site):
    servers = twin(site, urls.servers())
    assert [(one["tools"], one["declared"], one["withdrawn"]) for one in servers["entries"]] == [
        (5, 1, False),
        (0, 0, True),
        (0, 2, False),
    ]
    assert (
        "2 servers by name, each with what its tools can do, and 1 that was withdrawn."
        in Page(site / urls.servers()).text
    )
    listed = Page(site / urls.category("destructive")).text
    assert "2 tools and 1 declared" in listed
    assert "3 tools" not in listed
    assert "Destructive 2 + 1 declared" in listed
    page = twin(site, urls.category("destructive"))
    assert page["known"] == "2 tools and 1 declared"
    for kind, count in (("read", (1, 1)), ("financial", (1, 0))):
        sibling = next(one for one in page["siblings"] if one[0]["path"] == urls.category(kind))
        assert tuple(sibling[1].values()) == count
    assert "declared" not in Page(site / urls.category("financial")).text.partition("Filter")[0]


def test_a_server_s_groups_count_each_standing_apart(site):
    text = Page(site / urls.server(FILES)).text
    assert "Destructive 2 tools · deletes" in text
    assert "Write 1 declared tool · creates or changes" in text


def test_method_rules_and_hints_count_each_standing_apart(site):
    method = twin(site, urls.METHOD)
    for lines in (method["categories"], [{"tools": tools} for _, _, tools in method["confidences"]]):
        counts = [line["tools"] for line in lines]
        assert [sum(one[key] for one in counts) for key in ("confirmed", "declared")] == [5, 3]
    signal = next(one for one in method["signals"] if one["link"]["text"] == "filesystem")
    assert signal["tools"] == {"confirmed": 2, "declared": 2}
    hints = Page(site / urls.claims()).text
    assert "2 of 5 tools and 2 of 3 declared tools state a hint" in hints
    fired = twin(site, urls.rule("deletes-by-name"))
    assert (fired["fired"], fired["known"]) == (2, "1 tool and 1 declared")
    attack = twin(site, urls.attack("path-escape"))
    assert (attack["tools"], attack["known"]) == (4, "2 tools and 2 declared")


def test_agents_are_told_both_numbers(site):
    assert "5 tools and 3 declared of 2 servers" in (site / urls.LLMS).read_text("ascii")
