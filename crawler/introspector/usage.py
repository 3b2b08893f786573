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
_BLOCK = 512  # bytes of what stat(2) counts in, whatever the file system's own
_NAMELESS = (
    "/memfd:"  # how the kernel shows what memfd_create(2) made; all of one mount, so their inodes tell them apart
)


def resident(processes: Iterable[int]) -> int:
    """Return the resident bytes of these processes together."""
    total = 0
    for pid in processes:
        with suppress(OSError, ValueError, IndexError):
            total += int(Path("/proc", str(pid), "statm").read_text().split()[1]) * _PAGE
    return total


def open_memory(processes: Iterable[int]) -> int:
    """Return the bytes of the files without a name that these processes hold open in memory, each counted once.

    They are a guest's memory where that has a kernel of its own, which need not have them mapped: nobody's then.
    """
    seen: dict[int, int] = {}
    for pid in processes:
        with suppress(OSError):
            for descriptor in Path("/proc", str(pid), "fd").iterdir():
                with suppress(OSError):
                    if str(descriptor.readlink()).startswith(_NAMELESS):
                        found = descriptor.stat()
                        seen[found.st_ino] = found.st_blocks * _BLOCK
    return sum(seen.values())


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
