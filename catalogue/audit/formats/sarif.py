"""The report as SARIF 2.1.0, which code hosts show beside the lines of a repository.

See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Files of the user's machine are named from the
base HOME, of which the address is left out.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from catalogue.audit.formats.notable import is_notable, notable
from catalogue.audit.report import ABOUT, Accepted, AuditReport, Kind, Remark
from classifier.verdict import Severity

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""Within the bands that GitHub gives the same names to: docs.github.com, "SARIF support for code scanning"."""

_KINDS = list(Kind)


def to_sarif(report: AuditReport) -> dict[str, Any]:
    """Return the SARIF log: remarks that are accepted are in it as suppressed."""
    results = [_result(remark) for remark in notable(report)]
    results += [_suppressed(one) for one in report.accepted if is_notable(one.remark, report)]
    run = {
        "tool": {"driver": _driver()},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"HOME": {"description": {"text": "The home folder of whoever ran the audit."}}},
        "results": results,
        "properties": {"ruleset": report.ruleset},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver() -> dict[str, Any]:
    rules = [
        {
            "id": kind.value,
            "name": kind.value.capitalize(),
            "shortDescription": {"text": f"{ABOUT[kind]}."},
            "properties": {"tags": ["security", "mcp"]},
        }
        for kind in _KINDS
    ]
    return {"name": "MCP Risk Catalogue", "semanticVersion": version("mcp-risk-catalogue"), "rules": rules}


def _result(remark: Remark) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(remark.place), "region": {"startLine": remark.line}}
    }
    if remark.server:
        name = f"{remark.server}: {remark.tool}" if remark.tool else remark.server
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "module"}]
    return {
        "ruleId": remark.kind.value,
        "ruleIndex": _KINDS.index(remark.kind),
        "level": _LEVELS[remark.severity],
        "message": {"text": remark.says},
        "locations": [location],
        "partialFingerprints": {"remark/v1": _fingerprint(remark)},
        "properties": {"severity": remark.severity.value, "security-severity": _SCORES[remark.severity]},
    }


def _suppressed(accepted: Accepted) -> dict[str, Any]:
    why = f"{accepted.reason} (until {accepted.expires.isoformat()})"
    return {**_result(accepted.remark), "suppressions": [{"kind": "external", "justification": why}]}


def _artifact(place: str) -> dict[str, str]:
    if place.startswith("~/"):
        return {"uri": quote(place[2:]), "uriBaseId": "HOME"}
    return {"uri": f"file://{quote(place)}" if place.startswith("/") else quote(place)}


def _fingerprint(remark: Remark) -> str:
    """The same for the same remark at another line."""
    about = (remark.kind, remark.client, remark.place, remark.server, remark.tool, remark.says)
    return hashlib.sha256("\0".join(about).encode("utf-8", "surrogatepass")).hexdigest()
