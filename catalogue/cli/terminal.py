"""What the commands print, and how: data on stdout, messages on stderr, nothing from outside raw.

Every character that could trick a terminal or a reader's eye is made visible here, and nowhere else. Knows no command.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from catalogue.errors import CatalogueError
from catalogue.invisible import HIDDEN, escape

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_UNSAFE = re.compile(f"[\t\n]|{HIDDEN}")
_NARROWEST = 60  # columns; in a narrower terminal a table is folded into nonsense
_NO_TERMINAL = 10_000  # columns; what goes into a pipe is neither folded nor cut
_READER_GONE = 141  # 128 + SIGPIPE: what a shell reports of a program whose reader has left


def visible(text: str) -> str:
    r"""Make one harmless line of any text: an escape becomes `\x1b`, a right-to-left override `\u202e`."""
    return _UNSAFE.sub(escape, text)


def visible_lines(text: str) -> str:
    """Do the same with a text of several lines, and keep its line breaks."""
    return "\n".join(map(visible, text.split("\n")))


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """JSON in which every unsafe character is escaped the way JSON escapes: other readers see no difference."""
    lines = json.dumps(value, ensure_ascii=False, indent=indent).split("\n")
    return "\n".join(_UNSAFE.sub(_escape_json, line) for line in lines)


def _escape_json(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def say(message: str) -> None:
    """Print one line on stderr. Work goes on when nobody reads it any more."""
    try:
        print(visible(message), file=sys.stderr, flush=True)  # noqa: T201 - the one place that prints
    except BrokenPipeError:
        _drop(sys.stderr)


def write(lines: Iterable[str], output: Path | None = None) -> None:
    """Write lines that are safe already to stdout, or to a file that appears only when it is whole.

    Raises CatalogueError when they cannot be written; a file that stood there before then still does.
    """
    if output is None:
        with _naming("standard output"):
            _fill(sys.stdout, lines)
    elif output.exists() and not output.is_file():  # a pipe, a device; a folder is refused by open()
        with _naming(str(output)), output.open("w", encoding="utf-8") as stream:
            _fill(stream, lines)
    else:
        with _naming(str(output)):
            _replace(output, lines)


def flush() -> None:
    """Write out what stdout still holds. Raises CatalogueError when that fails."""
    with _naming("standard output"):
        sys.stdout.flush()


def _fill(stream: TextIO, lines: Iterable[str]) -> None:
    stream.writelines(f"{line}\n" for line in lines)
    stream.flush()


def _replace(output: Path, lines: Iterable[str]) -> None:
    handle, name = tempfile.mkstemp(dir=output.parent, prefix=".catalogue-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            _fill(stream, lines)
        Path(name).chmod(0o644)
        Path(name).replace(output)
    except BaseException:  # whatever ends the writing leaves no half of a file; it is raised again
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Name what cannot be written. A reader that left (`| head`) is no failure worth a word."""
    try:
        yield
    except BrokenPipeError:
        _drop(sys.stdout)
        raise SystemExit(_READER_GONE) from None
    except OSError as error:
        if name == "standard output":
            _drop(sys.stdout)
        raise CatalogueError(f"cannot write to {name}: {error.strerror or error}") from error


def _drop(stream: TextIO) -> None:
    """Send what is still buffered nowhere: or the interpreter's own last flush would fail again, with a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_table(headings: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Print a table on stdout. Numbers stand to the right; every cell is made visible."""
    write(table_lines(headings, rows, title))


def table_lines(headings: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> list[str]:
    """The lines of such a table, as wide as stdout is."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    cells = [tuple(row) for row in rows]
    table = Table(title=visible(title) or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column, heading in enumerate(headings):
        numeric = bool(cells) and all(isinstance(row[column], int) for row in cells)
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else visible(str(cell)) for cell in row))
    return _lines(table)


def show(renderable: RenderableType) -> None:
    """Print something of rich on stdout; whoever made it has made its texts visible."""
    write(_lines(renderable))


def _lines(renderable: RenderableType) -> list[str]:
    out = console(sys.stdout)
    with out.capture() as capture:
        out.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


def console(stream: TextIO) -> Console:
    """A rich console that takes every text literally: no markup, no emoji codes, no guessing at highlights."""
    from rich.console import Console

    made = Console(file=stream, markup=False, highlight=False, emoji=False)
    made.width = max(made.width, _NARROWEST) if made.is_terminal else _NO_TERMINAL
    return made
