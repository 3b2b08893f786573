"""Progress of long work on stderr: a live bar in a terminal, a line now and then in a log. Knows no command."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from catalogue.cli.terminal import console, say, visible
from catalogue.values import Report

_BETWEEN_LINES = 10.0  # seconds; a log wants to know that work goes on, not every step


@contextmanager
def progress() -> Iterator[Report]:
    """Give a `Report` for a service to call; what it says is shown until the block ends."""
    if sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        log = _Log()
        yield log.report
        log.close()


@contextmanager
def _bars() -> Iterator[Report]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as bars:
        task = bars.add_task("", total=None)

        def report(what: str, done: int, total: int | None) -> None:
            bars.update(task, description=visible(what), completed=done, total=total)

        yield report


class _Log:
    """Says a line when the work changes, now and then while it lasts, and when it ends."""

    def __init__(self) -> None:
        self._what = ""
        self._line = ""
        self._said = ""
        self._due = 0.0

    def report(self, what: str, done: int, total: int | None) -> None:
        if what != self._what:
            self.close()
            self._due = 0.0
        self._what = what
        self._line = f"{what}: {done:,}" + (f" of {total:,}" if total is not None else "")
        if time.monotonic() >= self._due:
            self.close()

    def close(self) -> None:
        if self._line != self._said:
            say(self._line)
        self._said = self._line
        self._due = time.monotonic() + _BETWEEN_LINES
