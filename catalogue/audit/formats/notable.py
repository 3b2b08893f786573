"""Which remarks a reader of a review is told: all but tools that are neither severe nor what `--fail-on` names."""

from __future__ import annotations

from catalogue.audit.report import SEVERITIES, AuditReport, Kind, Remark
from classifier.verdict import Severity


def is_notable(remark: Remark, report: AuditReport) -> bool:
    """Whether it is told where every remark is read by a person. The JSON document has all."""
    severe = SEVERITIES[remark.severity] >= SEVERITIES[Severity.HIGH]
    return remark.kind is not Kind.TOOL or severe or remark in report.failed


def notable(report: AuditReport) -> list[Remark]:
    """Return the remarks to be told, in their order."""
    return [remark for remark in report.remarks if is_notable(remark, report)]
