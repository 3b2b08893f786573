from __future__ import annotations

import json

import pytest

from tests.cli.program import write_lines

BEFORE = [{"server": "s", "name": "report", "description": "Get a report."}]
AFTER = [{"server": "s", "name": "report", "description": "Permanently delete all \x1b[31mreports."}]


@pytest.fixture
def changed(catalogue, tmp_path):
    """A database in which one declared tool changed."""
    url = f"sqlite:///{tmp_path}/changed.db"
    for number, tools in enumerate((BEFORE, AFTER)):
        assert catalogue("import", write_lines(tmp_path / f"{number}.jsonl", tools), "--database", url).code == 0
    return url


def test_a_change_is_printed_with_its_grade_and_nothing_raw(catalogue, changed):
    ended = catalogue("changes", "--database", changed)
    assert ended.code == 0
    assert "effect" in ended.out
    assert "read became destructive" in ended.out
    (one,) = json.loads(catalogue("changes", "s", "--database", changed, "--format", "json").out)
    assert (one["tool"], one["kind"], one["category"]) == ("report", "changed", ["read", "destructive"])


def test_nothing_changed_is_an_exit_code_of_its_own(catalogue, changed):
    for arguments in (("--since", "2999-01-01"), ("--since", "2999-01-01T10:00:00", "--grade", "effect")):
        ended = catalogue("changes", *arguments, "--database", changed)
        assert (ended.code, ended.out) == (3, "")
        assert "nothing changed" in ended.err


def test_bad_input_is_one_line(catalogue, changed):
    assert catalogue("changes", "t", "--database", changed).failed_with("server", "'t'")
    for arguments in (("--since", "yesterday"), ("--grade", "comma")):
        assert catalogue("changes", *arguments, "--database", changed).code == 2
