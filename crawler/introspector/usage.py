"""What a box uses, seen from outside: the memory of all its processes, and the files on its own file systems.

Knows neither bubblewrap nor packages. It is asked often and gives what can be seen at that moment; what is hidden from
us counts as nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(processes: Iterable[int]) -> int:
    """Return the resident bytes of these processes together."""
    total = 0
    for pid in processes:
        with suppress(OSError, ValueError, IndexError):
            total += int(Path("/proc", str(pid), "statm").read_text().split()[1]) * _PAGE
    return total


def files_in_memory(processes: Iterable[int], places: Iterable[str]) -> int:
    """Return the number of files on the file systems that these processes, and not we, see at `places`.

    A file without a byte takes about a kilobyte of the kernel's own memory, which no size of a file system limits.
    """
    seen: dict[int, int] = {}
    for pid in processes:
        for place in places:
            with suppress(OSError):
                inside = f"/proc/{pid}/root{place}"
                device = os.stat(inside).st_dev  # noqa: PTH116 - a path of /proc, followed as the kernel says
                if device not in seen and device != _device(place):
                    found = os.statvfs(inside)
                    seen[device] = found.f_files - found.f_ffree
    return sum(seen.values())


def _device(place: str) -> int | None:
    with suppress(OSError):
        return os.stat(place).st_dev  # noqa: PTH116 - as above
    return None
