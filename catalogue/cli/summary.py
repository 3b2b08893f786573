"""Prints what a service says it did: its summary's numbers as a table, or the whole of it as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogue.cli.options import Format
from catalogue.cli.terminal import json_text, say, show_table, write

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_MOST_LINES = 20  # of one kind on stderr; the rest is counted


def show_summary(heading: str, summary: DataclassInstance, as_format: Format) -> None:
    """Print a summary on stdout. The table has its counts, of kinds under their field's name; JSON has all of it."""
    if as_format is Format.JSON:
        write([json_text(to_json(summary))])
    else:
        show_table((heading, "count"), list(_counts(summary)))


def say_each(lines: Iterable[str], total: int, rest: str) -> None:
    """Print lines on stderr, and how many more there are than a reader wants; `rest` says where to find them."""
    for line in islice(lines, _MOST_LINES):
        say(line)
    if total > _MOST_LINES:
        say(f"and {total - _MOST_LINES:,} more: {rest}")


def to_json(value: Any) -> Any:
    """The same as JSON's own types: dataclasses are objects, times are ISO 8601, durations are seconds."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value) if isinstance(value, Path) else value


def _counts(summary: DataclassInstance) -> Iterator[tuple[str, int]]:
    for field in fields(summary):
        value = getattr(summary, field.name)
        name = field.name.replace("_", " ")
        if isinstance(value, int):
            yield name, value
        elif isinstance(value, Mapping) and all(isinstance(count, int) for count in value.values()):
            yield from ((f"{name}: {kind}", count) for kind, count in value.items())
        elif is_dataclass(value) and not isinstance(value, type):
            yield from ((f"{name}: {kind}", count) for kind, count in _counts(value))
