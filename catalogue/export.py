"""Writes the catalogue as open data: one JSON object a line, the same bytes for the same catalogue. Knows no page.

A folder is ours when it holds our manifest. Files are written beside their names and renamed when all are whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from catalogue import flows
from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.open_data import recommended_rule, server_line, tool_line
from catalogue.policies.document import to_json
from catalogue.policies.recommend import recommend, tool_policy
from catalogue.repository import Repository
from catalogue.values import Report, Standing, ToolRow

if TYPE_CHECKING:
    from classifier.ruleset import RuleSet

_GENERATOR = "mcp-risk-catalogue"
_MANIFEST = "export.json"
_SERVERS = "servers.jsonl"
_TOOLS = "tools.jsonl"
_PARTIAL = {name: f".{name}.partial" for name in (_SERVERS, _TOOLS, _MANIFEST)}
"""The names under which files are written until all are whole."""


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was written where."""

    folder: Path
    servers: int
    tools: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Written:
    name: str
    lines: int
    bytes: int
    sha256: str


def export(engine: Engine, ruleset: RuleSet, out: Path, report: Report) -> ExportSummary:
    """Write servers.jsonl and tools.jsonl into `out`, in place of those of an earlier export.

    Raises `CatalogueError` for a folder that holds what is not ours, or cannot be written; it is then as it was.
    """
    try:
        _claim(out)
        with _tidied(out), reading(engine) as session:
            repository = Repository(session)
            servers = _write(
                out, _SERVERS, _counted(_server_lines(repository, ruleset.digest), "exporting servers", report)
            )
            tools = _write(out, _TOOLS, _counted(_tool_lines(repository, ruleset.digest), "exporting tools", report))
            _finish(out, ruleset.digest, [servers, tools])
    except OSError as error:
        raise CatalogueError(f"the folder {out} cannot be written: {error.strerror or error}") from error
    return ExportSummary(out, servers.lines, tools.lines, servers.bytes + tools.bytes)


def _claim(out: Path) -> None:
    """Make the folder, or see that it is empty or ours."""
    if out.exists() and not out.is_dir():
        raise CatalogueError(f"{out} is a file; expected a folder for the export")
    out.mkdir(parents=True, exist_ok=True)
    names = {entry.name for entry in out.iterdir()}
    if names <= set(_PARTIAL.values()) or _is_ours(out / _MANIFEST):
        return
    raise CatalogueError(
        f"the folder {out} holds files that are not of an export of ours, {min(names)!r} for one",
        "give a new or an empty folder",
    )


def _is_ours(manifest: Path) -> bool:
    try:
        content = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("generator") == _GENERATOR


@contextmanager
def _tidied(out: Path) -> Iterator[None]:
    """Leave nothing unfinished behind: after a full disk it would be in the way of whatever frees space."""
    try:
        yield
    finally:
        for name in _PARTIAL.values():
            (out / name).unlink(missing_ok=True)


def _write(out: Path, name: str, lines: Iterable[bytes]) -> _Written:
    """Write lines beside the file that they will be."""
    count = size = 0
    digest = hashlib.sha256()
    with (out / _PARTIAL[name]).open("wb") as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            count, size = count + 1, size + len(line)
        file.flush()
        os.fsync(file.fileno())
    return _Written(name, count, size, digest.hexdigest())


def _finish(out: Path, ruleset: str, files: Sequence[_Written]) -> None:
    """Put the files in place, the manifest first: from then on the folder is ours, whatever happens."""
    described = [{"name": file.name, "lines": file.lines, "bytes": file.bytes, "sha256": file.sha256} for file in files]
    manifest = {"generator": _GENERATOR, "ruleset": ruleset, "files": described}
    (out / _PARTIAL[_MANIFEST]).write_text(json.dumps(manifest, indent=2) + "\n", encoding="ascii")
    for name in (_MANIFEST, *(file.name for file in files)):
        (out / _PARTIAL[name]).replace(out / name)


def _counted(lines: Iterable[bytes], what: str, report: Report) -> Iterator[bytes]:
    for done, line in enumerate(lines, start=1):
        yield line
        report(what, done, None)


def _server_lines(repository: Repository, ruleset: str) -> Iterator[bytes]:
    counts = repository.tool_counts()
    found = dict(flows.flows_of(repository.stored_tools(ruleset)))
    for server in repository.servers():
        tools = counts.get(server.name, {})
        standings = (tools.get(Standing.CONFIRMED, 0), tools.get(Standing.DECLARED, 0))
        yield server_line(server, standings, found.get(server.name, flows.Flow()))


def _tool_lines(repository: Repository, ruleset: str) -> Iterator[bytes]:
    for _, twins in groupby(repository.stored_tools(ruleset), key=lambda tool: (tool.server, tool.name)):
        rows = [(tool, tool.decoded()) for tool in twins]
        for tool, row in rows:
            others = [twin for _, twin in rows if twin is not row]
            yield tool_line(tool, row, _recommended(row, others))


def _recommended(row: ToolRow, twins: Sequence[ToolRow]) -> dict[str, Any] | None:
    """Return the rule for a tool's name, which its twins share; `None` until all of them are judged."""
    if row.verdict is None:
        return None
    others = [(twin.definition, twin.verdict) for twin in twins if twin.verdict is not None]
    policy = tool_policy(row.name, row.definition, row.verdict, others)
    reasons = recommend(row.name, row.definition, row.verdict).reasons
    return recommended_rule(row.name, to_json(policy), reasons)
