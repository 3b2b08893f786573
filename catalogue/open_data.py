"""What the open data says of a server and of a tool: one line of JSON each. Pure; knows no file and no page.

Each line is ASCII, so that any string in it is valid anywhere, and the same for the same catalogue, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from catalogue import flows
from catalogue.ascii_json import encoded
from catalogue.values import IntrospectionRow, ServerRow, StoredTool, TargetRow, ToolRow
from classifier.claims import HINTS, compare
from classifier.tool import Annotations

_INTROSPECTED = "introspected"


def server_line(server: ServerRow, tools: tuple[int, int], flow: flows.Flow) -> bytes:
    """Return a server's line; `tools` are how many of its tools are confirmed, and how many declared."""
    confirmed, declared = tools
    latest = _telling_attempt(server)
    line = {
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
        "confirmed_tools": confirmed,
        "declared_tools": declared,
        "flow": _flow(flow),
        "first_seen": _time(server.first_seen),
        "last_seen": _time(server.last_seen),
    }
    return encoded(line) + b"\n"


def _flow(flow: flows.Flow) -> dict[str, Any]:
    """Return a flow without the words that are its evidence: they stand with the signals of the tools' verdicts."""
    legs = {
        leg.value: [
            {"tool": part.tool, "occurrence": part.occurrence, "signal": part.signal, "certain": part.certain}
            for part in parts
        ]
        for leg, parts in flow.legs.items()
    }
    return flows.to_json(flow) | {"legs": legs}


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
        "listed_by": _how(latest) if latest is not None and latest.outcome == _INTROSPECTED else None,
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
    listed = [attempt for attempt in attempts if attempt.outcome == _INTROSPECTED]
    return next(iter([*listed, *attempts]), None)


def tool_line(tool: StoredTool, row: ToolRow, recommended: Mapping[str, Any] | None) -> bytes:
    """Return a tool's line; `row` is the same tool decoded, `recommended` what `recommended_rule` returns.

    Definition and verdict go in as they are stored, which costs a tenth of making them again.
    """
    place = {"server": row.server, "name": row.name, "occurrence": row.occurrence}
    stored = f'"definition":{tool.definition},"verdict":{tool.verdict or "null"}'.encode("ascii")
    rest = {
        "digest": row.digest,
        "first_seen": _time(row.first_seen),
        "last_seen": _time(row.last_seen),
        "provenance": _provenance(row),
        "claims": _claims(row),
        "recommended": recommended,
    }
    return b"%b,%b,%b\n" % (encoded(place)[:-1], stored, encoded(rest)[1:])


def recommended_rule(name: str, document: Mapping[str, Any], reasons: Sequence[str]) -> dict[str, Any]:
    """Return what a tool's own policy, as JSON, says of calls with its name, and why."""
    return {
        "hide": name in document.get("hide", ()),
        "rule": document.get("tools", {}).get(name),
        "reasons": list(reasons),
    }


def _claims(row: ToolRow) -> dict[str, str] | None:
    """Return how each hint that the server states compares with the verdict."""
    if row.verdict is None:
        return None
    stated = row.definition.get("annotations")
    if not isinstance(stated, dict) or HINTS.keys().isdisjoint(stated):
        return {}  # as of most tools, which is worth the shortcut
    compared = compare(Annotations.from_wire(stated), row.verdict.category, row.verdict.signals)
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


@lru_cache(maxsize=1024)
def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
