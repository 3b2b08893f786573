"""The lists of servers and tools as an SQLite file, for Datasette and whoever asks in SQL. Knows no page.

Definitions and evidence are not in it: with them it would be ten times as large. Every row has its page, beside which
they stand; pages are keys, as names that are made safe to show need not differ. The same index gives the same bytes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from catalogue.site import urls
from catalogue.site.files.fingerprint import fingerprint
from catalogue.site.files.manifest import Made, Part
from catalogue.site.files.output import Output
from catalogue.site.files.staging import digest_of
from catalogue.site.gathered.index import Index
from catalogue.site.grade import grade_of
from catalogue.site.marks import inert
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
_COPY = "INSERT INTO {0} SELECT * FROM before.{0} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
_TOOL = "INSERT INTO tools VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class _Run(NamedTuple):
    """Servers that follow each other, as rows of the last build's file or, where `start` is `None`, to be written.

    `start` counts their rows from 1, and `tools` those of their tools.
    """

    rows: list[ServerRow]
    start: int | None
    tools: range


def tables_part(index: Index, output: Output) -> Made:
    """Return the file as a part; rows of servers that did not change are copied from the last build's."""
    path = urls.DATABASE
    key = fingerprint(*index.seeds.values()).hex()
    note = output.note(path)
    made = output.kept(path, key)
    if made:
        return made
    before = output.folder / path
    digest, noted = orjson.loads(note) if note else ("", [])
    usable = before.is_file() and digest_of(before) == digest
    _write(output.staging.folder / path, index, before, noted if usable else [])
    file = output.staging.adopt(path, output.digests(path).get(path))
    seeds = [(seed.hex(), len(index.by_server[name])) for name, seed in index.seeds.items()]
    output.keep(path, orjson.dumps((file.digest, seeds)))
    return Part(path, key, [file], {})


def _runs(index: Index, noted: Sequence[tuple[str, int]]) -> Iterator[_Run]:
    """Yield all servers in their order; `noted` are the seeds of the last build's, and how many tools each had."""
    tools = [0, *accumulate(count for _, count in noted)]
    places = {bytes.fromhex(seed): place for place, (seed, _) in enumerate(noted)}
    rows: list[ServerRow] = []
    first: int | None = None
    following: int | None = None
    for row in index.servers:
        place = places.get(index.seeds[row.name])
        if rows and place != following:
            yield _run(rows, first, tools)
            rows = []
        if not rows:
            first = place
        rows.append(row)
        following = None if place is None else place + 1
    yield _run(rows, first, tools)


def _run(rows: list[ServerRow], first: int | None, tools: Sequence[int]) -> _Run:
    if first is None:
        return _Run(rows, None, range(0))
    return _Run(rows, first + 1, range(tools[first] + 1, tools[first + len(rows)] + 1))


def _write(file: Path, index: Index, before: Path, noted: Sequence[tuple[str, int]]) -> None:
    """Write the rows of all servers and then those of all tools, in an order that no copied row changes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    runs = list(_runs(index, noted))
    with closing(sqlite3.connect(file, isolation_level=None, uri=True)) as database:
        if noted:
            database.execute("ATTACH ? AS before", (f"{before.as_uri()}?immutable=1",))
        database.executescript(_SCHEMA)
        for run in runs:
            if run.start:
                database.execute(_COPY.format("servers"), (run.start, run.start + len(run.rows) - 1))
            else:
                database.executemany(_SERVER, (_server(row, index) for row in run.rows))
        for run in runs:
            if run.start:
                database.execute(_COPY.format("tools"), (run.tools.start, run.tools.stop - 1))
            else:
                database.executemany(_TOOL, (tool for row in run.rows for tool in _tools(row, index)))
        for statement in _END:
            database.execute(statement)


def _server(row: ServerRow, index: Index) -> tuple[Any, ...]:
    entries = index.by_server[row.name]
    grade = grade_of(entries, index.flow(row.name).state)
    texts = (row.name, row.title, row.description, row.version, row.repository_url, row.website_url)
    return (
        urls.server(row.name),
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


def _tools(row: ServerRow, index: Index) -> Iterator[tuple[Any, ...]]:
    server = urls.server(row.name)
    for line in index.by_server[row.name].lines():  # as they are stored: half a million entries take seconds to make
        page, name, _, _, category, severity, confidence, signals, summary, declared = orjson.loads(line)
        policy = urls.policy_beside(page)
        yield page, server, name, category, severity, confidence, json.dumps(signals), declared, summary, policy
