"""Writes the catalogue as open data: one JSON object a line, the same bytes for the same catalogue. Knows no page.

A folder is ours when it holds our manifest. Files are written beside their names and renamed when all are whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from catalogue import flows
from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.policies.document import written_rule
from catalogue.policies.recommend import recommend, tool_policy
from catalogue.repository import INTROSPECTED, Repository
from catalogue.values import IntrospectionRow, Report, ServerRow, Standing, TargetRow, ToolRow
from classifier.claims import compare
from classifier.tool import Annotations
from classifier.verdict import to_wire

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


def _write(out: Path, name: str, lines: Iterable[Mapping[str, Any]]) -> _Written:
    """Write lines beside the file that they will be; each is ASCII, so that any string in it is valid anywhere."""
    count = size = 0
    digest = hashlib.sha256()
    with (out / _PARTIAL[name]).open("wb") as file:
        for line in lines:
            data = json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"
            file.write(data)
            digest.update(data)
            count, size = count + 1, size + len(data)
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


def _counted(lines: Iterable[dict[str, Any]], what: str, report: Report) -> Iterator[dict[str, Any]]:
    for done, line in enumerate(lines, start=1):
        yield line
        report(what, done, None)


def _server_lines(repository: Repository, ruleset: str) -> Iterator[dict[str, Any]]:
    counts = repository.tool_counts()
    found = dict(flows.flows_of(repository.stored_tools(ruleset)))
    for server in repository.servers():
        yield _server_line(server, counts.get(server.name, {}), found.get(server.name, flows.Flow()))


def _server_line(server: ServerRow, tools: Mapping[Standing, int], flow: flows.Flow) -> dict[str, Any]:
    latest = _telling_attempt(server)
    return {
        "name": server.name,
        "title": server.title,
        "description": server.description,
        "version": server.version,
        "repository_url": server.repository_url,
        "website_url": server.website_url,
        "withdrawn": server.withdrawn,
        "sources": [asdict(row) | {"fetched_at": _time(row.fetched_at)} for row in server.listings],
        "targets": [_target(row) for row in server.targets],
        "outcome": latest.outcome if latest is not None else None,
        "protocol_version": latest.protocol_version if latest is not None else None,
        "confirmed_tools": tools.get(Standing.CONFIRMED, 0),
        "declared_tools": tools.get(Standing.DECLARED, 0),
        "flow": flows.to_json(flow),
        "first_seen": _time(server.first_seen),
        "last_seen": _time(server.last_seen),
    }


def _target(row: TargetRow) -> dict[str, Any]:
    latest = row.latest
    return {
        "kind": row.target.kind.value,
        "transport": row.target.transport.value,
        "address": row.target.address,
        "version": row.target.version,
        "outcome": latest.outcome if latest is not None else None,
        "detail": latest.detail if latest is not None else None,
        "asked_at": _time(latest.started_at) if latest is not None else None,
        "private": latest.private if latest is not None else None,
        "sign_in": asdict(latest.sign_in) if latest is not None and latest.sign_in is not None else None,
        "listed_by": _how(latest) if latest is not None and latest.outcome == INTROSPECTED else None,
    }


def _how(attempt: IntrospectionRow) -> dict[str, Any]:
    """Return what whoever wants to repeat a listing needs to know."""
    return {
        "attempt": attempt.attempt,
        "command": attempt.command,
        "resolved": attempt.resolved,
        "installed": attempt.installed,
    }


def _telling_attempt(server: ServerRow) -> IntrospectionRow | None:
    """Return the attempt that says whether the server was introspected: its best target's that was, else the best's."""
    attempts = [row.latest for row in server.targets if row.latest is not None]
    listed = [attempt for attempt in attempts if attempt.outcome == INTROSPECTED]
    return next(iter([*listed, *attempts]), None)


def _tool_lines(repository: Repository, ruleset: str) -> Iterator[dict[str, Any]]:
    for _, twins in groupby(repository.tools(ruleset), key=lambda tool: (tool.server, tool.name)):
        rows = list(twins)
        for row in rows:
            yield {
                "server": row.server,
                "name": row.name,
                "occurrence": row.occurrence,
                "definition": row.definition,
                "digest": row.digest,
                "first_seen": _time(row.first_seen),
                "last_seen": _time(row.last_seen),
                "provenance": _provenance(row),
                "verdict": to_wire(row.verdict) if row.verdict is not None else None,
                "claims": _claims(row),
                "recommended": _recommended(row, [twin for twin in rows if twin is not row]),
            }


def _claims(row: ToolRow) -> dict[str, str] | None:
    """Return how each hint that the server states compares with the verdict."""
    if row.verdict is None:
        return None
    annotations = Annotations.from_wire(row.definition.get("annotations"))
    compared = compare(annotations, row.verdict.category, row.verdict.signals)
    return {claim.hint: claim.standing.value for claim in compared if claim.claimed is not None}


def _provenance(row: ToolRow) -> dict[str, Any]:
    attempt = row.introspection
    if attempt is None:
        return {"standing": row.standing.value, "declared_by": row.declared_by}
    return {
        "standing": row.standing.value,
        "target": attempt.target,
        "asked_at": _time(attempt.started_at),
        "protocol_version": attempt.protocol_version,
        "attempt": attempt.attempt,
        "command": attempt.command,
        "resolved": attempt.resolved,
        "complete": attempt.complete,
    }


def _recommended(row: ToolRow, twins: Sequence[ToolRow]) -> dict[str, Any] | None:
    """Return the rule for a tool's name, which its twins share; `None` until all of them are judged."""
    if row.verdict is None:
        return None
    others = [(twin.definition, twin.verdict) for twin in twins if twin.verdict is not None]
    policy = tool_policy(row.name, row.definition, row.verdict, others)
    rule = policy.tools.get(row.name)
    return {
        "hide": row.name in policy.hide,
        "rule": written_rule(rule) if rule is not None else None,
        "reasons": list(recommend(row.name, row.definition, row.verdict).reasons),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
