from __future__ import annotations

from typing import Any

import pytest

from catalogue.policies.difference import differences
from catalogue.policies.parsing import parse


def document(rule: dict[str, Any] | None = None, **more: Any) -> Any:
    tools = {} if rule is None else {"tools": {"pay": rule}}
    return parse({"version": "1+ask_if", "default": "deny"} | tools | more)


def deny(op: str, value: object, path: str = "args.amount", **more: str) -> dict[str, Any]:
    return {"deny_if": [{"conditions": [{"path": path, "op": op, "value": value}]} | more]}


def limit(most: float, **more: str) -> dict[str, Any]:
    return {"limits": [{"counter": "c", "window": "day", "max": most} | more]}


ASK = {"ask_if": [{"conditions": []}]}
DENY = {"deny_if": [{"conditions": []}]}
NEED = {"require": [{"path": "args.reason", "op": "exists", "value": True}]}
ROOT = deny("regex", "(?:fill in root)?", "args.path")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (document({}), document(hide=["pay"]), [("stricter", "", "The tool was allowed and is now hidden.")]),
        (document(), document({}), [("looser", "", "The tool was denied and is now allowed.")]),
        (
            document(DENY),
            document(ASK),
            [("looser", "", "The tool was denied and is now held until a person approves.")],
        ),
        (document({}), document(NEED), [("stricter", "reason", "Calls now need `reason`.")]),
        (
            document({}),
            document(deny("gt", 5)),
            [("stricter", "amount", "Calls with `amount` above 5 are now denied.")],
        ),
        (
            document(deny("gt", 5)),
            document({}),
            [("looser", "amount", "Calls with `amount` above 5 are no longer denied.")],
        ),
        (
            document(deny("gt", 5)),
            document(deny("gt", 50)),
            [("looser", "amount", "Calls with `amount` above 50 are now denied; before, `amount` above 5.")],
        ),
        (
            document(deny("not_in", ["a", "b"], "args.to")),
            document(deny("not_in", ["a"], "args.to")),
            [("stricter", "to", 'Calls with `to` other than "a" are now denied; before, `to` other than "a", "b".')],
        ),
        (
            document(ROOT),
            document(deny("regex", "^[^/]", "args.path")),
            [
                (
                    "other",
                    "path",
                    'Calls with `path` matching "^[^/]" are now denied; before, `path` while root is not filled in.',
                )
            ],
        ),
        (
            document(deny("gt", 5)),
            document(deny("gt", 5, on_deny="Too much.")),
            [("other", "amount", "Of calls with `amount` above 5 it is now said: Too much.")],
        ),
        (document(limit(1)), document({}), [("looser", "", "The tool may now have more than 1 call per day.")]),
        (
            document(limit(9, increment_from="args.amount")),
            document(limit(5, increment_from="args.amount")),
            [("stricter", "amount", "The tool may now have a sum of 5 of `amount` per day at most; before, 9.")],
        ),
        (
            document(hide=["pay"]),
            document(NEED | limit(3)),
            [
                ("looser", "", "The tool was hidden and is now allowed."),
                ("other", "reason", "Calls now need `reason`."),
                ("other", "", "The tool may now have 3 calls per day at most."),
            ],
        ),
    ],
)
def test_a_change_is_a_sentence_with_its_direction(old: Any, new: Any, said: list[tuple[str, str, str]]) -> None:
    found = [(one.direction.value, one.argument, one.sentence) for one in differences(old, new)]
    assert found == said
    assert {one.tool for one in differences(old, new)} == {"pay"}
    assert not differences(old, old)
    assert not differences(new, new)
    assert len(differences(new, old)) >= 1


def test_what_is_about_all_tools_comes_first() -> None:
    old = parse({"version": "1", "default": "deny", "all_tools": limit(5)})
    new = parse({"version": "1", "default": "allow", "all_tools": limit(9), "tools": {"pay": DENY}})
    assert [(one.direction.value, one.tool, one.sentence) for one in differences(old, new)] == [
        ("looser", "", "A tool that the policy does not name was denied and is now allowed."),
        ("looser", "", "All tools together may now have 9 calls per day at most; before, 5."),
    ]


def test_rules_that_only_changed_places_say_nothing() -> None:
    first, second = deny("gt", 5)["deny_if"][0], deny("lt", 0)["deny_if"][0]
    assert not differences(document({"deny_if": [first, second]}), document({"deny_if": [second, first]}))


def test_several_rules_of_one_shape_are_told_apart() -> None:
    def texts(*values: str) -> Any:
        return document({"deny_if": [deny("contains", value, "args.path")["deny_if"][0] for value in values]})

    found = differences(texts("a", "b", "c"), texts("b", "d", "c"))
    assert [one.sentence for one in found] == [
        'Calls with `path` containing "d" are now denied; before, `path` containing "a".'
    ]
