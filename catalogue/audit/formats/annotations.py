"""The report as commands that GitHub Actions reads from a job's output: an annotation beside the line each.

See https://docs.github.com/actions/reference/workflow-commands-for-github-actions. What a stranger named can end
neither the command nor one of its properties.
"""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.audit.formats.notable import notable
from catalogue.audit.report import AuditReport, Remark
from classifier.verdict import Severity

_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "notice"}


def to_annotations(report: AuditReport) -> Iterator[str]:
    """Yield a line for each remark, and one that counts those that are accepted."""
    for remark in notable(report):
        at = "" if remark.place.startswith(("~", "/", "%")) else f"file={_property(remark.place)},line={remark.line},"
        yield f"::{_LEVELS[remark.severity]} {at}title={_property(_title(remark))}::{_data(remark.says)}"
    if report.accepted:
        yield f"::notice title=MCP audit::{len(report.accepted):,} accepted by the baseline"


def _title(remark: Remark) -> str:
    return f"MCP {remark.kind.value}, {remark.severity.value}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
