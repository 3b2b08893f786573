"""One limit for all processes of a box together, by a control group of the kernel's, where one can be made.

Knows neither bubblewrap nor packages. Version 2 only: https://docs.kernel.org/admin-guide/cgroup-v2.html. We may make
groups as root at the top of the tree, and where a group was delegated to us, as by `systemd-run --user --scope
--property=Delegate=yes catalogue crawl`. Elsewhere a box has the limits of each process, and is watched.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

_NEEDED = frozenset({"memory", "pids"})
_PREFIX = "mcp-box-"
_OURS = "mcp-crawl"
_MOUNTED = re.compile(r"^\S+ \S+ \S+ (?P<root>\S+) (?P<place>\S+) .* - cgroup2 ", re.MULTILINE)
_ENTER = 'echo 0 > "$0" && exec "$@"'
_BESIDE = 8
"""Processes of a box that are bubblewrap's and not the package's, with some to spare."""

_ROUNDS, _ROUND_SECONDS = 200, 0.01
_numbers = count()


@dataclass(frozen=True, slots=True)
class Group:
    """The group of one box. Whatever a process starts is in its group, and cannot leave it."""

    place: Path

    def entered(self, command: list[str]) -> list[str]:
        """Return a command that enters the group and becomes this one."""
        return ["/bin/sh", "-c", _ENTER, str(self.place / "cgroup.procs"), *command]

    def ran_out_of_memory(self) -> bool:
        """Tell whether the kernel has ended processes of the group for what they took together."""
        with suppress(OSError):
            return not re.search(r"^oom_kill 0$", (self.place / "memory.events").read_text(), re.MULTILINE)
        return False


@asynccontextmanager
async def made(memory: int, processes: int) -> AsyncIterator[Group | None]:
    """Make a group with room for `memory` bytes and so many processes; it is gone on the way out. `None` for none."""
    above = top()
    if above is None:
        yield None
        return
    place = above / f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
    place.mkdir()
    try:
        limits = {"memory.max": memory, "memory.oom.group": 1, "pids.max": processes + _BESIDE}
        for name, value in limits.items():
            (place / name).write_text(str(value))
        with suppress(OSError):  # a kernel without swap has no limit for it
            (place / "memory.swap.max").write_text("0")
        yield Group(place)
    finally:
        await asyncio.shield(_gone(place))


@cache
def top() -> Path | None:
    """Return the group below which we can make groups, `None` where we cannot; tried once in a process."""
    with suppress(OSError, LookupError):
        own = _own_group()
        _open(own)
        _sweep(own)
        return own
    return None


def _open(own: Path) -> None:
    """Let the groups below ours have limits. Raises `OSError` where that is not ours to say."""
    limits = " ".join(f"+{name}" for name in sorted(_NEEDED))
    if not (own / "cgroup.type").exists():  # the top of the tree
        (own / "cgroup.subtree_control").write_text(limits)
        return
    inner = own / _OURS  # elsewhere a group has processes or groups with limits, not both
    inner.mkdir(exist_ok=True)
    try:
        (inner / "cgroup.procs").write_text(str(os.getpid()))
        (own / "cgroup.subtree_control").write_text(limits)
    except OSError:  # others are in our group too
        (own / "cgroup.procs").write_text(str(os.getpid()))
        inner.rmdir()
        raise


def _own_group() -> Path:
    """Return our group's folder. Raises `LookupError` where the groups cannot have the limits that we need."""
    path = re.findall(r"^0::(/.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)[0]
    mounted = _MOUNTED.search(Path("/proc/self/mountinfo").read_text())
    if mounted is None:
        raise LookupError("no tree of version 2 is mounted")
    own = Path(mounted["place"], os.path.relpath(path, mounted["root"]))
    if not _NEEDED.issubset((own / "cgroup.controllers").read_text().split()):
        raise LookupError("memory and processes are limited by version 1")
    return own.parent if own.name == _OURS else own


def _sweep(above: Path) -> None:
    """Remove the groups of crawls that were killed."""
    for place in above.glob(f"{_PREFIX}*"):
        maker = place.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", maker).exists():
            _end(place)


async def _gone(place: Path) -> None:
    """End a group, whose last processes may take a moment to be gone; what is left then is the next crawl's."""
    for _ in range(_ROUNDS):
        if _end(place):
            return
        await asyncio.sleep(_ROUND_SECONDS)


def _end(place: Path) -> bool:
    """End whatever is in a group, and remove it; tell whether it is gone."""
    with suppress(OSError):
        (place / "cgroup.kill").write_text("1")  # since Linux 5.14; the box itself has ended its processes before
    try:
        place.rmdir()
    except OSError:
        return not place.exists()
    return True
