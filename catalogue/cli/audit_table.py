"""Makes the lines of an audit for a person: the servers of each client, then what to know about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from catalogue.audit.formats.notable import notable
from catalogue.audit.formats.words import categories, identity_words
from catalogue.audit.places import title
from catalogue.audit.report import SEVERITIES
from catalogue.cli.terminal import table_lines, visible

if TYPE_CHECKING:
    from catalogue.audit.report import AuditedServer, AuditReport, Remark

_MOST = 60
"""Remarks that are printed; `--format json` has all."""


def lines(report: AuditReport) -> Iterator[str]:
    """Yield the lines of the report."""
    for client in dict.fromkeys(server.configured.client for server in report.servers):
        rows = [_row(server) for server in report.servers if server.configured.client == client]
        yield from table_lines(
            ("server", "where", "starts or asks", "in the catalogue", "tools", "worst"), rows, title(client)
        )
    told = notable(report)
    if told:
        yield from table_lines(("severity", "remark", "where", "what"), _rows(told[:_MOST], report), "What to know")
    yield from map(visible, _ending(report, len(told)))


def _rows(told: Iterable[Remark], report: AuditReport) -> Iterator[tuple[str, ...]]:
    for one in told:
        mark = "! " if one in report.failed else ""
        yield f"{mark}{one.severity.value}", one.kind.value, f"{one.place}:{one.line}", one.says


def _row(server: AuditedServer) -> tuple[str, ...]:
    one = server.configured
    worst = max((tool.severity for tool in server.tools), key=SEVERITIES.__getitem__, default=None)
    asked = f"; {server.note}" if server.note else ""
    told = " (just listed)" if server.told_by == "introspection" else ""
    identity = f"{identity_words(server)}{asked}"
    where = one.place if one.scope in ("", ".") or one.place.startswith(one.scope) else f"{one.place} for {one.scope}"
    return one.name, where, one.words, identity, f"{categories(server)}{told}", worst.value if worst else ""


def _ending(report: AuditReport, told: int) -> list[str]:
    severities = Counter(remark.severity for remark in report.remarks)
    counts = ", ".join(f"{severities[one]:,} {one.value}" for one in reversed(list(SEVERITIES)) if severities[one])
    lines = [f"and {told - _MOST:,} more: --format json has all"] if told > _MOST else []
    tools = sum(len(server.tools) for server in report.servers)
    lines.append(
        f"{len(report.servers):,} servers, {tools:,} tools, {len(report.remarks):,} remarks ({counts or 'none'})"
    )
    if report.accepted:
        lines.append(f"{len(report.accepted):,} more are accepted by the baseline")
    return lines
