from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What takes a tenth of a second or more to import, and is no part of what these commands do.
HEAVY = {"alembic", "httpx", "jinja2", "mcp", "rich", "scrapy", "sqlalchemy", "twisted"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["crawl", "--help"],
        ["mcp", "--help"],
        ["classify", "--tools", "examples/tool.json"],
        ["--version"],
    ],
)
def test_a_light_command_imports_nothing_heavy(arguments):
    code = (
        "import sys; from catalogue import cli; cli.run(sys.argv[1:]); "
        "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    command = [sys.executable, "-c", code, *arguments]
    imported = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stderr.split()
    assert not HEAVY & set(imported)
