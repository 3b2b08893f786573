"""The report as Markdown for a pull request: servers, then what to know of them. Strangers' names stay plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from catalogue.audit.formats.notable import told
from catalogue.audit.formats.words import categories, identity_words
from catalogue.audit.places import title
from catalogue.audit.report import AuditReport

_MOST = 100
"""Remarks that a comment shows; a host takes 65,536 characters."""


def to_markdown(report: AuditReport) -> Iterator[str]:
    """Yield the lines."""
    failed = f", {len(report.failed):,} of them not allowed here" if report.failed else ""
    yield "## What the MCP servers of this configuration can do"
    yield ""
    yield f"{len(report.servers):,} servers, {len(report.remarks):,} remarks{failed}."
    yield f"{len(report.accepted):,} more are accepted by the baseline." if report.accepted else ""
    if report.servers:
        yield ""
        yield "| server | client | in the catalogue | tools |"
        yield "| --- | --- | --- | --- |"
    for server in report.servers:
        one = server.configured
        cells = (one.name, title(one.client), identity_words(server), categories(server))
        yield f"| {' | '.join(map(plain, cells))} |"
    yield from _remarks(report)
    yield ""


def _remarks(report: AuditReport) -> Iterator[str]:
    lines = told(report)
    if lines:
        yield ""
    for line in islice(lines, _MOST):
        mark = "❌ " if line.failed else ""
        yield f"- {mark}**{line.severity.value}** {plain(line.says)} ({plain(line.place)}:{line.line})"
    if len(lines) > _MOST:
        yield f"- and {len(lines) - _MOST:,} more"
    for note in report.notes:
        yield f"- {plain(note)}"


def plain(text: str) -> str:
    """One line as code, in which Markdown knows no markup, no mention, no link and no reference; "" for nothing."""
    words = " ".join(text.split()).replace("|", "\\|")  # which would end the cell of a table, in code too
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {words} {fence}" if longest else words and f"{fence}{words}{fence}"
