"""One tool with several actions, and the arguments that change what a call does."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from classifier.actions import LONGEST_ACTION, MOST_ACTIONS
from classifier.listings import announced_lists, keyed_names, labelled, leading_list, lists_in
from classifier.ruleset import load
from classifier.switches import MOST_ARGUMENTS
from classifier.verdict import Category, Effect, EffectArgument, Evidence, Verdict, from_wire, to_wire

RULES = load()
READ, WRITE, EXECUTE = Category.READ, Category.WRITE, Category.EXECUTE
DESTRUCTIVE, FINANCIAL, UNCLASSIFIED = Category.DESTRUCTIVE, Category.FINANCIAL, Category.UNCLASSIFIED


def tool(name: str, description: str = "", /, **properties: Any) -> dict[str, Any]:
    return {"name": name, "description": description, "inputSchema": {"type": "object", "properties": properties}}


def choice(*values: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(values), **more}


def judged(wire: Mapping[str, Any]) -> dict[str, str]:
    return {one.value: one.category.value for one in RULES.judge(wire).actions}


def signals(wire: Mapping[str, Any]) -> set[str]:
    return {one.id for one in RULES.judge(wire).signals}


def text_at(wire: Any, evidence: Evidence) -> str:
    node, last = wire, ""
    for step in evidence.pointer.split("/")[1:]:
        last = step.replace("~1", "/").replace("~0", "~")
        node = node[int(last)] if isinstance(node, list) else node[last]
    return (node if isinstance(node, str) else last)[slice(*evidence.span)]


CRUD = {"list": "read", "create": "write", "delete": "destructive"}

BRANCHES = {
    "name": "shelf",
    "inputSchema": {
        "oneOf": [
            {"properties": {"action": {"const": "list"}}},
            {"properties": {"action": {"const": "create"}}},
            {"properties": {"action": {"const": "delete"}}},
        ]
    },
}


@pytest.mark.parametrize(
    "wire",
    [
        tool("shelf", action=choice(*CRUD)),
        tool("shelf", operation={"anyOf": [{"const": value} for value in CRUD]}),
        tool("shelf", action={"oneOf": [{"enum": list(CRUD)}, {"type": "null"}]}),
        tool("shelf", mode=choice(*CRUD)),
        tool("shelf", steps={"type": "array", "items": {"properties": {"type": choice(*CRUD)}}}),
        tool("shelf", change={"properties": {"operation": choice(*CRUD)}}),
        BRANCHES,
        tool("shelf", "Works on shelves. Actions: list, create, delete."),
        tool("shelf", "Works on shelves with the following operations:\n- list: all\n- create\n- delete"),
        tool("shelf", "Works on shelves (list, create, delete)."),
        tool("shelf", 'Works on shelves: {"action": "list"}, {"action": "create"} or {"action": "delete"}.'),
        tool("shelf", action={"type": "string", "description": "One of `list`, `create` or `delete`."}),
        tool("shelf", action={"type": "string", "description": "list | create | delete"}),
        tool(
            "shelf", action={"anyOf": [{"type": "string", "description": "list, create or delete"}, {"type": "null"}]}
        ),
        tool("shelf", "Args:\n  action (str): What to do ('list', 'create', 'delete').", action={"type": "string"}),
    ],
)
def test_judges_each_action_wherever_it_is_listed(wire: dict[str, Any]) -> None:
    verdict = RULES.judge(wire)
    assert judged(wire) == CRUD
    assert verdict.category is DESTRUCTIVE
    assert verdict.support[0].rule == "deletes-by-action"
    for one in verdict.actions:
        assert one.evidence[0].quote == one.value
        assert all(text_at(wire, evidence) == evidence.quote for evidence in one.evidence)
        assert all(RULES.by_id(evidence.rule) for evidence in one.evidence)


def test_the_evidence_of_a_list_behind_a_reference_is_the_parameter() -> None:
    wire = tool("shelf", action={"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]})
    wire["inputSchema"]["$defs"] = {"a": {"const": "list"}, "b": {"const": "delete"}}
    verdict = RULES.judge(wire)
    assert [(one.value, one.evidence[0].quote) for one in verdict.actions] == [("list", "action"), ("delete", "action")]


@pytest.mark.parametrize(
    ("wire", "path"),
    [
        (tool("shelf", action=choice("list", "drop")), "action"),
        (tool("shelf", jobs={"items": {"properties": {"operation": choice("list", "drop")}}}), "jobs[].operation"),
        (tool("shelf", "Actions: list, drop.", action={"type": "string"}), "action"),
        (tool("shelf", "Actions: list, drop."), ""),
        (tool("shelf", "Actions: list, drop.", action={"type": "string"}, operation={"type": "string"}), ""),
    ],
)
def test_names_the_parameter_that_takes_the_action(wire: dict[str, Any], path: str) -> None:
    assert {one.parameter for one in RULES.judge(wire).actions} == {path}


def test_what_is_said_of_an_action_counts_for_it_alone() -> None:
    said = "Looks after letters.\n- purge: permanently removes a letter\n- file: moves a letter to the archive\n- nook"
    wire = tool("letters", said, action=choice("nook", "list", "file", "purge"))
    assert judged(wire) == {"nook": "unclassified", "list": "read", "file": "write", "purge": "destructive"}
    purge = RULES.judge(wire).actions[-1]
    assert any("permanently removes" in one.quote and one.pointer == "/description" for one in purge.evidence)


def test_a_branch_explains_its_own_value() -> None:
    branches = [
        {"const": "sweep", "description": "Deletes every letter."},
        {"const": "peek", "description": "Shows a letter."},
    ]
    assert judged(tool("letters", action={"oneOf": branches})) == {"sweep": "destructive", "peek": "read"}
    lists = choice("sweep", "peek", enumDescriptions=["Deletes every letter.", "Shows a letter."])
    assert judged(tool("letters", action=lists)) == {"sweep": "destructive", "peek": "read"}


def test_a_list_of_parameters_says_nothing_of_an_action() -> None:
    wire = tool("shelf", "- get: order*, delete\n- list: transfer, page", action=choice("get", "list"))
    assert judged(wire) == {"get": "read", "list": "read"}
    thing = tool("shelf", "- get (one label)\n- delete (one file)", action=choice("get", "delete"))
    assert judged(thing) == {"get": "read", "delete": "destructive"}


def test_the_tools_noun_is_what_an_action_is_done_to() -> None:
    wire = tool("manage_job", action=choice("get", "cancel"))
    verdict = RULES.judge(wire)
    assert judged(wire) == {"get": "read", "cancel": "execute"}
    assert ("/name", "job") in {(one.pointer, one.quote) for one in verdict.actions[1].evidence}
    assert judged(tool("manage_meeting", action=choice("get", "cancel")))["cancel"] == "destructive"


def test_the_thing_may_stand_before_the_verb() -> None:
    values = ["freeze_get", "freeze_delete", "broadcast_list", "broadcast_delete", "broadcast_refs"]
    found = judged(tool("site", action=choice(*values)))
    assert found["freeze_delete"] == found["broadcast_delete"] == "destructive"
    assert found["freeze_get"] == found["broadcast_list"] == "read"
    assert found["broadcast_refs"] == "unclassified"


METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


@pytest.mark.parametrize("values", [METHODS, [value.lower() for value in METHODS]])
def test_the_methods_of_http(values: list[str]) -> None:
    wire = tool("call_api", "Makes an HTTP request to the API.", method=choice(*values), path={"type": "string"})
    assert list(judged(wire).values()) == ["read"] * 3 + ["write"] * 3 + ["destructive"]
    assert RULES.judge(wire).category is EXECUTE
    assert "multi-action" not in signals(wire)


def test_a_store_that_gets_puts_and_deletes_is_no_http_client() -> None:
    assert RULES.judge(tool("store_item", operation=choice("put", "delete"))).category is DESTRUCTIVE


@pytest.mark.parametrize(
    "wire",
    [
        tool("search", mode=choice("fast", "thorough")),
        tool("chart", type=choice("pdf", "png")),
        tool("join", type=choice("inner", "left", "match")),
        tool("update_payment", type=choice("SPEND", "RECEIVE")),
        tool("sums", method=choice("mean", "median", "count")),
        tool("sums", operation=choice("add", "subtract", "multiply", "divide")),
        tool("sums", "Does sums with these operations (add, subtract, multiply)."),
        tool("resize", method=choice("nearest", "linear", "cubic")),
        tool("log", level=choice("debug", "trace", "stop")),
        tool("items", sort=choice("created", "updated"), order=choice("list", "delete")),
        tool("history", action=choice("created", "deleted")),
        tool("history", action=choice("create", "delete", description="Filter by action.")),
        tool("history", "Lists events.", action={"type": "string", "description": "created, deleted or merged"}),
        tool("rooms", "Related operations: list_rooms, delete_room."),
        tool("shell", command={"type": "string", "description": "The command, e.g. list, delete or run."}),
        tool("route", "Adds a route. Methods: GET, POST, DELETE."),
        tool("mail", "Sends mail (never delete, list, move)."),
        tool("one", action=choice("delete")),
        tool("numbers", action={"enum": [1, 2, None]}),
    ],
)
def test_what_is_no_action_gets_no_verdict(wire: dict[str, Any]) -> None:
    assert RULES.judge(wire).actions == ()
    assert "multi-action" not in signals(wire)


def test_a_tool_that_only_reads_reads_whatever_the_action() -> None:
    wire = tool("search_shelf", "Searches the shelf. It is read-only.", action=choice("books", "list", "readers"))
    verdict = RULES.judge(wire)
    assert verdict.category is READ
    assert set(judged(wire).values()) == {"read"}


@pytest.mark.parametrize(
    ("values", "category"),
    [
        (["list", "get"], READ),
        (["list", "rename"], WRITE),
        (["list", "rename", "restart"], EXECUTE),
        (["list", "restart", "delete"], DESTRUCTIVE),
        (["list", "delete", "pay_invoice"], FINANCIAL),
    ],
)
def test_the_tool_takes_the_most_severe_of_its_actions(values: list[str], category: Category) -> None:
    for order in (values, values[::-1]):
        wire = tool("gadget", action=choice(*order))
        verdict = RULES.judge(wire)
        worst = next(one for one in verdict.actions if one.category is category)
        assert verdict.category is category
        assert any(match.rule.endswith("-by-action") for match in verdict.support)
        assert worst.value in verdict.rationale


def test_steps_of_a_lookup_do_not_make_it_severe() -> None:
    steps = {"type": "array", "items": {"properties": {"action": choice("add", "remove")}}}
    assert RULES.judge(tool("get_matches", "Gets what matches, with filters changed.", steps=steps)).category is READ


def switch(wire: dict[str, Any]) -> EffectArgument:
    (one,) = RULES.judge(wire).arguments
    return one


ON, OFF = {"type": "boolean"}, {"type": "string"}


@pytest.mark.parametrize(
    ("name", "effect", "dangerous"),
    [
        ("dry_run", Effect.PREVIEW, False),
        ("validateOnly", Effect.PREVIEW, False),
        ("readOnly", Effect.READ_ONLY, False),
        ("confirm", Effect.CONFIRM, True),
        ("hard_delete", Effect.PERMANENT, True),
        ("force", Effect.FORCE, True),
        ("recursive", Effect.CASCADE, True),
        ("overwrite", Effect.OVERWRITE, True),
    ],
)
def test_records_the_switches_of_a_call(name: str, effect: Effect, dangerous: bool) -> None:
    wire = tool("delete_shelf", "Deletes a shelf.", **{name: ON})
    one = switch(wire)
    assert (one.parameter, one.effect, one.dangerous) == (name, effect, dangerous)
    assert all(text_at(wire, evidence) == evidence.quote for evidence in one.evidence)


@pytest.mark.parametrize(
    ("wire", "values"),
    [
        (tool("delete_shelf", "Deletes a shelf.", dry_run=ON), {"true": "read", "false": "destructive"}),
        (tool("rename_shelf", "Renames a shelf.", dry_run=ON), {"true": "read", "false": "write"}),
        (
            tool("delete_note", "Deletes a note.", permanent=ON | {"description": "Skip the trash."}),
            {"true": "destructive", "false": "write"},
        ),
        (tool("delete_note", "Deletes a note.", permanent=ON), {}),
        (
            tool("delete_note", "Deletes a note.", confirm=ON | {"description": "Without it, only a preview."}),
            {"true": "destructive", "false": "read"},
        ),
        (
            tool("install_hook", "Installs a hook.", apply=ON | {"description": "If false, previews the change."}),
            {"true": "execute", "false": "read"},
        ),
        (tool("delete_note", "Deletes a note.", force=ON), {}),
        (tool("delete_note", "Deletes a note.", confirm=OFF), {}),
    ],
)
def test_says_what_each_value_of_a_switch_does_where_that_is_known(
    wire: dict[str, Any], values: dict[str, str]
) -> None:
    assert {one.value: one.category.value for one in switch(wire).values} == values


def test_a_switch_to_delete_for_good_makes_the_tool_destructive() -> None:
    wire = tool("delete_note", "Moves a note to the trash.", permanent=ON)
    assert RULES.judge(wire).category is DESTRUCTIVE
    assert RULES.judge(tool("delete_note", "Moves a note to the trash.")).category is WRITE


def test_a_statement_is_recorded_by_the_signal_that_found_it() -> None:
    one = switch(tool("run_query", "Runs a query.", sql={"type": "string", "description": "The SQL to run."}))
    assert (one.parameter, one.effect, one.dangerous) == ("sql", Effect.STATEMENT, None)


@pytest.mark.parametrize(
    "wire",
    [
        tool("list_files", "Lists files.", recursive=ON, force=ON, dry_run=ON),
        tool("make_folder", "Creates a folder.", recursive=ON),
        tool("create_note", "Creates a note.", execute=ON, apply=ON),
        tool("create_note", "Creates a note.", force={"type": "number"}, overwrite={"type": "object"}),
        tool("create_note", "Creates a note."),
    ],
)
def test_records_no_switch_that_changes_no_effect(wire: dict[str, Any]) -> None:
    assert RULES.judge(wire).arguments == ()


def everything() -> Verdict:
    return RULES.judge(
        tool("manage_note", "Actions and all.", action=choice("list", "purge", "odd"), dry_run=ON, force=ON)
    )


def test_a_verdict_comes_back_from_json_with_its_actions_and_arguments() -> None:
    verdict = everything()
    assert verdict.actions
    assert verdict.arguments
    assert from_wire(json.loads(json.dumps(to_wire(verdict)))) == verdict


def test_two_runs_give_the_same_bytes() -> None:
    assert json.dumps(to_wire(everything())) == json.dumps(to_wire(everything()))


def test_ten_thousand_values_are_bounded_and_none_escapes_the_tools_category() -> None:
    values = [f"list_shelf_{number}" for number in range(10_000)]
    wire = tool("shelves", action=choice(*values, "delete"))
    began = time.perf_counter()
    verdict = RULES.judge(wire)
    assert time.perf_counter() - began < 10
    assert len(verdict.actions) == MOST_ACTIONS
    assert verdict.category is DESTRUCTIVE


def test_a_value_as_long_as_a_book_gets_no_verdict() -> None:
    wire = tool("shelves", action=choice("list", "delete_" + "a" * 1_000_000, "x" * LONGEST_ACTION))
    verdict = RULES.judge(wire)
    assert [one.value for one in verdict.actions] == ["list", "x" * LONGEST_ACTION]
    assert verdict.category is DESTRUCTIVE


def test_many_switches_are_bounded() -> None:
    parts = {f"part{number}": {"properties": {"force": ON}} for number in range(500)}
    assert len(RULES.judge(tool("delete_shelf", "Deletes a shelf.", **parts)).arguments) == MOST_ARGUMENTS


def test_many_confirmations_read_a_long_description_once() -> None:
    parts = {f"part{number}": {"properties": {"confirm": ON}} for number in range(2_000)}
    wire = tool("delete_shelf", "Deletes a shelf. " + "Any other words stand here. " * 10_000, **parts)
    began = time.perf_counter()
    assert len(RULES.judge(wire).arguments) == MOST_ARGUMENTS
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    "piece",
    ["actions: ", "actions:\n- a: ", "a, ", "'a', ", "- a: b", "(", "(a, b, ", "\n ", "action: 'a' ", "`a` or ", "a: "],
)
def test_lists_are_found_in_linear_time(piece: str) -> None:
    def cost(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        began = time.process_time()
        for find in (announced_lists, lists_in):
            assert sum(1 for _ in find(text)) <= length
        leading_list(text), labelled(text), keyed_names(text)
        return time.process_time() - began

    small = min(cost(50_000) for _ in range(3))
    assert cost(400_000) < 24 * max(small, 0.01)
