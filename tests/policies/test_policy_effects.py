from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.policies.effects import effects
from catalogue.policies.parsing import parse
from catalogue.policies.recommend import server_policy, tool_policy
from classifier.verdict import Category

KEEPS = "Every other tool of the server keeps working."
DENIES = "A tool that the policy does not name is denied."
SCHEMA = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "url": {"type": "string"},
        "action": {"type": "string", "enum": ["drop", "list", "make"]},
        "amount": {"type": "number"},
    },
}
DEFINITION = {"inputSchema": SCHEMA}


def said(rule: dict[str, Any] | None, name: str = "t", definition: Any = DEFINITION, **document: Any) -> list[str]:
    tools = {} if rule is None else {"tools": {name: rule}}
    return list(effects(parse({"version": "1", "default": "allow"} | tools | document), name, definition))


def on_path(op: str, value: object, path: str = "args.path", text: str = "No.") -> dict[str, Any]:
    return {"deny_if": [{"conditions": [{"path": path, "op": op, "value": value}], "on_deny": text}]}


def limit(window: str, most: float, **more: str) -> dict[str, Any]:
    return {"limits": [{"counter": "c", "window": window, "max": most} | more]}


@pytest.mark.parametrize(
    ("category", "sentence"),
    [
        (Category.READ, "`t` is allowed, any number of times."),
        (Category.WRITE, "`t` is allowed. The 31st call within a minute is denied."),
        (Category.EXECUTE, "`t` is allowed. The 11th call within a minute is denied."),
        (Category.UNCLASSIFIED, "`t` is allowed. The 11th call within a minute is denied."),
        (Category.DESTRUCTIVE, "`t` is not shown to the agent, and calling it is denied."),
        (
            Category.FINANCIAL,
            "`t` is shown to the agent, and a call waits for a person: Needs a person's approval, because this tool can"
            " move money or oblige someone to pay.",
        ),
    ],
)
def test_what_is_recommended_does_this(category: Category, sentence: str, verdict_of: Any) -> None:
    verdict = verdict_of(category)
    assert effects(tool_policy("t", DEFINITION, verdict), "t", DEFINITION) == (sentence, KEEPS)
    assert effects(server_policy([("t", DEFINITION, verdict)]), "t", DEFINITION) == (sentence, DENIES)


def test_argument_rules_are_shown_by_calls_that_they_deny(verdict_of: Any) -> None:
    pointers = {"filesystem": ["/inputSchema/properties/path"], "network": ["/inputSchema/properties/url"]}
    verdict = verdict_of(Category.READ, pointers)
    sentences = effects(tool_policy("t", DEFINITION, verdict), "t", DEFINITION)
    assert sentences[0] == "`t` is allowed, any number of times."
    assert sentences[1] == 'A call with `path` = "../etc/passwd" is denied: Paths must not contain the step .. upwards.'
    assert [sentence.partition(" is denied: ")[0] for sentence in sentences[2:5]] == [
        'A call with `url` = "file:///etc/passwd"',
        'A call with `url` = "http://me@example.com/"',
        'A call with `url` = "http://localhost/" or "http://169.254.169.254/latest/meta-data/"',
    ]
    assert sentences[5:] == (KEEPS,)


def test_actions_are_shown_denied_and_allowed(verdict_of: Any) -> None:
    actions = [
        ("action", "drop", Category.DESTRUCTIVE),
        ("action", "list", Category.READ),
        ("action", "make", Category.WRITE),
    ]
    verdict = verdict_of(Category.DESTRUCTIVE, actions=actions)
    allowed = '"action" may only be "list" or "make"'
    assert effects(tool_policy("t", DEFINITION, verdict), "t", DEFINITION) == (
        "`t` is allowed. The 31st call within a minute is denied.",
        f'A call with `action` = "drop" is denied: {allowed}; anything else needs a person\'s approval.',
        'A call with `action` = "list" or "make" is allowed.',
        f"A call without `action` is denied: {allowed}, and it must be given.",
        KEEPS,
    )


