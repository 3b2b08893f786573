"""Tools of one name, as far as pages and builds must know of them."""

from __future__ import annotations

import pytest

from catalogue.site import urls
from catalogue.site.addresses import PageATool
from catalogue.site.gathered.names import NAMESAKES, Names
from catalogue.values import ToolHead
from classifier.verdict import Category, Severity


def _head(name: str, category: str = "read", occurrence: int = 0, *, declared: bool = False) -> ToolHead:
    return ToolHead(0, name, occurrence, declared, category, "low", ())


def _names(*servers: list[ToolHead]) -> Names:
    made = Names(PageATool())
    for number, heads in enumerate(servers):
        made.add_server(f"example/{number}", heads)
    return made


def test_a_name_of_one_tool_has_no_namesakes_and_tells_nothing():
    names = _names([_head("alone"), _head("other")])
    assert names.namesakes(["alone", "other"]) == {}
    assert names.told(["alone", "other"]) == b""


def test_all_are_counted_and_the_first_are_named():
    found = _names(*[[_head("search")]] * (NAMESAKES + 5)).namesakes(["search"])["search"]
    assert found.count == NAMESAKES + 5
    assert [one.server for one in found.first] == [f"example/{number}" for number in range(NAMESAKES)]
    assert found.first[0].path == urls.tool("example/0", "search")


def test_a_server_may_list_a_name_twice():
    found = _names([_head("echo"), _head("echo", "destructive", 1, declared=True)]).namesakes(["echo"])["echo"]
    assert [one.path for one in found.first] == [urls.tool("example/0", "echo", number) for number in (0, 1)]
    assert [one.declared for one in found.first] == [False, True]
    assert [one.category for one in found.first] == [Category.READ, Category.DESTRUCTIVE]
    assert {one.severity for one in found.first} == {Severity.LOW}


@pytest.mark.parametrize(
    "others",
    [
        [[_head("search")], [_head("search", "write")]],
        [[_head("search")], [_head("search", declared=True)]],
        [[_head("search")], [_head("search")], [_head("search")]],
    ],
)
def test_what_is_told_changes_with_what_a_page_shows(others):
    assert _names(*others).told(["search"]) != _names([_head("search")], [_head("search")]).told(["search"])


def test_a_tool_that_no_page_names_is_counted():
    shown = [[_head("search")]] * NAMESAKES
    assert _names(*shown, [_head("search")]).told(["search"]) != _names(*shown).told(["search"])
