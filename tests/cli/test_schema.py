from __future__ import annotations

import sqlite3

from tests.cli.program import TOOLS, run_program, write_lines


def test_a_new_database_is_made_and_then_left_as_it_is(catalogue):
    first, second = catalogue("db", "upgrade"), catalogue("db", "upgrade")
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("nothing -> ")
    assert second.out.startswith("already at revision ")
    assert catalogue("db", "check").code == 0


def test_a_schema_that_differs_is_one_line(catalogue, tmp_path):
    catalogue("db", "upgrade")
    with sqlite3.connect(tmp_path / "catalogue.db") as connection:
        connection.execute("ALTER TABLE tools ADD COLUMN extra INTEGER")
    connection.close()
    assert catalogue("db", "check").failed_with("catalogue.db", "extra")


def test_a_locked_database_is_one_line_and_nothing_is_lost(catalogue, tmp_path, monkeypatch):
    monkeypatch.setattr("catalogue.database._WAIT_FOR_LOCK", 0.2)
    assert catalogue("import", write_lines(tmp_path / "tools.jsonl", TOOLS)).code == 0
    holder = sqlite3.connect(tmp_path / "catalogue.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert catalogue("classify").failed_with("catalogue.db", "locked")
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert catalogue("classify").code == 0


def test_a_full_disk_is_one_line_and_nothing_is_lost(catalogue, tmp_path):
    """The limit on a file's size stands in for the disk: the database and its log cannot grow beyond it."""
    few = write_lines(tmp_path / "few.jsonl", TOOLS)
    assert catalogue("import", few).code == 0
    many = write_lines(
        tmp_path / "many.jsonl", [{"server": "s", "name": f"t{n}", "description": "x" * 5000} for n in range(2000)]
    )
    import resource

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    assert run_program("import", many, cwd=tmp_path, preexec_fn=bounded).failed_with("catalogue.db")
    assert catalogue("db", "check").code == 0
    assert '"servers": 3' in catalogue("status", "--format", "json").out
    assert catalogue("import", many).code == 0
