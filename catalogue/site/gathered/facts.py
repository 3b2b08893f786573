"""What the index needs to know of a tool, made from its definition and verdict and from nothing else."""

from __future__ import annotations

from typing import Any, NamedTuple

from catalogue.site import urls
from catalogue.site.addresses import Addresses
from catalogue.site.context import Entry
from catalogue.site.gathered.search_words import found_by
from catalogue.site.marks import inert
from catalogue.values import Standing, StoredTool, ToolRow
from classifier.claims import CONFLICT, HINTS
from classifier.verdict import Verdict, signal_to_wire

_SUMMARY = 140
"""Characters of a description in a list."""


class Facts(NamedTuple):
    """One tool.

    `entry` is how lists show it. `rules` fired on it. `hints` are the hints that it states, `None` without any;
    `conflict` is the signal that they are milder than its words, as JSON, or `None`. `words` are those of its name,
    title and description by which it is found; `changed` is the month of its definition ("2026-11"). `tokens` is the
    estimate that the figures go by: characters of the stored JSON divided by four.
    """

    name: str
    occurrence: int
    entry: Entry
    rules: list[str]
    hints: dict[str, bool] | None
    conflict: dict[str, Any] | None
    words: list[str]
    changed: str
    tokens: int


def facts_of(tool: StoredTool, row: ToolRow, verdict: Verdict, addresses: Addresses, tools: int) -> Facts:
    """Return the facts of a tool, whose definition and verdict are read already, on a server with so many tools."""
    definition = row.definition
    description, annotations = definition.get("description"), definition.get("annotations")
    stated = annotations if isinstance(annotations, dict) else {}
    hints = {key: stated[key] for key in HINTS if isinstance(stated.get(key), bool)}
    conflict = next((one for one in verdict.signals if one.id == CONFLICT), None)
    return Facts(
        name=tool.name,
        occurrence=tool.occurrence,
        entry=_entry(tool, verdict, addresses.tool(tool.server, tool.name, tool.occurrence, tools), description),
        rules=sorted(_rules(verdict)),
        hints=hints or None,
        conflict=signal_to_wire(conflict) if conflict else None,
        words=found_by(tool.name, (definition.get("title"), stated.get("title")), description),
        changed=f"{tool.changed_at or tool.first_seen:%Y-%m}",
        tokens=-(-len(tool.definition) // 4),
    )


def _rules(verdict: Verdict) -> set[str]:
    fired = {match.rule for match in (*verdict.support, *verdict.dissent)}
    fired.update(evidence.rule for signal in verdict.signals for evidence in signal.evidence)
    return fired


def _entry(tool: StoredTool, verdict: Verdict, place: str, description: object) -> Entry:
    return Entry(
        path=place,
        name=inert(tool.name, 120),
        server=inert(tool.server, 120),
        server_path=urls.server(tool.server),
        category=verdict.category,
        severity=verdict.severity,
        confidence=verdict.confidence,
        signals=tuple(signal.id for signal in verdict.signals),
        summary=_summary(description) if isinstance(description, str) else "",
        declared=tool.standing is Standing.DECLARED,
    )


def _summary(description: str) -> str:
    return inert(" ".join(description[: 4 * _SUMMARY].split()), _SUMMARY)
