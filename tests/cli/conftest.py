from __future__ import annotations

import logging
from pathlib import Path

import pytest

from catalogue import cli
from tests.cli.program import TOOLS, Ended, run_program, write_lines


@pytest.fixture(autouse=True)
def _own_logging():
    """The command line takes over the process's logging; a test gives it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def catalogue(capsys, tmp_path, monkeypatch):
    """Run the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATALOGUE_DATABASE", raising=False)

    def run(*arguments: object) -> Ended:
        capsys.readouterr()
        code = cli.run([str(argument) for argument in arguments])
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def filled(tmp_path_factory) -> str:
    """The URL of a database with a few tools, judged; nobody writes to it."""
    folder = tmp_path_factory.mktemp("filled")
    url = f"sqlite:///{folder}/catalogue.db"
    file = write_lines(folder / "tools.jsonl", TOOLS)
    assert run_program("import", file, "--database", url).code == 0
    assert run_program("classify", "--database", url).code == 0
    return url


@pytest.fixture(scope="session")
def site(filled, tmp_path_factory) -> Path:
    """A site published from that database."""
    out = tmp_path_factory.mktemp("published") / "site"
    ended = run_program("publish", "--out", out, "--database", filled)
    assert ended.code == 0, ended.err
    return out
