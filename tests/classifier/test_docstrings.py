"""The arguments that a description lists, where a schema says nothing of them."""

from __future__ import annotations

import pytest

from classifier.docstrings import documented
from classifier.ruleset import load
from classifier.verdict import Signal

RULES = load()


def signal(name: str, wire: dict[str, object]) -> Signal:
    (found,) = [one for one in RULES.judge(wire).signals if one.id == name]
    return found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Saves.\n\nArgs:\n  path: Where.\n  size (int, optional): How big.\n\nReturns:\n  a: b", ["path", "size"]),
        ("Saves it. Args: path: Where to. size (int): How big. Returns: a text", ["path", "size"]),
        ("Saves it.\n:param path: where to\n:param size: how big\n:return: text: done", ["path", "size"]),
        ("**Parameters:**\n- `path` (string) *required*: Where to.\n- **size** (number): How big.", ["path", "size"]),
        ("保存。\n参数:\n    path: 路径\n返回:\n    text: 结果", ["path"]),
        ("Inputs (one object):\n  path: string - where to", ["path"]),
        ("Saves it. Note: path: is fixed.", []),
        ("Parameters are optional.", []),
        ("", []),
    ],
)  # fmt: skip
def test_reads_what_a_description_lists(text: str, names: list[str]) -> None:
    assert [one.name for one in documented(text)] == names


def test_each_argument_says_where_it_stands() -> None:
    text = "Saves it.\n\nArgs:\n    path (str): Where to.\n    tags (List[str]): Its tags.\n"
    path, tags = documented(text)
    for one in (path, tags):
        assert text[one.start : one.start + len(one.name)] == one.name
        assert text[one.description_start :].startswith(one.description)
    assert (path.types, path.description.strip()) == (("string",), "Where to.")
    assert (tags.types, tags.pointer, tags.description_pointer) == (("array", "string"), "/description", "/description")


def test_rules_ask_them_where_no_schema_was_published() -> None:
    text = "Draws it.\n\nArgs:\n    output_path (str): Where to."
    (found,) = [
        one for one in signal("filesystem", {"name": "draw", "description": text}).evidence if one.leaf == "parameter"
    ]
    assert (found.pointer, text[slice(*found.span)], found.quote) == ("/description", "output_path", "output_path")


def test_they_describe_the_parameters_of_a_schema_that_has_names_alone() -> None:
    text = "Looks it up.\n\nArgs:\n    text: A query in SPARQL.\n    query: A query in SPARQL."
    schema = {"type": "object", "properties": {"query": {"type": "string"}}}
    wire: dict[str, object] = {"name": "ask", "description": text, "inputSchema": schema}
    found = {(one.pointer, one.quote) for one in signal("query-language", wire).evidence if one.leaf == "parameter"}
    assert found == {("/inputSchema/properties/query", "query"), ("/description", "SPARQL")}
    described = {
        "name": "ask",
        "description": text,
        "inputSchema": {
            "type": "object",
            "properties": {"query": {"type": "string", "description": "What to look for."}},
        },
    }
    assert "query-language" not in {one.id for one in RULES.judge(described).signals}
