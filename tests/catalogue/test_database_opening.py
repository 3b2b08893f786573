from __future__ import annotations

import sqlite3
import threading
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, make_url, text

from catalogue import database
from catalogue.database import check, open_database, reading, upgrade, writing
from catalogue.errors import CatalogueError
from catalogue.models import Definition


def test_a_database_is_made_on_first_use_with_the_declared_schema(empty_url):
    assert upgrade(empty_url) == (None, "0006")
    assert upgrade(empty_url) == ("0006", "0006")
    check(empty_url)


def test_a_database_with_rows_of_an_older_revision_is_brought_up_to_date(store, listing, target, introspected):
    store.take(listing("one", target()))
    store.record(introspected(target(), "a", "b"))
    url = store.engine.url.render_as_string(hide_password=False)
    with store.engine.begin() as connection, as_file(files("migrations")) as folder:
        config = Config(attributes={"connection": connection, "version_table": "catalogue_revision"})
        config.set_main_option("script_location", str(folder))
        command.downgrade(config, "0001")
    store.engine.dispose()
    assert upgrade(url) == ("0001", "0006")
    check(url)
    assert [tool.name for tool in store.tools()] == ["a", "b"]


def test_the_newest_revision_is_known_by_the_names_of_the_migrations(empty_url):
    open_database(empty_url).dispose()
    with as_file(files("migrations")) as folder:
        head = ScriptDirectory(str(folder)).get_current_head()
    assert database._newest() == head
    assert upgrade(empty_url) == (head, head)


def test_a_schema_that_differs_is_named(empty_url):
    engine = open_database(empty_url)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_tools_definition"))
    engine.dispose()
    with pytest.raises(CatalogueError, match="ix_tools_definition"):
        check(empty_url)


def test_an_older_revision_is_refused_where_nothing_may_be_migrated(empty_url):
    url = make_url(empty_url)
    if url.get_backend_name() == "sqlite":
        with pytest.raises(CatalogueError, match="does not exist"):
            open_database(empty_url, migrate=False)
        Path(url.database).touch()
    with pytest.raises(CatalogueError, match="has revision none; this version expects 0006"):
        open_database(empty_url, migrate=False)


def test_a_newer_revision_is_refused_and_left_alone(empty_url):
    engine = open_database(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE catalogue_revision SET version_num = '9999'"))
    for use in (open_database, upgrade, check):
        with pytest.raises(CatalogueError, match="revision 9999, which is newer"):
            use(empty_url)
    engine.dispose()


def test_a_database_of_something_else_is_refused(empty_url):
    engine = open_database(empty_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE catalogue_revision"))
    with pytest.raises(CatalogueError, match="not a catalogue's database"):
        open_database(empty_url)
    assert "tools" in inspect(engine).get_table_names()
    engine.dispose()


def test_several_processes_may_open_a_new_database_at_once(empty_url):
    failures = []

    def open_it():
        try:
            open_database(empty_url).dispose()
        except CatalogueError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    check(empty_url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not the URL of a database"),
        ("", "not the URL of a database"),
        ("sqlite://", "names no file"),
        ("sqlite:///{folder}", "is a folder"),
        ("sqlite:///{folder}/missing/catalogue.db", "does not exist"),
        ("sqlite:///{folder}/text.db", "not a SQLite database"),
        ("mysql://me:secret@example.com/x", "sqlite and postgresql are supported"),
        ("postgresql+nothing://me:secret@example.com/x", "not the URL of a database"),
        ("postgresql://me:secret@127.0.0.1:1/x", "did not do its work: .*refused"),
        ("postgresql+psycopg2://me:secret@127.0.0.1/x", "needs the Python package psycopg2"),
        ("postgresql://me:se@cret@host:port/x", "not the URL of a database"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_clear_line_without_the_password(tmp_path, url, words):
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    with pytest.raises(CatalogueError, match=words) as caught:
        open_database(url.format(folder=tmp_path))
    assert "\n" not in str(caught.value)
    assert "cret" not in str(caught.value)


def test_a_wrong_password_is_said_without_the_password(postgresql):
    url = postgresql().replace("postgres:@", "nobody:se%40cret@")
    with pytest.raises(CatalogueError, match="nobody") as caught:
        open_database(url)
    assert "se@cret" not in str(caught.value)
    assert "se%40cret" not in str(caught.value)


def test_a_locked_database_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr("catalogue.database._WAIT_FOR_LOCK", 0.05)
    path = tmp_path / "catalogue.db"
    engine = open_database(f"sqlite:///{path}")
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CatalogueError, match="is locked by another process"), writing(engine):
        pass
    other.close()
    engine.dispose()


def test_a_full_disk_loses_nothing_that_was_written(sqlite_engine):
    @event.listens_for(sqlite_engine, "connect")
    def limit_size(connection, _record):
        connection.execute("PRAGMA max_page_count = 60").close()

    sqlite_engine.dispose()  # the next connection is a limited one
    with writing(sqlite_engine) as session:
        session.add(Definition(digest="a" * 64, wire={"name": "kept"}))
    with pytest.raises(CatalogueError, match="its disk is full") as caught, writing(sqlite_engine) as session:
        session.add(Definition(digest="b" * 64, wire={"name": "x" * 1_000_000}))
    assert "nothing was lost" in caught.value.tip
    with reading(sqlite_engine) as session:
        assert session.get_one(Definition, "a" * 64).wire == {"name": "kept"}


def test_a_read_transaction_does_not_see_what_is_written_meanwhile(engine):
    with reading(engine) as before:
        assert before.get(Definition, "a" * 64) is None
        with writing(engine) as session:
            session.add(Definition(digest="a" * 64, wire={}))
        assert before.get(Definition, "a" * 64) is None
    with reading(engine) as after:
        assert after.get(Definition, "a" * 64) is not None
