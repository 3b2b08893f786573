"""What the index needs to know of a tool, made from its definition and verdict and from nothing else.

It is JSON, small, and kept beside the site: a build reads it there for the servers that have not changed, and decodes
neither their definitions nor their verdicts.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from catalogue.site import urls
from catalogue.site.addresses import Addresses
from catalogue.site.context import Entry
from catalogue.site.gathered.entries import to_line
from catalogue.site.gathered.search_words import found_by
from catalogue.site.marks import inert
from catalogue.values import Standing, StoredTool
from classifier.claims import CONFLICT, HINTS
from classifier.verdict import Category, Confidence, Severity

_SUMMARY = 140
"""Characters of a description in a list."""


class Facts(NamedTuple):
    """One tool, in JSON values.

    `line` is its entry as `entries` stores it. `rules` fired on it. `hints` are the hints that it states, `None`
    without any; `conflict` is the signal that they are milder than its words, as stored, or `None`. `words` are
    those of its name, title and description by which it is found; `changed` is the month of its definition ("2026-11").
    `tokens` is the estimate that the figures go by: characters of the stored JSON divided by four.
    """

    name: str
    occurrence: int
    line: str
    category: str
    severity: str
    confidence: str
    signals: list[str]
    declared: bool
    rules: list[str]
    hints: dict[str, bool] | None
    conflict: dict[str, Any] | None
    words: list[str]
    changed: str
    tokens: int


def facts_of(tool: StoredTool, addresses: Addresses, tools: int) -> Facts:
    """Return the facts of a tool that has a verdict, on a server with so many tools."""
    verdict = json.loads(tool.verdict or "")  # decoded JSON costs a quarter of a `Verdict`
    definition = json.loads(tool.definition)
    signals = {one["id"]: one for one in verdict["signals"]}
    rules = {match["rule"] for match in (*verdict["support"], *verdict["dissent"])}
    rules.update(evidence["rule"] for signal in verdict["signals"] for evidence in signal["evidence"])
    annotations = definition.get("annotations")
    stated = annotations if isinstance(annotations, dict) else {}
    hints = {key: stated[key] for key in HINTS if isinstance(stated.get(key), bool)}
    place = addresses.tool(tool.server, tool.name, tool.occurrence, tools)
    return Facts(
        name=tool.name,
        occurrence=tool.occurrence,
        line=to_line(_entry(tool, place, definition.get("description"), verdict, tuple(signals))).decode("ascii"),
        category=verdict["category"],
        severity=verdict["severity"],
        confidence=verdict["confidence"],
        signals=list(signals),
        declared=tool.standing is Standing.DECLARED,
        rules=sorted(rules),
        hints=hints or None,
        conflict=signals.get(CONFLICT),
        words=found_by(tool.name, (definition.get("title"), stated.get("title")), definition.get("description")),
        changed=f"{tool.changed_at or tool.first_seen:%Y-%m}",
        tokens=-(-len(tool.definition) // 4),
    )


def _entry(
    tool: StoredTool, place: str, description: object, verdict: dict[str, Any], signals: tuple[str, ...]
) -> Entry:
    return Entry(
        path=place,
        name=inert(tool.name, 120),
        server=inert(tool.server, 120),
        server_path=urls.server(tool.server),
        category=Category(verdict["category"]),
        severity=Severity(verdict["severity"]),
        confidence=Confidence(verdict["confidence"]),
        signals=signals,
        summary=_summary(description) if isinstance(description, str) else "",
        declared=tool.standing is Standing.DECLARED,
    )


def _summary(description: str) -> str:
    return inert(" ".join(description[: 4 * _SUMMARY].split()), _SUMMARY)
