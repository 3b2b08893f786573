from __future__ import annotations

import json
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
    ("hits", "n", "low", "high"), [(0, 0, 0, 1), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (50, 100, 0.4038, 0.5962)]
)
def test_intervals_are_wilson_s(hits, n, low, high):
    assert Share(hits, n).interval == pytest.approx((low, high), abs=1e-4)


def test_all_faults_of_labels_are_reported_at_once_with_line_and_key():
    lines = [line(), "nonsense", line(category="harmless"), line(signals=["loud"]), line(digest=None)]
    with pytest.raises(GoldError) as raised:
        read_labels(lines, "gold.jsonl")
    said = str(raised.value).splitlines()
    assert [one.split(":")[1] for one in said] == ["2", "3", "4", "5"]
    for one, word in zip(said, ("JSON", "harmless", "loud", "digest"), strict=True):
        assert word in one


def test_a_label_of_a_changed_or_missing_definition_is_named():
    wire = {"name": "get_file"}
    labels = [label(wire, Category.READ), label({"name": "gone"}, Category.READ)]
    with pytest.raises(GoldError) as raised:
        match_labels(labels, [("s", {"name": "get_file", "description": "new"})], "gold.jsonl")
    assert "get_file: its definition changed" in str(raised.value)
    assert "gone: no such tool" in str(raised.value)
