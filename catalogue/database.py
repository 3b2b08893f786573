"""Opens the catalogue's database: URL, connections, migrations, and the databases' errors in words for a person.

The engines made here translate what their driver raises, wherever it is raised, so that nobody above needs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from catalogue.errors import CatalogueError

_VERSION_TABLE = "catalogue_revision"  # not Alembic's default: that one may be another program's
_WAIT_FOR_LOCK = 15.0  # seconds that SQLite waits for another writer; our longest transactions take well under one
_MIGRATION_LOCK = 0x6D637063  # PostgreSQL advisory lock; any number that nobody else uses ("mcpc")
_TOO_MANY_DIFFERENCES = 10
_ROWS_A_STATEMENT = 50
"""Rows that one INSERT ... RETURNING names. SQLite's driver keeps the last 128 statements, compiled: at SQLAlchemy's
1,000 rows, and a number of rows that differs each time, those alone take a hundred megabytes."""

_REFUSALS = frozenset({"42501", "25006"})
"""PostgreSQL's codes for what a user may not do, and for a server that only answers reads."""
_SQLITE_WORDS = (
    ("SQLITE_BUSY", "is locked by another process", "let the other command end, or give it some seconds"),
    ("SQLITE_LOCKED", "is locked by another process", "let the other command end, or give it some seconds"),
    ("SQLITE_FULL", "has no room: its disk is full", "nothing was lost; free some space and run the command again"),
    ("SQLITE_IOERR", "cannot be read or written: input/output error", "is its disk full or failing?"),
    ("SQLITE_NOTADB", "is not a SQLite database", "give another file with --database sqlite:///FILE"),
    ("SQLITE_CORRUPT", "is damaged", "restore it from a copy"),
    ("SQLITE_READONLY", "cannot be written", "check the permissions of the file and its folder"),
    ("SQLITE_CANTOPEN", "cannot be opened", "check that its folder exists and may be read and written"),
    ("SQLITE_PERM", "cannot be opened", "check the permissions of the file and its folder"),
)


def open_database(url: str, *, migrate: bool = True, make: bool = True) -> Engine:
    """Return an engine for the catalogue at `url`, its schema brought up to this version's unless told otherwise.

    Who only reads says `make=False`: a file that is not there is refused, and not made empty.
    Raises `CatalogueError` for everything that keeps the database from being used.
    """
    engine = _connectable(url)
    try:
        if not (make and migrate):
            _expect_there(engine.url)
        if migrate:
            _migrate(engine)
        else:
            _expect_newest(engine)
    except BaseException:  # whatever it is, nobody gets the engine to close it; it is raised again
        engine.dispose()
        raise
    return engine


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the schema up to this version's; return the revision before (`None`: empty) and after."""
    engine = _connectable(url)
    try:
        return _migrate(engine)
    finally:
        engine.dispose()


def check(url: str) -> None:
    """Raise `CatalogueError` when the database's schema differs from what the models declare."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from catalogue.models import Model

    engine = open_database(url, migrate=False)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": _VERSION_TABLE})
            differences = [str(difference) for difference in compare_metadata(context, Model.metadata)]
    finally:
        engine.dispose()
    if differences:
        shown = "; ".join(differences[:_TOO_MANY_DIFFERENCES])
        raise CatalogueError(f"{_name(engine.url)} differs from the declared schema in {len(differences)}: {shown}")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Give a session in one read transaction: what it sees does not change while it lasts."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with Session(engine.execution_options(**options), autoflush=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Give a session in one write transaction, committed when the block ends and rolled back when it raises.

    On SQLite it takes the write lock at once: a transaction that reads first and writes later can be refused halfway.
    """
    with Session(engine.execution_options(catalogue_writes=True)) as session, session.begin():
        session.connection()  # else the transaction would begin with the first query
        yield session


def _connectable(url: str) -> Engine:
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _check_path(parsed)
    try:
        engine = create_engine(
            parsed, connect_args=_connect_arguments(parsed), insertmanyvalues_page_size=_ROWS_A_STATEMENT
        )
    except ModuleNotFoundError as error:
        raise CatalogueError(
            f"{_name(parsed)} needs the Python package {error.name}, which is not installed",
            "install mcp-risk-catalogue[postgresql]",
        ) from error
    event.listen(engine, "handle_error", _translate)
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url))
        backend = parsed.get_backend_name()
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise CatalogueError(
            f"{_without_password(url)!r} is not the URL of a database that this program knows",
            "give sqlite:///FILE or postgresql://USER@HOST/NAME",
        ) from error
    if backend not in ("sqlite", "postgresql"):
        raise CatalogueError(f"{_name(parsed)} is a {backend} database; sqlite and postgresql are supported")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise CatalogueError(
            f"{_without_password(url)!r} names no file", "give sqlite:///FILE, for instance sqlite:///catalogue.db"
        )
    return parsed


