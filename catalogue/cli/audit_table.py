"""Makes the lines of an audit for a person: the servers of each client, then what to know about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalogue.audit.formats.notable import told
from catalogue.audit.formats.words import categories, identity_words
from catalogue.audit.places import title
from catalogue.audit.report import SEVERITIES
from catalogue.cli.terminal import table_lines, visible

if TYPE_CHECKING:
    from catalogue.audit.formats.notable import Line
    from catalogue.audit.report import AuditedServer, AuditReport

_MOST = 60
"""Lines that are printed of what to know; `--format json` has all."""


def lines(report: AuditReport) -> Iterator[str]:
    """Yield the lines of the report."""
    for client in dict.fromkeys(server.configured.client for server in report.servers):
        rows = [_row(server) for server in report.servers if server.configured.client == client]
        yield from table_lines(
            ("server", "where", "starts or asks", "in the catalogue", "tools", "worst"), rows, title(client)
        )
    known = told(report)
    if known:
        yield from table_lines(("severity", "remark", "where", "what"), map(_told_row, known[:_MOST]), "What to know")
    yield from map(visible, _ending(report, len(known)))


def _told_row(line: Line) -> tuple[str, ...]:
    mark = "! " if line.failed else ""
    return f"{mark}{line.severity.value}", line.kind.value, f"{line.place}:{line.line}", line.says


def _row(server: AuditedServer) -> tuple[str, ...]:
    one = server.configured
    worst = max((tool.severity for tool in server.tools), key=SEVERITIES.__getitem__, default=None)
    asked = f"; {server.note}" if server.note else ""
    told = " (just listed)" if server.told_by == "introspection" else ""
    identity = f"{identity_words(server)}{asked}"
    where = one.place if one.scope in ("", ".") or one.place.startswith(one.scope) else f"{one.place} for {one.scope}"
    return one.name, where, one.words, identity, f"{categories(server)}{told}", worst.value if worst else ""


def _ending(report: AuditReport, known: int) -> list[str]:
    severities = Counter(remark.severity for remark in report.remarks)
    counts = ", ".join(f"{severities[one]:,} {one.value}" for one in reversed(list(SEVERITIES)) if severities[one])
    lines = [f"and {known - _MOST:,} more: --format json has all"] if known > _MOST else []
    tools = sum(len(server.tools) for server in report.servers)
    lines.append(
        f"{len(report.servers):,} servers, {tools:,} tools, {len(report.remarks):,} remarks ({counts or 'none'})"
    )
    if report.accepted:
        lines.append(f"{len(report.accepted):,} more are accepted by the baseline")
    return lines
