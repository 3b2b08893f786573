"""What workers judge is the same, in the same order, as what one process does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalogue import judging
from catalogue.classification import classify_file, classify_new
from catalogue.database import open_database, reading
from catalogue.errors import CatalogueError
from catalogue.intake import import_file
from catalogue.repository import Repository
from classifier.ruleset import RuleSet, load
from classifier.verdict import to_wire

RULES = load()


def no_report(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


VERBS = ("get", "delete", "create", "run", "pay")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    file = tmp_path / "tools.jsonl"
    lines = [
        json.dumps({"server": "a/b", "name": f"{VERBS[n % 5]}_thing_{n}", "description": "It."}) for n in range(700)
    ]
    lines[50] = "not json"
    lines[350] = '{"server": "a/b", "description": "no name"}'
    file.write_text("\n".join(lines), "utf-8")
    return file


@pytest.fixture
def two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "FEWEST", 20)
    monkeypatch.setattr(judging, "_processors", lambda: 2)


def test_a_file_yields_the_same_lines(tools: Path, monkeypatch: pytest.MonkeyPatch, two_workers: None):
    many = list(classify_file(tools, RULES))
    monkeypatch.setattr(judging, "_processors", lambda: 1)
    assert many == list(classify_file(tools, RULES))
    assert [line.get("line") for line in many if "error" in line] == [51, 351]


def test_a_database_gets_the_same_verdicts(tools: Path, tmp_path: Path, two_workers: None):
    engine = open_database(f"sqlite:///{tmp_path}/catalogue.db")
    import_file(engine, tools, no_report)
    assert classify_new(engine, RULES, no_report).judged == 698
    assert classify_new(engine, RULES, no_report).judged == 0
    with reading(engine) as session:
        rows = list(Repository(session).tools(RULES.digest))
    assert len(rows) == 698
    assert [row.verdict for row in rows] == [RULES.judge(row.definition) for row in rows]
    engine.dispose()


def leave(tool: object, ruleset: RuleSet) -> None:
    """End the worker as a kill would."""
    import os

    os._exit(9)


def test_a_killed_worker_is_one_clear_line(two_workers: None):
    with pytest.raises(CatalogueError, match="was killed"):
        list(judging.judge_all(range(100), leave, RULES))


def test_a_rule_set_that_travelled_judges_the_same():
    import pickle

    wire = {"name": "delete_user", "description": "Permanently deletes a user."}
    assert to_wire(pickle.loads(pickle.dumps(RULES)).judge(wire)) == to_wire(RULES.judge(wire))