def _connect_arguments(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": _WAIT_FOR_LOCK}
    return {"connect_timeout": 10, "application_name": "mcp-risk-catalogue"}


def _check_path(url: URL) -> None:
    """Say what SQLite would call "unable to open database file"."""
    path = Path(url.database or "")
    if path.is_dir():
        raise CatalogueError(f"{_name(url)} is a folder; a database is a file", f"try sqlite:///{path}/catalogue.db")
    if not path.absolute().parent.is_dir():
        raise CatalogueError(f"{_name(url)} is in a folder that does not exist: {path.absolute().parent}")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Turn on what SQLite leaves off, and leave transactions to `_begin_sqlite` instead of to the driver's guess."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("catalogue_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema up to this version's, whoever else is doing so at the same time."""
    with engine.connect() as connection:
        if _is_newest(connection):
            return _newest(), _newest()
        before, newest = _revisions(connection)
    if before == newest:
        return before, newest
    with engine.connect().execution_options(catalogue_writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        now, _ = _revisions(connection)  # another process may have been quicker
        if now != newest:
            _run_migrations(connection)
    return before, newest


def _is_newest(connection: Connection) -> bool:
    """Say whether the schema is this version's, as it nearly always is: without Alembic, a tenth of a short command."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return False
    found = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalars().all()  # noqa: S608 - ours
    return found == [_newest()]


def _newest() -> str:
    """Return the newest revision: the names of the migrations begin with theirs, and sort in their order."""
    return max(file.name for file in (files("migrations") / "versions").iterdir() if file.name[0].isdigit()).split("_")[
        0
    ]


def _expect_there(url: URL) -> None:
    """Raise `CatalogueError` for a file that is not there: SQLite would make an empty one of what was mistyped."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise CatalogueError(
            f"{_name(url)} does not exist", "give another with --database, or fill it: `catalogue crawl`"
        )


def _expect_newest(engine: Engine) -> None:
    with engine.connect() as connection:
        revision, newest = _revisions(connection)
    if revision != newest:
        raise CatalogueError(
            f"{_name(engine.url)} has revision {revision or 'none'}; this version expects {newest}",
            "run `catalogue db upgrade`",
        )


def _revisions(connection: Connection) -> tuple[str | None, str]:
    """Return the database's revision (`None`: empty) and the newest one known."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with as_file(files("migrations")) as folder:
        known = [script.revision for script in ScriptDirectory(str(folder)).walk_revisions()]
    current = MigrationContext.configure(connection, opts={"version_table": _VERSION_TABLE}).get_current_revision()
    name = _name(connection.engine.url)
    if current is None and inspect(connection).get_table_names():
        raise CatalogueError(f"{name} is not a catalogue's database: it holds other tables", "give an empty one")
    if current is not None and current not in known:
        raise CatalogueError(
            f"{name} has revision {current}, which is newer than this version's {known[0]}",
            "upgrade mcp-risk-catalogue",
        )
    return current, known[0]


def _run_migrations(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    with as_file(files("migrations")) as folder:
        config = Config(attributes={"connection": connection, "version_table": _VERSION_TABLE})
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        command.upgrade(config, "head")


def _translate(context: ExceptionContext) -> None:
    """Raise the driver's complaints about the database as `CatalogueError`; faults of our SQL stay what they are."""
    error = context.original_exception
    url = context.engine.url if context.engine is not None else None
    name = _name(url) if url is not None else "the database"
    code = getattr(error, "sqlite_errorname", "")
    for prefix, what, tip in _SQLITE_WORDS:
        if code.startswith(prefix):
            raise CatalogueError(f"{name} {what}", tip) from error
    if url is not None and url.get_backend_name() == "postgresql" and _is_operational(error):
        said = _redact(" ".join(str(error).split()), url)
        raise CatalogueError(f"{name} did not do its work: {said}") from error


def _is_operational(error: BaseException) -> bool:
    """Say whether a driver's error is about the server rather than about our SQL (PEP 249 fixes the class's name)."""
    names = {parent.__name__ for parent in type(error).__mro__}
    return "OperationalError" in names or getattr(error, "sqlstate", None) in _REFUSALS


def _name(url: URL) -> str:
    """Name a database for a person, never with its password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    return f"the database {url.render_as_string(hide_password=True)}"


def _redact(said: str, url: URL) -> str:
    password = str(url.password or "")
    return said.replace(password, "***") if password else said


def _without_password(url: str) -> str:
    return re.sub(r"(://[^/@]*?:).*@", r"\1***@", url)
