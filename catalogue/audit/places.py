"""Where configurations of MCP clients may stand: on this machine, in a folder, or in a file that was named.

Reads no configuration. How a path may be shown is decided here, and nowhere else: from the current folder or
the one that was asked for, from "~", or as the table of clients has it, which is data: `clients.toml`.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from catalogue.errors import CatalogueError

MOST_FOLDERS = 20_000
"""Folders of a repository that are looked into; large ones have some thousands."""

_KEYS = ("repository", "everywhere", "linux", "macos", "windows")
"""The table's keys that hold places."""
_UNSET = {"XDG_CONFIG_HOME": "~/.config", "CODEX_HOME": "~/.codex"}
_VARIABLE = re.compile(r"^(?:\$(\w+)|%(\w+)%)")
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})  # packages of others


@dataclass(frozen=True, slots=True)
class Place:
    """A file that may be a client's configuration.

    `client` is the client's id, "" when nobody knows whose it is. `scope` is the folder for which it holds, as it may
    be shown, "" for all of this machine. `root` is the folder which a link may not lead out of, `None` when it may.
    `asked` says that it was asked for by its name.
    """

    client: str
    path: Path
    shown: str
    scope: str = ""
    root: Path | None = None
    asked: bool = False


@cache
def clients() -> Mapping[str, Mapping[str, Any]]:
    """The table of clients, by id."""
    return tomllib.loads((files("catalogue.audit") / "clients.toml").read_text("utf-8"))


def title(client: str) -> str:
    """The client's name."""
    return str(clients()[client]["title"]) if client in clients() else "a client"


def system() -> str:
    """The key of this operating system in the table."""
    return {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")


def on_machine(home: Path, environment: Mapping[str, str], on: str) -> Iterator[Place]:
    """The files of this user and this machine that are there, in the order of the table."""
    for client, row in clients().items():
        for pattern in (*row.get("everywhere", ()), *row.get(on, ())):
            for path in _matching(pattern, home, environment):
                yield Place(client, path, below(path, home) or pattern)


def in_folder(root: Path, *, deep: bool = True) -> Iterator[Place]:
    """The files of a repository and (`deep`) of the folders in it.

    Raises `CatalogueError` for a folder that may not be read, and for more folders than a repository has.
    """
    for number, (folder, folders, names) in enumerate(os.walk(root, onerror=_refuse)):
        if number == MOST_FOLDERS:
            raise CatalogueError(f"{root} has more than {MOST_FOLDERS:,} folders", "name those that are to be audited")
        yield from _of_folder(Path(folder), {*folders, *names}, root)
        folders[:] = sorted(filter(_is_own, folders)) if deep else []


def _of_folder(folder: Path, present: Set[str], root: Path) -> Iterator[Place]:
    """The files of one folder and of those in it that clients have for themselves; `present` is what stands in it."""
    for client, row in clients().items():
        for pattern in row.get("repository", ()):
            first = PurePosixPath(pattern).parts[0]
            if first in present or ("*" in first and any(fnmatchcase(name, first) for name in present)):
                yield from (_inside(client, path, root) for path in sorted(folder.glob(pattern)))


def _is_own(folder: str) -> bool:
    return not folder.startswith(".") and folder not in _PASSED_OVER


def _refuse(error: OSError) -> NoReturn:
    name = Path(str(error.filename)).name
    raise CatalogueError(f"the folder {name} cannot be read: {error.strerror or error}") from error


def named(file: Path) -> Place:
    """The place of a file that was asked for by name: its path tells whose it is."""
    tail = "/".join(file.absolute().parts)
    owners = (
        client
        for client, row in clients().items()
        for key in _KEYS
        for pattern in row.get(key, ())
        if fnmatchcase(tail, f"*/{_without_start(pattern)}")
    )
    shown = file.as_posix() if _is_plain(file) else file.name
    return Place(next(owners, ""), file, shown, shown, asked=True)


def suffixes(client: str) -> tuple[str, ...]:
    """The suffixes of the client's files, which tell their language, as the table has them: ".toml" and its like."""
    row = clients()[client]
    patterns = (pattern for key in _KEYS for pattern in row.get(key, ()))
    return tuple(dict.fromkeys(PurePosixPath(pattern).suffix for pattern in patterns))


def below(path: Path, home: Path | None) -> str:
    """The path from "~" on; "" when it is not below the user's home."""
    return f"~/{path.relative_to(home).as_posix()}" if home and path.is_relative_to(home) else ""


def _inside(client: str, path: Path, root: Path) -> Place:
    if _is_plain(root):  # from the current folder on, as its user and a code host name it
        return Place(client, path, path.as_posix(), root.as_posix(), root)
    return Place(client, path, path.relative_to(root).as_posix(), root.name, root)


def _is_plain(path: Path) -> bool:
    """Whether a path leads from the current folder down, so that it says nothing of what is above."""
    return not path.is_absolute() and ".." not in path.parts


def _matching(pattern: str, home: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    path = Path(_expanded(pattern, home, environment))
    if not path.is_absolute():
        return
    if "*" not in pattern:
        if os.path.lexists(path):
            yield path
        return
    parts = PurePosixPath(pattern).parts
    stars = len(parts) - next(place for place, part in enumerate(parts) if "*" in part)
    yield from sorted(path.parents[stars - 1].glob("/".join(parts[-stars:])))


def _expanded(pattern: str, home: Path, environment: Mapping[str, str]) -> str:
    """The pattern with its start filled in; a variable that nobody set leaves it without one."""
    if found := _VARIABLE.match(pattern):
        name = found[1] or found[2]
        pattern = (environment.get(name) or _UNSET.get(name, "")) + pattern[found.end() :]
    return str(home) + pattern[1:] if pattern.startswith("~/") else pattern


def _without_start(pattern: str) -> str:
    return _VARIABLE.sub("", pattern).lstrip("~/")
