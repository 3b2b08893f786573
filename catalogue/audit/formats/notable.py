"""Which remarks a person is told: all but tools that are neither severe nor what `--fail-on` names.

Where a person reads them in a row, the tools of one server, category and severity are one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from catalogue.audit.report import SEVERITIES, AuditReport, Kind, Remark
from catalogue.flows import names_of
from classifier.verdict import SIGNALS, Category, Severity


class Line(NamedTuple):
    """What a person is told in one line; `failed` when `--fail-on` names any of it."""

    severity: Severity
    kind: Kind
    place: str
    line: int
    says: str
    failed: bool


def is_notable(remark: Remark, report: AuditReport) -> bool:
    """Whether it is told where remarks are read by a person. The JSON document has all."""
    severe = SEVERITIES[remark.severity] >= SEVERITIES[Severity.HIGH]
    return remark.kind is not Kind.TOOL or severe or remark in report.failed


def notable(report: AuditReport) -> list[Remark]:
    """Return the remarks to be told, in their order."""
    return [remark for remark in report.remarks if is_notable(remark, report)]


def told(report: AuditReport) -> list[Line]:
    """Return the lines to be told, the most severe first; of one severity tools come last."""
    groups: dict[tuple[object, ...], list[Remark]] = {}
    for remark in notable(report):
        key = (remark.client, remark.place, remark.server, remark.severity, _category(remark))
        groups.setdefault(key if remark.kind is Kind.TOOL else (remark,), []).append(remark)
    lines = list(_lines(groups.values(), report))
    return sorted(lines, key=lambda line: (-SEVERITIES[line.severity], line.kind is Kind.TOOL))


def _lines(groups: Iterable[list[Remark]], report: AuditReport) -> Iterator[Line]:
    for group in groups:
        first = group[0]
        says = first.says if len(group) == 1 else _of_tools(group)
        failed = any(remark in report.failed for remark in group)
        yield Line(first.severity, first.kind, first.place, first.line, says, failed)


def _of_tools(group: list[Remark]) -> str:
    signals = sorted({word for remark in group for word in remark.words if word in SIGNALS})
    names = names_of(dict.fromkeys(remark.tool for remark in group))
    also = f" ({', '.join(signals)})" if signals else ""
    return f"{group[0].server}: {len(group)} tools are {_category(group[0]).capitalize()}: {names}{also}"


def _category(remark: Remark) -> str:
    return next((category.value for category in Category if category.value in remark.words), "")
