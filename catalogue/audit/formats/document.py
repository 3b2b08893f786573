"""The report as a JSON document, of which an earlier one can be compared with (`changes`)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from catalogue import flows
from catalogue.audit.changes import VERSION
from catalogue.audit.report import AuditedServer, AuditedTool, AuditReport, Remark


def to_json(report: AuditReport) -> dict[str, Any]:
    """Return the whole report."""
    return {
        "version": VERSION,
        "ruleset": report.ruleset,
        "servers": [_server(server) for server in report.servers],
        "flows": [{"client": one.client, "scope": one.scope, **flows.to_json(one.flow)} for one in report.flows],
        "remarks": [{**_remark(one), "failed": one in report.failed} for one in report.remarks],
        "accepted": [
            {**_remark(one.remark), "reason": one.reason, "expires": one.expires.isoformat()} for one in report.accepted
        ],
        "notes": list(report.notes),
    }


def _server(server: AuditedServer) -> dict[str, Any]:
    one = server.configured
    return {
        "client": one.client,
        "scope": one.scope,
        "place": one.place,
        "line": one.line,
        "name": one.name,
        "enabled": one.enabled,
        "target": one.words,
        "identity": {
            "known": server.identity.known.value,
            "server": server.identity.server,
            "why": server.identity.why,
        },
        "told_by": server.told_by,
        "note": server.note,
        "unpinned": bool(one.unpinned),
        "secrets": [{"place": s.place, "name": s.name, "told_by": s.told_by} for s in one.secrets],
        "categories": dict(Counter(tool.category.value for tool in server.tools)),
        "tools": [_tool(tool) for tool in server.tools],
    }


def _tool(tool: AuditedTool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "occurrence": tool.occurrence,
        "category": tool.category.value,
        "severity": tool.severity.value,
        "signals": list(tool.signals),
        "digest": tool.digest or None,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "remark": remark.kind.value,
        "severity": remark.severity.value,
        "client": remark.client,
        "place": remark.place,
        "line": remark.line,
        "server": remark.server,
        "tool": remark.tool,
        "says": remark.says,
    }