@pytest.mark.parametrize(
    ("rule", "sentences"),
    [
        (limit("hour", 1), ["`t` is allowed. The 2nd call within an hour is denied."]),
        (limit("day", 111), ["`t` is allowed. The 112th call within a day is denied."]),
        (limit("minute", 1002), ["`t` is allowed. The 1,003rd call within a minute is denied."]),
        (limit("day", 10**6), ["`t` is allowed, 10,000 times in a row at least."]),
        (limit("day", 0), ["`t` is shown to the agent, but calling it is denied: The limit of 0 per day is reached."]),
        (
            on_path("gt", 100, "args.amount"),
            ["`t` is allowed, any number of times.", "A call with `amount` = 101 is denied: No."],
        ),
        (
            {"require": [{"path": "args.reason", "op": "exists", "value": True}]},
            [
                "`t` is allowed, any number of times.",
                "A call without `reason` is denied: This call does not meet a requirement on args.reason (exists).",
            ],
        ),
        (
            on_path("contains", "secret"),
            ["`t` is allowed, any number of times.", 'A call with `path` = "secret" or ["secret"] is denied: No.'],
        ),
        (
            {
                "deny_if": [
                    {
                        "conditions": [
                            {"path": "args.action", "op": "eq", "value": "make"},
                            {"path": "args.amount", "op": "gte", "value": 10},
                        ]
                    }
                ]
            },
            [
                "`t` is allowed, any number of times.",
                'A call with `action` = "make" and with `amount` = 10 is denied: This call is denied by policy.',
            ],
        ),
    ],
)
def test_policies_of_others_are_described_as_they_act(rule: dict[str, Any], sentences: list[str]) -> None:
    assert said(rule) == [*sentences, KEEPS]


def test_of_many_values_a_few_are_named_and_the_rest_counted() -> None:
    definition = {"inputSchema": {"properties": {"n": {"enum": [*range(9)]}}}}
    assert said(on_path("not_in", [0, 1], "args.n"), definition=definition)[1:3] == [
        "A call with `n` = 2 or 3 or 4 or 5 (and 3 more) is denied: No.",
        "A call with `n` = 0 or 1 is allowed.",
    ]


def test_a_rule_that_no_tried_call_meets_is_not_claimed() -> None:
    assert said(on_path("regex", "^never-tried$")) == ["`t` is allowed, any number of times.", KEEPS]


def test_a_rule_behind_one_that_always_denies_is_not_claimed() -> None:
    rule = {"deny_if": [{"conditions": [], "on_deny": "Never."}, *on_path("regex", "etc")["deny_if"]]}
    assert said(rule) == ["`t` is shown to the agent, but calling it is denied: Never.", KEEPS]


def test_the_rest_of_the_server_is_asked_and_not_assumed() -> None:
    assert said(None, hide=["*"]) == [
        "`t` is not shown to the agent, and calling it is denied.",
        "Every other tool of the server is hidden, and calling it is denied.",
    ]
    assert said({}, default="deny") == ["`t` is allowed, any number of times.", DENIES]
    assert said({}, all_tools=limit("hour", 20)) == [
        "`t` is allowed. The 21st call within an hour is denied.",
        "Every other tool of the server keeps working, within the limits for all tools.",
    ]
    assert said({}, "another_tool", hide=["another_tool_"])[-1] == KEEPS


def test_what_a_stranger_chose_is_shown_plainly_and_short() -> None:
    name = "a`\n\u202eb\x00" + "c" * 400
    first = said({}, name)[0]
    assert first.startswith("`a`\\n\\u202eb\\x00ccc")
    assert len(first) < 140
    definition = {"inputSchema": {"properties": {"action": {"enum": ["\u200bx" * 300, "y"]}}}}
    sentence = said(on_path("not_in", ["y"], "args.action", "No\n."), definition=definition)[1]
    assert sentence.isprintable()
    assert len(sentence) < 1000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["properties", "items", "enum", "default", "type", "anyOf", "$ref", "a"]), inner
        )
    ),
    max_leaves=15,
)


@given(schema=json_values, category=st.sampled_from(list(Category)))
def test_a_definition_of_any_shape_is_described(schema: object, category: Category, verdict_of: Any) -> None:
    definition = {"inputSchema": schema}
    verdict = verdict_of(
        category,
        {"filesystem": ["/inputSchema/properties/a"], "network": ["/inputSchema/properties/a/items"]},
        [("a", "x", Category.READ), ("a", "y", category)],
    )
    sentences = effects(tool_policy("t", definition, verdict), "t", definition)
    assert sentences[-1] == KEEPS
    assert all(sentence.isprintable() for sentence in sentences)


def test_rules_that_look_alike_but_for_a_type_are_told_apart() -> None:
    for value, shown in ((1, "1"), (True, "true"), (1.5, "1.5"), ("1", '"1"')):
        rule = on_path("eq", value, "args.amount")
        assert said(rule)[1].startswith(f"A call with `amount` = {shown} ")


def test_one_rule_says_the_same_of_tools_of_any_name() -> None:
    for name in ("a", "tool", "another_tool", "a/b~c", "*", "x\u202ey"):
        rule = {**on_path("regex", "passwd"), "limits": [{"counter": f"{name}_rate", "window": "hour", "max": 3}]}
        first, *rest = said(rule, name)
        assert first.endswith("` is allowed. The 4th call within an hour is denied.")
        assert first.startswith(f"`{name.encode('unicode_escape').decode()}`")
        assert rest == said(rule, "other")[1:]
