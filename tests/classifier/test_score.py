from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.scoring import score_files
from classifier.ruleset import load
from classifier.score import GoldError, Label, Share, match_labels, read_labels, score, to_json
from classifier.tool import definition_digest
from classifier.verdict import Category

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
GOLD = ROOT / "tests" / "gold"
TOOLS = [CORPUS / "tools.jsonl.gz", CORPUS / "tools_partial.jsonl.gz"]

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")


def label(wire, category, also=(), signals=()):
    return Label("s", wire["name"], category, frozenset(also), frozenset(signals), "", definition_digest(wire))


def line(**changes):
    return json.dumps({"server": "s", "name": "n", "category": "read", "digest": "0"} | changes)


@needs_corpus
def test_the_published_error_is_what_the_test_split_gives_today():
    published = json.loads((ROOT / "classifier" / "measured.json").read_text("utf-8"))
    assert to_json(score_files(load(), [GOLD / "test.jsonl"], TOOLS)) == published, "run `make measure`"


def test_no_server_is_in_both_splits():
    splits = [
        {json.loads(one)["server"] for one in (GOLD / name).read_text("utf-8").splitlines()}
        for name in ("train.jsonl", "test.jsonl")
    ]
    assert all(splits)
    assert not splits[0] & splits[1]


def test_counts_what_was_right_wrong_and_acceptable():
    delete, get = {"name": "delete_file"}, {"name": "get_file"}
    send = {"name": "send_email", "description": "Sends it."}
    pairs = [
        (label(delete, Category.DESTRUCTIVE), delete),
        (label(get, Category.WRITE), get),
        (label(send, Category.EXECUTE, also=[Category.WRITE]), send),
    ]
    found = score(load(), pairs)
    assert (found.labels, found.clear, found.accepted) == (3, Share(1, 2), Share(2, 3))
    assert found.confusion[Category.WRITE, Category.READ] == 1
    assert found.recall[Category.EXECUTE] == Share(1, 1)
    assert found.precision[Category.READ] == Share(0, 1)
    assert found.unclassified == Share(0, 1)
    assert found.rules["deletes-by-name"] == Share(1, 1)


def test_a_dangerous_tool_called_read_is_counted():
    wire = {"name": "get_file", "description": "Returns a file."}
    found = score(load(), [(label(wire, Category.DESTRUCTIVE), wire)])
    assert found.dangerous_read == Share(1, 1)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"), [(0, 0, 0, 1), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (50, 100, 0.4038, 0.5962)]
)
def test_intervals_are_wilson_s(right, n, low, high):
    assert Share(right, n).interval == pytest.approx((low, high), abs=1e-4)


def test_all_faults_of_labels_are_reported_at_once_with_line_and_key():
    odd = line(also="read", signals=[["loud"]], why=7)
    lines = [line(), "nonsense", line(category="harmless"), line(signals=["loud"]), line(digest=None), odd]
    labels, said = read_labels(lines, "gold.jsonl")
    assert [one.place for one in labels] == ["gold.jsonl:1"]
    assert [one.split(":")[1] for one in said] == ["2", "3", "4", "5", "6", "6", "6"]
    words = ("JSON", "harmless", "loud", "digest", "why", "also", "signals")
    for one, word in zip(said, words, strict=True):
        assert word in one


def test_a_label_of_a_changed_or_missing_definition_is_named():
    wire = {"name": "get_file"}
    other = {"name": "other"}
    wires = [wire, {"name": "gone"}, other, other]
    labels = [replace(label(each, Category.READ), place=f"gold.jsonl:{number}") for number, each in enumerate(wires, 1)]
    pairs, problems = match_labels(labels, [("s", {"name": "get_file", "description": "new"}), ("s", other)])
    assert [one.name for one, _ in pairs] == ["other"]
    assert problems == [
        "gold.jsonl:1: digest: s: get_file: its definition changed since it was read",
        "gold.jsonl:2: name: s: gone: no such tool in the files given",
        "gold.jsonl:4: name: s: other: labelled already at gold.jsonl:3",
    ]


def test_what_is_wrong_with_lines_and_with_definitions_is_said_in_one_go(tmp_path):
    tools, gold = tmp_path / "tools.jsonl", tmp_path / "gold.jsonl"
    tools.write_text(json.dumps({"server": "s", "name": "n", "description": "new"}))
    gold.write_text(line() + "\n" + line(category="harmless"))
    with pytest.raises(GoldError) as raised:
        score_files(load(), [gold], [tools])
    assert [one.split(": ")[:2] for one in str(raised.value).splitlines()] == [
        [f"{gold}:2", "category"], [f"{gold}:1", "digest"],
    ]  # fmt: skip


def test_of_a_file_that_is_something_else_so_many_lines_are_named_as_are_read(tmp_path):
    file = tmp_path / "prose.md"
    file.write_text("no label\n" * 300)
    with pytest.raises(GoldError) as raised:
        score_files(load(), [file], [])
    assert str(raised.value).splitlines()[99:] == [f"{file}:100: not JSON: Expecting value: line 1 column 1 (char 0)",
                                                   "and 200 more"]  # fmt: skip


def test_a_signal_that_nobody_labelled_counts_against_its_precision():
    wire = {
        "name": "run",
        "description": "Run a shell command.",
        "inputSchema": {"properties": {"command": {"type": "string"}}},
    }
    found = score(load(), [(label(wire, Category.EXECUTE), wire)])
    assert found.signal_precision["code"] == Share(0, 1)
