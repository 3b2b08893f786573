from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.editing.documents import merged
from catalogue.editing.edits import EditError, Members, Put, Records, apply, is_equal
from catalogue.editing.forms import Form
from catalogue.editing.json_text import data_of

SETTINGS = """\
// my settings
{
    "model": "large", /* the slow one */
    "permissions": {
        "allow": [
            "Bash(git:*)", // I trust git
            "mcp__a__old", // it was fine
            "Read"
        ],
        // nothing asked yet
    },
    "hooks": {"a": 1}
}
"""


def edited(text: str, *edits: Any) -> str:
    return merged(Form.JSON, text.encode(), edits).decode()


def test_what_is_not_edited_stays_as_it_is() -> None:
    after = edited(
        SETTINGS,
        Members(("permissions", "allow"), ("mcp__a__get",), ("mcp__a__old",)),
        Members(("permissions", "deny"), ("mcp__a__old",)),
    )
    assert (
        after
        == """\
// my settings
{
    "model": "large", /* the slow one */
    "permissions": {
        "allow": [
            "Bash(git:*)", // I trust git
            // it was fine
            "Read",
            "mcp__a__get"
        ],
        // nothing asked yet
        "deny": [
            "mcp__a__old"
        ],
    },
    "hooks": {"a": 1}
}
"""
    )


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        ("", [Put(("a",), 1)], '{\n  "a": 1\n}\n'),
        ("{}", [Put(("a", "b"), [])], '{\n  "a": {\n    "b": []\n  }\n}'),
        ("{ }\n", [Put(("a",), 1)], '{\n  "a": 1\n}\n'),
        ("// only words", [Put(("a",), 1)], '// only words\n{\n  "a": 1\n}\n'),
        ('{"a": [1, "x"]}', [Members(("a",), ("y",), ("x",))], '{"a": [1, "y"]}'),
        ('{"a": ["x", "y"]}', [Members(("a",), (), ("y",))], '{"a": ["x"]}'),
        ('{"a": ["x"],}', [Members(("a",), (), ("x",))], '{"a": [],}'),
        ('{"a": 1 // one\n}', [Put(("b",), 2)], '{"a": 1, // one\n  "b": 2\n}'),
        ('{\n\t"a": 1\n}', [Put(("b",), {"c": 2})], '{\n\t"a": 1,\n\t"b": {\n\t\t"c": 2\n\t}\n}'),
        ('{"a": [\n 1,\n 2\n]}', [Members(("a",), ("x",), only=True)], '{"a": [\n "x"\n]}'),
        (
            '{"r": [\n  {"s": 1, "n": 0},\n  {"s": 2} // mine\n]}',
            [Records(("r",), {"s": 1}, ({"s": 1, "n": 5}, {"s": 1}))],
            '{"r": [\n  {\n    "s": 1,\n    "n": 5\n  },\n  {\n    "s": 1\n  },\n  {"s": 2} // mine\n]}',
        ),
    ],
)
def test_the_form_of_the_text_is_kept(before: str, edits: list[Any], after: str) -> None:
    assert edited(before, *edits) == after
    assert edited(after, *edits) == after


