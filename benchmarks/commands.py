"""Runs one command as a user runs it, in a process of its own, and measures it from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).with_name("catalogue")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command cost: seconds of wall clock and of processor, mebibytes at its peak."""

    command: str
    wall: float
    cpu: float
    peak: float


def run(
    *arguments: str,
    allowed: Set[int] = frozenset({0}),
    label: str = "",
    environment: Mapping[str, str] = os.environ,
) -> Cost:
    """Run one command and measure it, its children included."""
    started = time.monotonic()
    process = subprocess.Popen(
        [COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stderr
    with process.stderr as said:
        errors = said.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        raise SystemExit(f"catalogue {' '.join(arguments)} ended with {process.returncode}: {errors[-2000:]}")
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Cost(label or arguments[0], time.monotonic() - started, usage.ru_utime + usage.ru_stime, peak)


def show(name: str, value: str) -> None:
    """Print one figure."""
    print(f"{name:<72}{value:>14}", flush=True)


def machine() -> str:
    """Say what the figures were taken on, and how busy it was with other things."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}"
