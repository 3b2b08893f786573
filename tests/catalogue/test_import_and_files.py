from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from catalogue.errors import CatalogueError
from catalogue.intake import import_file
from catalogue.tool_files import read_entries, to_saved_tool
from catalogue.values import Standing

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "tools.jsonl.gz"
COMPILED = {
    "server": "s",
    "source_repo": "github.com/a/b",
    "source_path": "x.json",
    "commit": "0123456789abcdef",
    "license": "MIT",
    "name": "tool",
    "title": None,
    "description": "Does it.",
    "inputSchema": {"type": "object"},
    "annotations": None,
}


def quiet(what, done, total):
    pass


@pytest.fixture
def file(tmp_path):
    def write(content, name="tools.jsonl"):
        path = tmp_path / name
        if isinstance(content, list):
            content = "".join(f"{json.dumps(line)}\n" for line in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_tools_are_kept_as_declared_by_the_file(store, file):
    summary = import_file(store.engine, file([{"server": "s", "name": "a"}, {"server": "t", "name": "b"}]), quiet)
    assert (summary.tools, summary.servers, summary.outranked, summary.bad_lines) == (2, 2, 0, ())
    assert [(tool.server, tool.name, tool.standing, tool.declared_by, tool.definition) for tool in store.tools()] == [
        ("s", "a", Standing.DECLARED, "tools.jsonl", {"name": "a"}),
        ("t", "b", Standing.DECLARED, "tools.jsonl", {"name": "b"}),
    ]
    assert [row.source for row in store.server("s").listings] == ["import"]


def test_what_a_compilation_adds_is_provenance_and_no_part_of_the_definition(store, file):
    import_file(store.engine, file([COMPILED]), quiet)
    (tool,) = store.tools()
    assert tool.definition == {"name": "tool", "description": "Does it.", "inputSchema": {"type": "object"}}
    assert tool.declared_by == "tools.jsonl: github.com/a/b/x.json at 0123456789ab"


def test_importing_the_same_file_again_changes_nothing(store, file):
    path = file([{"server": "s", "name": "a"}, {"server": "s", "name": "a", "description": "another"}])
    for _ in range(2):
        import_file(store.engine, path, quiet)
        assert [tool.occurrence for tool in store.tools()] == [0, 1]
    assert len(store.servers()) == 1


def test_bad_lines_are_counted_with_their_number_and_reason(store, file):
    deep = '{"server":"s","name":"deep","in":' + '{"a":' * 500 + "1" + "}" * 501
    lines = ["not json", '{"name": "no server"}', '{"server": "s"}', "", "[1]", deep, '{"server":"s","name":"good"}']
    lines.append('{"server":"s","name":"nan","x":NaN}')
    lines.append("\udcff".encode("utf-8", "surrogateescape").decode("latin-1"))
    summary = import_file(store.engine, file("\n".join(lines).encode("latin-1")), quiet)
    assert summary.tools == 1
    assert [bad.line for bad in summary.bad_lines] == [1, 2, 3, 5, 6, 8, 9]
    reasons = ["not JSON", "server", "name", "server", "nested", "JSON cannot carry", "not UTF-8"]
    for bad, reason in zip(summary.bad_lines, reasons, strict=True):
        assert reason in bad.reason


FORMS = {
    "lines": lambda tools: "".join(f"{json.dumps(tool)}\n" for tool in tools),
    "lines with a mark": lambda tools: "\ufeff" + "".join(f"{json.dumps(tool)}\r\n" for tool in tools),
    "array": json.dumps,
    "printed array": lambda tools: json.dumps(tools, indent=2),
    "result": lambda tools: json.dumps({"tools": tools}),
    "printed response": lambda tools: json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}, indent=1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("compressed", [False, True])
def test_every_form_gives_the_same_entries_in_order(file, form, compressed):
    tools = [{"name": "b"}, {"name": "a", "inputSchema": {"properties": {"tools": {}}}}]
    content = FORMS[form](tools).encode()
    path = file(gzip.compress(content) if compressed else content)
    assert [entry.value for entry in read_entries(path)] == tools


def test_a_single_printed_tool_is_one_entry(file):
    assert [entry.value for entry in read_entries(file(json.dumps({"name": "a"}, indent=2)))] == [{"name": "a"}]


def test_a_line_that_is_broken_does_not_cost_the_next(file):
    entries = list(read_entries(file('{"name": "a"\n{"name": "b"}\n')))
    assert [(entry.line, entry.value, entry.error is None) for entry in entries] == [
        (1, None, False),
        (2, {"name": "b"}, True),
    ]


def test_a_line_of_endless_length_is_an_error_and_the_next_is_read(file, monkeypatch):
    monkeypatch.setattr("catalogue.tool_files._LONGEST_LINE", 1000)
    long = json.dumps({"name": "long", "description": "x" * 5000})
    entries = list(read_entries(file(f'{{"name": "a"}}\n{long}\n{{"name": "b"}}\n')))
    assert [entry.error for entry in entries] == [None, "longer than 1000 bytes", None]


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"\x89PNG\r\n\x1a\n\x00", b"{", b"[1, 2"])
def test_a_file_that_is_not_json_is_refused(file, content):
    with pytest.raises(CatalogueError, match=r"tools\.jsonl is not JSON"):
        list(read_entries(file(content)))


def test_a_file_that_is_not_there_or_damaged_is_named(file, tmp_path):
    with pytest.raises(CatalogueError, match=r"nowhere\.json cannot be read"):
        list(read_entries(tmp_path / "nowhere.json"))
    with pytest.raises(CatalogueError, match="cannot be read"):
        list(read_entries(tmp_path))
    whole = gzip.compress(FORMS["lines"]([{"name": str(number)} for number in range(1000)]).encode())
    with pytest.raises(CatalogueError, match="is damaged"):
        list(read_entries(file(whole[:-200])))


def test_the_definition_of_an_exported_line_is_taken_as_it_stands():
    saved = to_saved_tool({"server": "s", "name": "a", "definition": {"name": "a", "server": 1}, "verdict": {}})
    assert (saved.server, saved.wire) == ("s", {"name": "a", "server": 1})


@pytest.mark.skipif(not CORPUS.exists(), reason="the development corpus is not here")
def test_real_tools_are_all_taken_over(sqlite_engine):
    from catalogue.database import reading
    from catalogue.repository import Repository

    summary = import_file(sqlite_engine, CORPUS, quiet)
    assert (summary.tools, summary.bad_lines) == (8500, ())
    with reading(sqlite_engine) as session:
        read = {(tool.server, tool.name): tool.definition for tool in Repository(session).tools("")}
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            assert read[line["server"], line["name"]]["inputSchema"] == line["inputSchema"]
