"""The lists of servers and tools as an SQLite file, for Datasette and whoever asks in SQL. Knows no page.

Definitions and evidence are not in it: with them it would be ten times as large. Every row has its page, beside which
they stand; pages are keys, as names that are made safe to show need not differ. The same index gives the same bytes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from catalogue.site import urls
from catalogue.site.entries import Entries
from catalogue.site.fingerprint import fingerprint
from catalogue.site.grade import grade_of
from catalogue.site.index import Index
from catalogue.site.manifest import Part
from catalogue.site.marks import inert
from catalogue.site.output import Output
from catalogue.values import ServerRow
from classifier.verdict import Severity

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
BEGIN;
CREATE TABLE servers (
  page TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT, description TEXT, version TEXT, repository_url TEXT,
  website_url TEXT, withdrawn INTEGER NOT NULL, grade TEXT, severity TEXT, tools INTEGER NOT NULL, policy TEXT,
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
);
CREATE TABLE tools (
  page TEXT PRIMARY KEY, server TEXT NOT NULL REFERENCES servers (page), name TEXT NOT NULL, category TEXT NOT NULL,
  severity TEXT NOT NULL, confidence TEXT NOT NULL, signals TEXT NOT NULL, declared INTEGER NOT NULL,
  summary TEXT NOT NULL, policy TEXT NOT NULL
);
"""
_END = (
    "CREATE INDEX tools_by_server ON tools (server)",
    "CREATE INDEX tools_by_category ON tools (category, severity)",
    "COMMIT",
)
_SERVER = "INSERT INTO servers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TOOL = "INSERT INTO tools VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def tables_part(index: Index, seeds: Iterable[bytes], output: Output) -> Part:
    """Return the file as a part, as the last build made it if nothing changed; `seeds` are digests of the servers."""
    path = urls.DATABASE
    key = fingerprint(*seeds).hex()
    made = output.kept(path, key)
    if made:
        return made
    _write(output.staging.folder / path, index)
    return Part(path, key, [output.staging.adopt(path, output.digests(path).get(path))], {})


def _write(file: Path, index: Index) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.executescript(_SCHEMA)
        for row in index.servers:
            entries = index.by_server[row.name]
            page = urls.server(row.name)
            database.execute(_SERVER, (page, *_server(row, entries, index)))
            database.executemany(_TOOL, _tools(page, entries))
        for statement in _END:
            database.execute(statement)


def _server(row: ServerRow, entries: Entries, index: Index) -> tuple[Any, ...]:
    grade = grade_of(entries, index.flow(row.name).state)
    texts = (row.name, row.title, row.description, row.version, row.repository_url, row.website_url)
    return (
        *(None if text is None else inert(text) for text in texts),
        row.withdrawn,
        grade.value if grade else None,
        max((severity.value for severity in entries.by_severity()), key=_LEVELS.__getitem__, default=None),
        len(entries),
        urls.server_policy(row.name) if entries else None,
        row.first_seen.isoformat(),
        row.last_seen.isoformat(),
    )


_LEVELS = {severity.value: level for level, severity in enumerate(Severity)}


def _tools(server: str, entries: Entries) -> Iterator[tuple[Any, ...]]:
    for line in entries.lines():  # as they are stored: half a million entries take seconds to make
        page, name, _, _, category, severity, confidence, signals, summary, declared = json.loads(line)
        policy = urls.policy_beside(page)
        yield page, server, name, category, severity, confidence, json.dumps(signals), declared, summary, policy
