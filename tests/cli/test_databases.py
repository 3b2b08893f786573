from __future__ import annotations

import sqlite3

import pytest

from tests.cli.program import TOOLS, write_lines

# One command of each kind that opens a database; the file of tools stands in the folder where they run.
COMMANDS = [
    ["import", "tools.jsonl"],
    ["classify"],
    ["status"],
    ["explain", "a", "b"],
    ["policy", "a"],
    ["publish", "--out", "site"],
    ["export", "--out", "export"],
    ["crawl", "--only", "introspect"],
    ["db", "upgrade"],
    ["db", "check"],
]
pytestmark = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


@pytest.fixture(autouse=True)
def _tools(tmp_path):
    write_lines(tmp_path / "tools.jsonl", TOOLS)


def test_a_folder_is_no_database(catalogue, tmp_path, command):
    (tmp_path / "folder").mkdir()
    assert catalogue(*command, "--database", "sqlite:///folder").failed_with("folder")


def test_another_file_is_no_database(catalogue, tmp_path, command):
    (tmp_path / "notes.txt").write_text("not a database at all\n" * 100)
    assert catalogue(*command, "--database", "sqlite:///notes.txt").failed_with("notes.txt")
    assert (tmp_path / "notes.txt").read_text().startswith("not a database")


def test_another_programs_database_is_left_alone(catalogue, tmp_path, command):
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    assert catalogue(*command, "--database", "sqlite:///other.db").failed_with("other.db")


def test_a_database_of_a_newer_revision_is_refused(catalogue, tmp_path, command):
    assert catalogue("db", "upgrade", "--database", "sqlite:///new.db").code == 0
    with sqlite3.connect(tmp_path / "new.db") as connection:
        connection.execute("UPDATE catalogue_revision SET version_num = 'f00000000000'")
    connection.close()
    assert catalogue(*command, "--database", "sqlite:///new.db").failed_with("new.db", "f00000000000", "newer")


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/name", "sqlite:///missing/folder/x.db", "sqlite://"])
def test_a_url_that_names_no_database_of_ours_is_one_line(catalogue, command, url):
    assert catalogue(*command, "--database", url).failed_with(url.removeprefix("sqlite:///"))


def test_no_catalogue_is_made_of_a_mistyped_address(catalogue, tmp_path, command):
    if command[0] in ("import", "crawl") or command == ["db", "upgrade"]:
        return  # they fill one
    assert catalogue(*command, "--database", "sqlite:///mistyped.db").failed_with("mistyped.db does not exist", "crawl")
    assert [entry.name for entry in tmp_path.iterdir()] == ["tools.jsonl"]


def test_the_environment_names_the_database_too(catalogue, monkeypatch, command):
    monkeypatch.setenv("CATALOGUE_DATABASE", "sqlite:///missing/folder/x.db")
    assert catalogue(*command).failed_with("missing/folder")
