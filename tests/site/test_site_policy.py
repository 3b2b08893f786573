"""The page about a server's policy: every tool once, with what its rule does, in pages that stay small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalogue.policies.targets.table import TARGETS
from catalogue.site import urls
from tests.site.markup import Page
from tests.site.shelf import DEFINITIONS

FILES = "io.github.acme/files"


@pytest.fixture
def show(shelf, publish, tmp_path):
    """Publish a server with these tools, and return the first page about its policy and the page's twin."""

    def run(name: str, definitions):
        shelf.add(name, definitions)
        publish(shelf)
        return read(tmp_path / "site", urls.policy_page(name))

    return run


def read(site: Path, path: str) -> tuple[Page, dict]:
    return Page(site / path), json.loads((site / urls.twin(path)).read_bytes())


def ways(twin: dict) -> dict[str, str]:
    return {
        tool["name"]: part["treatment"]
        for part in twin["parts"]
        for statement in part["statements"]
        for tool in statement["tools"]
    }


def test_every_tool_stands_where_its_policy_puts_it(show):
    page, twin = show(FILES, DEFINITIONS)
    assert ways(twin) == {
        "delete_file": "hidden",
        "create_refund": "asked",
        "manage_index": "held",
        "frobnicate": "limited",
        "search_files": "open",
    }
    for sentence in (
        "5 declared tools: 1 hidden, 1 waiting for a person, 1 allowed under conditions, 1 allowed so many times a "
        "minute and 1 open. A tool that the policy does not name is denied.",
        "It is not shown to the agent, and calling it is denied.",
        "It is allowed. The 11th call within a minute is denied.",
        'A call with action = "delete" is denied: "action" may only be "list" or "create"',
        "Strict: hidden · Permissive: open",
        "Until then a call that gives one of these arguments is denied.",
        "catalogue policy recommend --posture strict io.github.acme/files",
        "catalogue policy recommend --target NAME io.github.acme/files",
        *(target.title for target in TARGETS.values()),
    ):
        assert sentence in page.text
    assert [(gap["blank"], [place["argument"] for place in gap["places"]]) for gap in twin["gaps"]] == [
        ("cap", ["amount"]),
        ("daily", ["amount"]),
    ]
    counts = {row["treatment"]: row["counts"] for row in twin["compared"]}
    assert counts["open"] == [1, 1, 2]
    assert [sum(column) for column in zip(*counts.values(), strict=True)] == [5, 5, 5]
    assert "text" not in twin


def test_tools_that_are_treated_alike_share_a_statement(show):
    tools = [{"name": f"list_{number}", "description": "List things."} for number in range(9)]
    page, twin = show("lists", [*tools, {"name": "create_thing", "description": "Create a thing."}])
    assert [[len(one["tools"]) for one in part["statements"]] for part in twin["parts"]] == [[1], [9]]
    assert page.text.count("Each is allowed, any number of times.") == 1


def test_two_tools_of_one_name_are_told_apart_by_their_pages(show):
    _, twin = show("twice", [DEFINITIONS[0], {"name": "delete_file", "description": "List files."}])
    (part,) = twin["parts"]
    assert part["count"] == 2
    paths = [tool["path"] for statement in part["statements"] for tool in statement["tools"]]
    assert sorted(paths) == sorted(urls.tool("twice", "delete_file", occurrence) for occurrence in (0, 1))


def test_a_long_policy_is_read_in_pages_and_whole_in_its_file(show, tmp_path):
    properties = {"path": {"type": "string", "description": "Path of the file to write."}}
    tools = [
        {"name": f"write_file_{number}", "description": "Write a file.", "inputSchema": {"properties": properties}}
        for number in range(310)
    ]
    page, first = show("large", tools)
    _, second = read(tmp_path / "site", urls.policy_page("large", 2))
    assert [len(ways(twin)) for twin in (first, second)] == [300, 10]
    assert len(ways(first) | ways(second)) == 310
    assert [twin["parts"][0]["count"] for twin in (first, second)] == [310, 310]
    assert [bool(twin["gaps"] and twin["compared"]) for twin in (first, second)] == [True, False]
    assert "and 298 more" in page.text
    assert not [one for one in page.all("pre") if one["id"] == "policy-json"]
    assert len(json.loads((tmp_path / "site" / urls.server_policy("large")).read_bytes())["tools"]) == 310


def test_a_server_without_tools_has_no_policy_and_no_page_of_it(shelf, publish, tmp_path):
    shelf.add("bare", ())
    publish(shelf)
    assert not (tmp_path / "site" / urls.policy_page("bare")).exists()
    assert json.loads((tmp_path / "site" / urls.twin(urls.server("bare"))).read_bytes())["policy_page"] is None


def test_the_page_about_policies_has_every_target(shelf, publish, tmp_path):
    publish(shelf)
    page = Page(tmp_path / "site" / urls.POLICIES)
    assert {urls.policy_target(name).partition("#")[2] for name in TARGETS} <= set(page.ids())
    for target in TARGETS.values():
        assert f"--target {target.name}" in page.text
        assert target.file.replace("`", "") in page.text
