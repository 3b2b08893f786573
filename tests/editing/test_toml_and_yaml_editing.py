from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.editing.documents import merged, read_data, written
from catalogue.editing.edits import EditError, Members, Put, Records, apply, is_equal
from catalogue.editing.forms import Form

TOML = """\
# mine
model = "x" # fast

[mcp_servers.files] # the files
enabled_tools = [
  "read", # good
  "write",
]

[mcp_servers.files.tools.read]
approval_mode = "approve"

[[rule]]
mcpName = "other" # keep

[[rule]]
mcpName = "files"

# about the last
[[rule]]
mcpName = "last"
"""
YAML = """\
---
# mine
servers:
    a: # the first
        tools: [x, y] # inline
        list:
          - one
          - "two" # second
    b: 'q'
"""


def edited(form: Form, text: str, *edits: Any) -> str:
    after = merged(form, text.encode(), edits).decode()
    assert merged(form, after.encode(), edits).decode() == after
    assert is_equal(read_data(form, after.encode()), apply(read_data(form, text.encode()), edits))
    return after


def test_toml_keeps_its_form() -> None:
    after = edited(
        Form.TOML,
        TOML,
        Members(("mcp_servers", "files", "enabled_tools"), ("read", "sen.d"), only=True),
        Put(("mcp_servers", "files", "tools", "sen.d", "approval_mode"), "prompt"),
        Put(("mcp_servers", "files", "tools", "read", "approval_mode"), "prompt"),
        Records(("rule",), {"mcpName": "files"}, ({"mcpName": "files", "toolName": ["a"]}, {"mcpName": "files"})),
    )
    assert (
        after
        == """\
# mine
model = "x" # fast

[mcp_servers.files] # the files
enabled_tools = [
  "read", # good
  "sen.d",
]

[mcp_servers.files.tools.read]
approval_mode = "prompt"

[mcp_servers.files.tools."sen.d"]
approval_mode = "prompt"
[[rule]]
mcpName = "other" # keep

[[rule]]
mcpName = "files"
toolName = ["a"]

[[rule]]
mcpName = "files"

# about the last
[[rule]]
mcpName = "last"
"""
    )


def test_yaml_keeps_its_form() -> None:
    after = edited(
        Form.YAML,
        YAML,
        Members(("servers", "a", "tools"), ("z",), ("x",)),
        Members(("servers", "a", "list"), ("three",), ("one",)),
        Put(("servers", "c"), {"d": ["e"], "on": "yes"}),
    )
    assert (
        after
        == """\
---
# mine
servers:
    a: # the first
        tools: [y, z] # inline
        list:
          - "two" # second
          - three
    b: 'q'
    c:
        d:
          - e
        "on": "yes"
"""
    )


@pytest.mark.parametrize(
    ("form", "text", "words"),
    [
        (Form.TOML, "a = 1\na = 2\n", "it is not TOML"),
        (Form.TOML, "a = \n", "it is not TOML"),
        (Form.TOML, '{"a": 1}', "it is not TOML"),
        (Form.TOML, "servers = 1\n", 'expected an object at "servers", found a number'),
        (Form.YAML, "a: 1\na: 2\n", "it is not YAML"),
        (Form.YAML, "a: [1\n", "it is not YAML"),
        (Form.YAML, "a: !!python/object:os.system x\n", "it is not YAML"),
        (Form.YAML, "- 1\n", "expected an object at the root, found a list"),
        (Form.YAML, "servers: x\n", 'expected an object at "servers", found text'),
        (Form.YAML, "a:\n   b: 1\nc:\n     d: 1\n", "laid out in a way that would not be kept"),
    ],
)
def test_what_cannot_be_edited_is_refused(form: Form, text: str, words: str) -> None:
    with pytest.raises(EditError, match=re.escape(words)):
        edited(form, text, Put(("servers", "x"), 1))


def test_a_few_lines_that_stand_for_billions_are_refused() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(EditError, match="stands for more than"):
        edited(Form.YAML, bomb, Put(("servers",), 1))


names = st.sampled_from(["a", "b.c", "d e", "", "é", 'q"', "*", "#", "true", "1", "null", "- x", "a: b", "//"])
edits = st.lists(
    st.builds(Put, st.tuples(st.just("s"), names, names), st.sampled_from([True, 5, "text", "true", "", ["x"]]))
    | st.builds(Members, st.tuples(st.just("t"), names), st.lists(names, unique=True).map(tuple)),
    min_size=1,
    max_size=4,
    unique_by=lambda edit: edit.path,
)


@pytest.mark.parametrize("form", [Form.JSON, Form.TOML, Form.YAML])
@given(edits)
def test_a_new_file_holds_what_was_asked_for(form: Form, changes: list[Any]) -> None:
    text = written(form, changes)
    assert is_equal(read_data(form, text.encode()), apply({}, changes))
    assert merged(form, text.encode(), changes) == text.encode()
