"""Where the queue is: a schema of its own in the catalogue's PostgreSQL, with the tables that Procrastinate brings.

Those are not Alembic's: what they look like is up to the version of Procrastinate that is installed, which ships the
steps from one to the next. They are brought up to date here, whenever the queue is used; the last step is kept as the
schema's comment. As they stand beside the catalogue's tables and not among them, `catalogue db check` sees only ours,
and who never uses the queue has none. Knows no job.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.schema import CreateSchema

from catalogue.errors import CatalogueError
from catalogue.queue import ASKING

if TYPE_CHECKING:
    from procrastinate import App

_SCHEMA = "catalogue_queue"
_PREPARATION_LOCK = 0x6D637071  # PostgreSQL advisory lock, beside that of the migrations ("mcpq")
UNFINISHED = ("todo", "doing")
"""Procrastinate's names of what a job is before it ended."""

_CONNECTIONS = 8  # of one process, besides those that listen; each is used for milliseconds


def expect_usable(engine: Engine) -> None:
    """Raise `CatalogueError` where there can be no queue."""
    if engine.dialect.name != "postgresql":
        raise CatalogueError(
            "the queue needs PostgreSQL, and this database is SQLite",
            "with SQLite one process does it all: run `catalogue crawl` without --enqueue",
        )
    if find_spec("procrastinate") is None:
        raise CatalogueError(
            "the queue needs the Python package procrastinate, which is not installed",
            "install mcp-risk-catalogue[postgresql]",
        )


def expect_idle(engine: Engine) -> None:
    """Raise `CatalogueError` where workers may be asking whom a crawl in one process would ask, too."""
    counts = count_jobs(engine)
    if any(counts.get(queue.value, {}).get(state) for queue in ASKING for state in UNFINISHED):
        raise CatalogueError(
            "the queue holds jobs, and workers may be asking the same servers",
            "crawl with --enqueue, or empty the queue first: `catalogue worker --until-empty`",
        )


def prepare(engine: Engine) -> None:
    """Bring the queue's tables to the form that the installed Procrastinate expects, whoever else is doing so."""
    while _take_step(engine):
        continue


def _take_step(engine: Engine) -> bool:
    """Take the next step, in a transaction of its own as some need; return whether there was one."""
    from procrastinate.schema import SchemaManager

    steps = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PREPARATION_LOCK})
        query = text("SELECT obj_description(to_regnamespace(:schema)::oid, 'pg_namespace')")
        current: str | None = connection.scalar(query, {"schema": _SCHEMA})
        if current is None:
            connection.execute(CreateSchema(_SCHEMA))
            _run(connection, SchemaManager.get_schema(), steps[-1].name)
            return False
        if current > steps[-1].name:
            raise CatalogueError(
                f"the queue's tables are at {current}, newer than the installed Procrastinate's {steps[-1].name}",
                "install the same version of mcp-risk-catalogue[postgresql] on every machine",
            )
        for step in steps:
            if step.name > current:
                _run(connection, step.read_text(encoding="utf-8"), step.name)
                return True
    return False


def _run(connection: Connection, script: str, reached: str) -> None:
    connection.exec_driver_sql(f"SET LOCAL search_path TO {_SCHEMA}")
    cursor = connection.connection.cursor()
    cursor.execute(script)  # of many statements, which the driver takes only without parameters
    cursor.close()
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {_SCHEMA} IS '{reached}'")


def connect(engine: Engine) -> App:
    """Return Procrastinate on the engine's database, not yet open."""
    from procrastinate import App, PsycopgConnector
    from psycopg.conninfo import make_conninfo

    _, arguments = engine.dialect.create_connect_args(engine.url)
    arguments.pop("context", None)  # SQLAlchemy's own adapters
    options = f"{arguments.pop('options', '')} -c search_path={_SCHEMA}".strip()
    place = make_conninfo(**arguments, options=options, application_name="mcp-risk-catalogue", connect_timeout=10)
    return App(connector=PsycopgConnector(conninfo=place, min_size=1, max_size=_CONNECTIONS))


def refresh_statistics(engine: Engine) -> None:
    """Have PostgreSQL count the jobs now, not in a minute."""
    with engine.begin() as connection:  # measured with 40,000 jobs: to hand one out takes 157 ms before, 2 ms after
        connection.exec_driver_sql(f"ANALYZE {_SCHEMA}.procrastinate_jobs")


def count_jobs(engine: Engine) -> Mapping[str, Mapping[str, int]]:
    """Return how many jobs each queue holds, by their state; empty where the queue was never used."""
    if engine.dialect.name != "postgresql" or not inspect(engine).has_schema(_SCHEMA):
        return {}
    query = f"SELECT queue_name, status::text, count(*) FROM {_SCHEMA}.procrastinate_jobs GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608 - of our own constant
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    with engine.connect() as connection:
        for queue, state, count in connection.execute(text(query)):
            counts[queue][state] = count
    return dict(counts)
