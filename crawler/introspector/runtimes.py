"""The programs of this machine that a box needs: an interpreter it can see, node with npm, and uv.

Knows no package. A program that works here need not work there: the box runs as a user who cannot enter a private home
folder, so each is tried in a box once.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from crawler.introspector.budget import Stopped
from crawler.introspector.sandbox import Box, new_user, try_in_box
from crawler.records import Reason

_SYSTEM = Path("/usr")
_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "/usr/bin/python3")
_ASK_PYTHON = "import sys; print(sys._base_executable); print(sys.base_prefix)"
_TRY_PYTHON = "import ssl, sys; print(sys.version_info >= (3, 10))"  # 3.10 is the oldest that the official SDK runs on
_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Runtime:
    """A program as the box sees it: the words that start it, what must be mounted for it, and where its folder is."""

    command: tuple[str, ...]
    readable: Mapping[str, str] = field(default_factory=dict)
    folder: str = "/usr/bin"


@cache
def python() -> Runtime | None:
    """Return an interpreter for PyPI packages, our own if it can be seen from the box."""
    for candidate in dict.fromkeys((sys.executable, *filter(None, map(shutil.which, _PYTHONS)))):
        answer = _ask(candidate, "-I", "-c", _ASK_PYTHON)
        if len(answer) == 2:
            runtime = _runtime((answer[0],), Path(answer[1]))
            if _works(runtime, "-c", _TRY_PYTHON) == "True":
                return runtime
    return None


@cache
def node() -> Runtime | None:
    """Return node itself, for running packages."""
    found = shutil.which("node")
    answer = _ask(found, "-p", "process.execPath") if found else []
    if len(answer) != 1:
        return None
    runtime = _runtime((answer[0],), Path(answer[0]).parent.parent)
    return runtime if _works(runtime, "-p", "'works'") == "works" else None


@cache
def npm() -> Runtime | None:
    """Return npm, started through node, for installing packages."""
    runtime = node()
    if runtime is None:
        return None
    beside = Path(runtime.command[0]).parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    found = Path(shutil.which("npm") or "/").resolve()
    script = beside if beside.is_file() else found
    if script.name != "npm-cli.js":
        return None
    package = _runtime((), script.parent.parent)
    npm = Runtime((*runtime.command, str(script)), {**runtime.readable, **package.readable}, runtime.folder)
    return npm if _works(npm, "--version") else None


@cache
def uv() -> Path | None:
    """Return uv's own file; it is copied into the box."""
    try:
        from uv import find_uv_bin

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
        return Path(found) if found else None


def need(runtime: Runtime | None, what: str) -> Runtime:
    """Raise `Stopped` for a runtime that this machine lacks."""
    if runtime is None:
        raise Stopped(Reason.NO_RUNTIME, f"{what} is not installed, or not where the sandbox's user can read it")
    return runtime


def _runtime(command: tuple[str, ...], prefix: Path) -> Runtime:
    """Mount the program's own folder tree, unless it is the system's, which every box has, or would show a home."""
    shown = prefix.is_relative_to(_SYSTEM) or Path.home().is_relative_to(prefix)
    folder = str(Path(command[0]).parent) if command else ""
    return Runtime(command, {} if shown else {str(prefix): str(prefix)}, folder)


def _ask(program: str, *arguments: str) -> list[str]:
    """Run a program of the user's, outside the box, and return the lines it writes."""
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.splitlines()


def _works(runtime: Runtime, *arguments: str) -> str:
    """Run the program in a box; return what it writes, or "" when it does not run."""
    box = Box(new_user(), readable=runtime.readable, path=f"{runtime.folder}:/usr/bin:/bin")
    return try_in_box(box, (*runtime.command, *arguments)).strip()
