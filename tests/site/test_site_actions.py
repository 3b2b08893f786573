"""What a tool's page shows of its actions, and of the arguments that change what a call does."""

from __future__ import annotations

import json
from pathlib import Path

from catalogue.site import urls
from classifier.actions import MOST_ACTIONS
from tests.site.markup import Page

LETTERS = {
    "name": "manage_letters",
    "description": "Manages letters.\n- sweep: permanently removes a letter <b>for good</b>",
    "inputSchema": {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": ["list", "odd", "sweep"]},
            "dry_run": {"type": "boolean"},
            "force": {"type": "boolean"},
        },
    },
}


def page_of(shelf, publish, tmp_path: Path, definition: dict) -> tuple[str, dict]:
    shelf.add("post", [definition])
    publish(shelf)
    path = urls.tool("post", definition["name"], 0)
    site = tmp_path / "site"
    return (site / path).read_text("utf-8"), json.loads((site / urls.twin(path)).read_bytes())


def test_a_page_says_what_each_action_does_the_worst_first(shelf, publish, tmp_path):
    text, twin = page_of(shelf, publish, tmp_path, LETTERS)
    table = text.partition('id="actions"')[2].partition("</table>")[0]
    places = [table.index(f"<code>{value}</code>") for value in ("sweep", "list", "odd")]
    assert places == sorted(places)
    assert "removes" in table
    assert "Destructive" in table
    assert urls.rule("reads-by-name") in table
    assert [one["value"] for one in twin["verdict"]["actions"]] == ["list", "odd", "sweep"]


def test_a_page_says_which_arguments_change_a_call(shelf, publish, tmp_path):
    text, twin = page_of(shelf, publish, tmp_path, LETTERS)
    part = text.partition("Arguments that change what a call does")[2].partition("</ul>")[0]
    assert "<code>dry_run</code> shows what would happen" in part
    assert "<code>force</code> goes ahead" in part
    assert [one["effect"] for one in twin["verdict"]["arguments"]] == ["preview", "force"]


def test_a_tool_of_one_action_has_no_table(shelf, publish, tmp_path):
    text, _ = page_of(shelf, publish, tmp_path, {"name": "delete_letter"})
    assert 'id="actions"' not in text
    assert "Arguments that change" not in text


def test_a_page_of_many_actions_stays_below_sixty_kilobytes(shelf, publish, tmp_path):
    values = [f"delete_<{number:03}>" + "\u202e" * 240 for number in range(600)]
    switches = {f"step{number}": {"properties": {"force": {"type": "boolean"}}} for number in range(99)}
    definition = {
        "name": "shelf",
        "inputSchema": {"properties": {"action": {"type": "string", "enum": values}, **switches}},
    }
    text, twin = page_of(shelf, publish, tmp_path, definition)
    shared = sum((tmp_path / "site" / path).stat().st_size for path in (urls.STYLE, urls.SCRIPT))
    assert len(text.encode()) + shared < 60_000
    assert len(twin["verdict"]["actions"]) == MOST_ACTIONS
    assert "\u202e" not in text
    assert Page(tmp_path / "site" / urls.tool("post", "shelf", 0)).all("table")
