"""The first pass over the data: who has which tools, so that every page can link and count. Knows no database."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalogue import flows
from catalogue.claims import Claims
from catalogue.errors import CatalogueError
from catalogue.site import urls
from catalogue.site.context import Entry
from catalogue.site.marks import inert
from catalogue.site.tool_page import NAMESAKES, Namesakes
from catalogue.values import ServerRow, Standing, StoredTool
from classifier.claims import CONFLICT
from classifier.verdict import Category, Confidence, Severity, signal_from_wire

_SUMMARY = 140
"""Characters of a description in a list."""


@dataclass(slots=True)
class Index:
    """Every tool once, in the lists that name it; all lists go by server, name and occurrence.

    `outcomes` counts the latest attempt on every target ("never-tried" where there was none). `rules` counts the tools
    that each rule fired on. `parts` are the tools of each server that are a leg of a toxic flow.
    """

    servers: list[ServerRow] = field(default_factory=list)
    tools: int = 0
    declared: int = 0
    unjudged: int = 0
    by_server: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    by_category: dict[Category, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    by_severity: dict[Severity, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    by_signal: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    by_rule: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    rules: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    claims: Claims = field(default_factory=Claims)
    parts: dict[str, list[tuple[flows.Leg, flows.Part]]] = field(default_factory=lambda: defaultdict(list))
    as_of: datetime | None = None

    def add_server(self, row: ServerRow) -> None:
        """Take note of a server, of its targets' outcomes, and of the latest time it knows."""
        self.servers.append(row)
        times = [row.last_seen, *(listing.fetched_at for listing in row.listings)]
        for target in row.targets:
            self.outcomes[target.latest.outcome if target.latest else "never-tried"] += 1
            if target.latest:
                times.append(target.latest.started_at)
        self.as_of = max(times if self.as_of is None else [self.as_of, *times])

    def add_tool(self, tool: StoredTool) -> None:
        """Take note of a tool in every list that has it."""
        if tool.verdict is None:
            self.unjudged += 1
            return
        verdict = json.loads(tool.verdict)
        definition = json.loads(tool.definition)
        entry = entry_of(tool, definition.get("description"), verdict)
        self.tools += 1
        self.declared += entry.declared
        self.by_server[tool.server].append(entry)
        self.by_name[tool.name].append(entry)
        self.by_category[entry.category].append(entry)
        self.by_severity[entry.severity].append(entry)
        for signal in entry.signals:
            self.by_signal[signal].append(entry)
        self._compare(tool, definition.get("annotations"), entry, verdict)
        fired = {match["rule"] for match in (*verdict["support"], *verdict["dissent"])}
        fired.update(evidence["rule"] for signal in verdict["signals"] for evidence in signal["evidence"])
        for rule in fired:
            self.rules[rule] += 1
            if len(self.by_rule[rule]) < EXAMPLES:
                self.by_rule[rule].append(entry)

    def _compare(self, tool: StoredTool, annotations: object, entry: Entry, verdict: Mapping[str, Any]) -> None:
        """Take note of the tool's hints, and of its part in what its server's tools can do together."""
        signals = [signal_from_wire(one) for one in verdict["signals"] if one["id"] in _COMPARED]
        self.claims.add((tool.server, tool.name, tool.occurrence), annotations, entry.category, signals)
        if signals:
            self.parts[tool.server] += flows.parts_of(tool.name, tool.occurrence, signals)

    def flow(self, server: str) -> flows.Flow:
        """Return what a server's tools can do together."""
        return flows.flow_of(self.parts.get(server, ()))

    def namesakes(self, name: str) -> Namesakes:
        """Return the tools called `name`, on all servers: how many, and the first of them."""
        entries = self.by_name[name]
        return Namesakes(len(entries), tuple(entries[:NAMESAKES]))

    def require_verdicts(self) -> None:
        """Raise `CatalogueError` unless every tool has a verdict of the ruleset."""
        if self.unjudged:
            raise CatalogueError(
                f"{self.unjudged:,} of {self.tools + self.unjudged:,} tools have no verdict of this ruleset.",
                "run `catalogue classify` first",
            )


_COMPARED = {*flows.SIGNALS, CONFLICT}
"""Signals whose evidence this pass looks at; it does not decode the rest."""

EXAMPLES = 40
"""Tools that a rule's page names; their number is counted in full."""


def entry_of(tool: StoredTool, description: object, verdict: Mapping[str, Any]) -> Entry:
    """Return a tool as lists show it. `verdict` is decoded JSON, which costs a quarter of a `Verdict`."""
    return Entry(
        path=urls.tool(tool.server, tool.name, tool.occurrence),
        name=inert(tool.name, 120),
        server=inert(tool.server, 120),
        server_path=urls.server(tool.server),
        category=Category(verdict["category"]),
        severity=Severity(verdict["severity"]),
        confidence=Confidence(verdict["confidence"]),
        signals=tuple(signal["id"] for signal in verdict["signals"]),
        summary=_summary(description) if isinstance(description, str) else "",
        declared=tool.standing is Standing.DECLARED,
    )


def _summary(description: str) -> str:
    return inert(" ".join(description[: 4 * _SUMMARY].split()), _SUMMARY)
