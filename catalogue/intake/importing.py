"""Takes over saved listings: tools that a file says a server has, kept as declared. Knows no transport."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from catalogue.database import writing
from catalogue.repository import Declaration, ListingStore, ToolStore
from catalogue.repository.statements import batches
from catalogue.tool_files import read_entries, to_saved_tool
from catalogue.values import Report
from catalogue.wire import Definition, to_definition
from classifier.tool import NotAToolError

_BATCH = 1000
"""Tools a transaction."""
_LONGEST_SERVER_NAME = 1024


@dataclass(frozen=True, slots=True)
class BadLine:
    """An entry of a file that is no tool of a server, and why. `line` counts from 1."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What a file brought. `outranked` counts its tools that the servers themselves list, or do not."""

    tools: int
    servers: int
    outranked: int
    bad_lines: tuple[BadLine, ...]


@dataclass(frozen=True, slots=True)
class _Saved:
    server: str
    definition: Definition
    declared_by: str


def import_file(engine: Engine, path: Path, report: Report) -> ImportSummary:
    """Take over the tools of a file. Raises `CatalogueError` when it cannot be read or is not JSON."""
    now = datetime.now(UTC)
    bad: list[BadLine] = []
    servers: set[str] = set()
    tools = outranked = 0
    for batch in batches(_read(path, bad), _BATCH):
        names = {saved.server for saved in batch}
        with writing(engine) as session:
            ids = ListingStore(session).declare(names, path.name, now)
            declarations = [Declaration(ids[saved.server], saved.definition, saved.declared_by) for saved in batch]
            outranked += ToolStore(session).declare(declarations, now)
        servers |= names
        tools += len(batch)
        report("importing", tools, None)
    return ImportSummary(tools, len(servers), outranked, tuple(bad))


def _read(path: Path, bad: list[BadLine]) -> Iterator[_Saved]:
    """Yield the tools of a file, and note in `bad` what is none."""
    for entry in read_entries(path):
        saved = to_saved_tool(entry.value)
        try:
            if entry.error is not None:
                raise NotAToolError(entry.error)
            if not 0 < len(saved.server) <= _LONGEST_SERVER_NAME:
                raise NotAToolError(f'it has no "server" key with a name of 1 to {_LONGEST_SERVER_NAME} characters')
            definition = to_definition(saved.wire)
        except NotAToolError as error:
            bad.append(BadLine(entry.line, str(error)))
            continue
        declared_by = f"{path.name}: {saved.provenance}" if saved.provenance else path.name
        yield _Saved(saved.server, definition, declared_by)