def test_byte_order_mark_and_line_ends_are_kept() -> None:
    before = b'\xef\xbb\xbf{\r\n  "a": [\r\n    "x"\r\n  ]\r\n}\r\n'
    after = merged(Form.JSON, before, [Members(("a",), ("y",)), Put(("b",), {"c": 1})])
    assert after == (
        b'\xef\xbb\xbf{\r\n  "a": [\r\n    "x",\r\n    "y"\r\n  ],\r\n  "b": {\r\n    "c": 1\r\n  }\r\n}\r\n'
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]", "expected an object at the root, found a list"),
        ('{"permissions": []}', 'expected an object at "permissions", found a list'),
        ('{"permissions": {"allow": "x"}}', 'expected a list at "permissions.allow", found text'),
        ('{"permissions": {"allow": {}}}', "found an object"),
        ('{"a": 1, "a": 2}', 'the key "a" stands there twice'),
        ('{"a": 1', "expected a comma or }"),
        ('{"a": 01}', "expected a value"),
        ("{'a': 1}", "a key in double quotes"),
        ('{"a" 1}', "a colon"),
        ('{"a": nan}', 'expected a value in line 1, column 7, found "n"'),
        ('{"a": "\\x"}', "expected a value"),
        ('{"a": [,]}', "expected a value"),
        ("{} {}", "expected the end of the file"),
        ("/* never ends", "expected a value"),
        ("[" * 100_000, "nested deeper"),
        ('{"a": "b\n"}', "expected a value"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(text: str, words: str) -> None:
    with pytest.raises(EditError, match=re.escape(words)):
        edited(text, Members(("permissions", "allow"), ("x",)))


def test_too_large_and_not_text() -> None:
    with pytest.raises(EditError, match="too large"):
        merged(Form.JSON, b'{"a": "' + b"x" * 10_000_000 + b'"}', [Put(("b",), 1)])
    with pytest.raises(EditError, match="UTF-8"):
        merged(Form.JSON, '{"a": 1}'.encode("utf-16"), [Put(("b",), 1)])


spaces = st.sampled_from(["", " ", "\n", "\n  ", "\n\t", " /* c */ ", "\n// c\n", " // c\n  ", "\r\n"])
scalars = st.sampled_from([None, True, False, 0, 1, -1.5, 10**30, "", "a", "b", "c", '"', "//", "/* */", "\u2028é"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)
documents = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


@st.composite
def texts(draw: Any, data: Any) -> str:
    """The data as JSON in some form: any spaces, comments and trailing commas."""
    if not isinstance(data, dict | list):
        return json.dumps(data, ensure_ascii=draw(st.booleans()))
    parts = []
    for one in data:
        value = draw(texts(data[one] if isinstance(data, dict) else one))
        key = f"{json.dumps(one)}{draw(spaces)}:{draw(spaces)}" if isinstance(data, dict) else ""
        parts.append(f"{draw(spaces)}{key}{value}{draw(spaces)}")
    comma = f",{draw(spaces)}" if parts and draw(st.booleans()) else ""
    opening, closing = "{}" if isinstance(data, dict) else "[]"
    return f"{opening}{draw(spaces)}{','.join(parts)}{comma}{closing}"


paths = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3).map(tuple)
words = st.lists(st.sampled_from(["a", "b", "c", "//", "new"]), max_size=3, unique=True).map(tuple)
edits = st.lists(
    st.builds(Put, paths, values.filter(lambda value: value is not None))
    | st.builds(Members, paths, words, words, st.booleans())
    | st.builds(
        Records,
        paths,
        st.just({"a": 1}),
        st.lists(st.fixed_dictionaries({"a": st.just(1)}, optional={"b": scalars}), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=3,
).filter(
    lambda found: (
        not any(one.path[: len(other.path)] == other.path for one in found for other in found if one is not other)
    )
)


@settings(max_examples=400)
@given(st.data(), documents, edits)
def test_any_edit_of_any_text_does_what_it_does_to_the_data_and_loses_no_comment(
    data: Any, document: Any, changes: list[Any]
) -> None:
    text = data.draw(texts(document))
    assert is_equal(data_of(text), document)
    try:
        wanted = apply(document, changes)
    except EditError:
        with pytest.raises(EditError):
            edited(text, *changes)
        return
    after = edited(text, *changes)
    assert is_equal(data_of(after), wanted)
    assert edited(after, *changes) == after
    if all(
        isinstance(change, Members) and not change.only for change in changes
    ):  # others may take values with comments
        assert comments(after) == comments(text)


def comments(text: str) -> int:
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    return len(re.findall(r"/\* c \*/|// c\r?\n", plain))
