"""Runs one command as a user runs it, in a process of its own, and measures it from outside."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

_LOOK = 0.1
"""Seconds between two looks at the memory."""

COMMAND = Path(sys.executable).with_name("catalogue")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command cost: seconds of wall clock and of processor, mebibytes of its largest process at its peak.

    `together` are the mebibytes of all of its processes at their peak, shared pages counted once; 0 where the system
    does not say (anywhere but on Linux). `output` is what it printed.
    """

    command: str
    wall: float
    cpu: float
    peak: float
    together: float = 0
    output: str = ""


def run(
    *arguments: str,
    allowed: Set[int] = frozenset({0}),
    label: str = "",
    environment: Mapping[str, str] = os.environ,
) -> Cost:
    """Run one command and measure it, its children included."""
    started = time.monotonic()
    with TemporaryFile("w+") as output, TemporaryFile("w+") as said:
        process = subprocess.Popen([COMMAND, *arguments], stdout=output, stderr=said, env=environment)
        status, usage, together = _watched(process.pid)
        output.seek(0)
        said.seek(0)
        printed, errors = output.read(), said.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        raise SystemExit(f"catalogue {' '.join(arguments)} ended with {process.returncode}: {errors[-2000:]}")
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(label or arguments[0], time.monotonic() - started, cpu, peak, together, printed)


def _watched(pid: int) -> tuple[int, resource.struct_rusage, float]:
    """Wait for a process; return how it ended, what it used, and the peak of all its processes' memory."""
    peak = 0
    while True:
        peak = max(peak, sum(map(_proportional, _family(pid))))
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage, peak / 2**10
        time.sleep(_LOOK)


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all that it started, and they."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _proportional(pid: int) -> int:
    """Return the kibibytes of a process, of shared pages its share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def show(name: str, value: str) -> None:
    """Print one figure."""
    print(f"{name:<72}{value:>14}", flush=True)


def machine() -> str:
    """Say what the figures were taken on, and how busy it was with other things."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}"
