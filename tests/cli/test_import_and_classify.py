from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.program import TOOLS, write_lines


def test_a_saved_listing_is_imported_and_judged_once(catalogue, tmp_path):
    file = write_lines(tmp_path / "tools.jsonl", TOOLS)
    ended = catalogue("import", file, "--format", "json")
    assert ended.code == 0
    assert json.loads(ended.out)["tools"] == len(TOOLS)
    ended = catalogue("classify", "--format", "json")
    assert ended.code == 0
    judged = json.loads(ended.out)
    assert judged["judged"] == len(TOOLS)
    order = ["financial", "destructive", "execute", "write", "read", "unclassified"]
    assert list(judged["categories"]) == sorted(judged["categories"], key=order.index)
    assert catalogue("classify").code == 3
    status = json.loads(catalogue("status", "--format", "json").out)
    assert status["servers"] == 3
    assert sum(status["tools"]["declared"].values()) == len(TOOLS)
    assert status["unjudged"] == 0
    shown = catalogue("status").out
    assert "tools by category" in shown
    assert "targets due" not in shown  # nothing of it is to be asked


def test_an_empty_catalogue_says_how_it_is_filled(catalogue):
    assert catalogue("db", "upgrade").code == 0
    ended = catalogue("status")
    assert ended.code == 0
    assert "catalogue crawl" in ended.err


def test_lines_that_are_no_tools_are_named_and_cost_no_neighbour(catalogue, tmp_path):
    file = tmp_path / "tools.jsonl"
    file.write_text('{"server": "a", "name": "get_x"}\nnot json\n{"name": "no_server"}\n[1]\n')
    ended = catalogue("import", file)
    assert ended.code == 4
    for number in (2, 3, 4):
        assert f"{file}:{number}: " in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("content", ["<html>", "\0\1\2", '{"tools": '])
@pytest.mark.parametrize("command", [["import"], ["classify", "--tools"], ["explain", "--tools"]])
def test_a_file_that_is_not_json_is_one_line(catalogue, tmp_path, command, content):
    file = tmp_path / "tools.json"
    file.write_text(content)
    assert catalogue(*command, file).failed_with(str(file), "not JSON")


@pytest.mark.parametrize("command", [["import"], ["classify", "--tools"], ["explain", "--tools"]])
def test_a_file_that_cannot_be_read_is_one_line(catalogue, tmp_path, command):
    assert catalogue(*command, tmp_path / "missing.jsonl").failed_with("missing.jsonl", "No such file")
    assert catalogue(*command, tmp_path).failed_with(str(tmp_path), "directory")


FORMS = {
    "lines": lambda tools: "".join(json.dumps(tool) + "\n" for tool in tools),
    "array": json.dumps,
    "result": lambda tools: json.dumps({"tools": tools}),
    "response": lambda tools: json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("compressed", [False, True])
def test_tools_of_a_file_are_judged_in_order_whatever_its_form(catalogue, tmp_path, form, compressed):
    text = FORMS[form](TOOLS).encode()
    file = tmp_path / "tools"
    file.write_bytes(gzip.compress(text) if compressed else text)
    ended = catalogue("classify", "--tools", file)
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 0
    assert [(line["server"], line["name"]) for line in lines] == [(tool["server"], tool["name"]) for tool in TOOLS]
    assert [line["category"] for line in lines[:3]] == ["read", "destructive", "write"]
    assert set(lines[1]) == {"server", "name", "category", "severity", "confidence", "signals", "rationale", "evidence",
                             "ruleset"}  # fmt: skip
    assert {"rule", "pointer", "quote"} == set(lines[1]["evidence"][0])
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out
    assert not Path("catalogue.db").exists()


def test_an_entry_that_is_no_tool_yields_an_error_line(catalogue, tmp_path):
    file = tmp_path / "tools.jsonl"
    file.write_text('{"name": "get_x"}\n{"description": "no name"}\nnonsense\n{"name": "get_y"}\n')
    ended = catalogue("classify", "--tools", file)
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 4
    assert ["error" in line for line in lines] == [False, True, True, False]


def test_output_goes_to_a_file_as_a_whole_or_not_at_all(catalogue, tmp_path):
    file = write_lines(tmp_path / "tools.jsonl", TOOLS)
    output = tmp_path / "verdicts.jsonl"
    printed = catalogue("classify", "--tools", file).out
    assert catalogue("classify", "--tools", file, "--output", output).code == 0
    assert output.read_text() == printed
    bad = tmp_path / "bad.json"
    bad.write_text("<html>")
    assert catalogue("classify", "--tools", bad, "--output", output).failed_with("not JSON")
    assert output.read_text() == printed
    assert catalogue("classify", "--tools", file, "--output", tmp_path).failed_with(str(tmp_path))
    assert catalogue("classify", "--tools", file, "--output", "/dev/full").failed_with("/dev/full", "No space left")
    assert catalogue("classify", "--output", output).failed_with("--tools", code=2)


def test_no_tools_are_nothing_to_do(catalogue, tmp_path):
    file = tmp_path / "tools.json"
    file.write_text("[]")
    assert catalogue("classify", "--tools", file).code == 3
    assert catalogue("import", file).code == 3
