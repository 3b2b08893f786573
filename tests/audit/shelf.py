"""A shelf with a few servers, what the tests of this folder look up in it, and the report on a configuration."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from catalogue.audit import auditing
from catalogue.audit.places import Place, named
from catalogue.audit.report import AuditedTool, AuditReport
from catalogue.identity import target_key
from classifier.verdict import Category, Severity
from crawler.records import TargetKind

TODAY = date(2026, 11, 21)


def tool(name: str, category: str = "read", severity: str = "low", *signals: str, digest: str = "") -> AuditedTool:
    return AuditedTool(name, 0, Category(category), Severity(severity), signals, digest)


MAIL = tool("read_mail", "read", "medium", "untrusted-content", "private-data", digest="1")
SEND = tool("send_mail", "write", "high", "sends-outside", digest="2")
DROP = tool("drop_table", "destructive", "critical", "irreversible", digest="3")
LIAR = tool("tidy_up", "destructive", "critical", "annotation-conflict", digest="4")


class Shelf:
    """Knows servers by (kind, address)."""

    def __init__(self, servers: Mapping[tuple[str, str], tuple[str, Sequence[AuditedTool]]]) -> None:
        self._names = {target_key(TargetKind(kind), address): name for (kind, address), (name, _) in servers.items()}
        self._tools = {name: tuple(tools) for name, tools in servers.values()}

    def names(self, keys: Collection[str]) -> Mapping[str, str]:
        return {key: self._names[key] for key in keys if key in self._names}

    def tools(self, server: str) -> tuple[AuditedTool, ...]:
        return self._tools[server]


SHELF = Shelf(
    {
        ("npm", "acme-mail"): ("acme/mail", [MAIL]),
        ("npm", "acme-post"): ("acme/post", [SEND]),
        ("pypi", "acme-db"): ("acme/db", [DROP, LIAR]),
        ("remote", "https://acme.example/mcp"): ("acme/remote", [MAIL]),
    }
)


def npx(package: str, **more: Any) -> dict[str, Any]:
    return {"command": "npx", "args": ["-y", package], **more}


def write(folder: Path, servers: Any, name: str = "mcp.json") -> Path:
    file = folder / name
    file.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    return file


def audited(place: Path | Place, *, shelf: Any = SHELF, home: Path = Path("/home/ada"), **wanted: Any) -> AuditReport:
    """The report on one file."""
    one = place if isinstance(place, Place) else named(place)
    made = auditing.Wanted(today=TODAY, **wanted)
    return auditing.audit(auditing.read([one], home), shelf, list, made, "digest")


def says(report: AuditReport, kind: str) -> list[str]:
    return [remark.says for remark in report.remarks if remark.kind == kind]
