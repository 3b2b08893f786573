"""The servers' hints beside what our rules say, counted over many tools. Knows no database and no page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.values import Standing as Holding
from catalogue.values import StoredTool
from classifier.claims import HINTS, Standing, compare
from classifier.tool import Annotations
from classifier.verdict import Category, Evidence, Signal, signal_from_wire


@dataclass(frozen=True, slots=True)
class MilderHint:
    """A hint that is milder than the words of its tool: what is claimed, what was found, and the words that say so."""

    server: str
    tool: str
    occurrence: int
    hint: str
    claimed: bool
    category: Category
    words: tuple[Evidence, ...]

    def quotes(self) -> str:
        """Return the words that contradict it, in one line."""
        return " … ".join(dict.fromkeys(one.quote for one in self.words if one.quote))


@dataclass(slots=True)
class Claims:
    """The hints of the tools that were added; `hinted` counts those with at least one.

    `declared` and `declared_hinted` are those of them that no server listed.
    """

    tools: int = 0
    hinted: int = 0
    declared: int = 0
    declared_hinted: int = 0
    milder: list[MilderHint] = field(default_factory=list)
    _stated: dict[str, Counter[Standing]] = field(default_factory=lambda: {hint: Counter() for hint in HINTS})

    def add(
        self,
        place: tuple[str, str, int],
        annotations: Any,
        category: Category,
        signals: Iterable[Signal],
        *,
        declared: bool,
    ) -> None:
        """Take note of a tool: its server, name and occurrence, its `annotations` as listed, and what was found."""
        self.tools += 1
        self.declared += declared
        if not isinstance(annotations, Mapping) or HINTS.keys().isdisjoint(annotations):
            return  # as most tools, which is worth the shortcut
        compared = compare(Annotations.from_wire(annotations), category, signals)
        stated = [(claim, claim.claimed) for claim in compared if claim.claimed is not None]
        self.hinted += bool(stated)
        self.declared_hinted += declared and bool(stated)
        for claim, claimed in stated:
            self._stated[claim.hint][claim.standing] += 1
            if claim.standing is Standing.MILDER:
                self.milder.append(MilderHint(*place, claim.hint, claimed, category, claim.words))

    def heading(self) -> str:
        """Say how many tools state a hint; what servers listed and what records declare are never added up."""
        confirmed, hinted = self.tools - self.declared, self.hinted - self.declared_hinted
        both = [f"{hinted:,} of {confirmed:,} tools"] if confirmed else []
        both += [f"{self.declared_hinted:,} of {self.declared:,} declared tools"] if self.declared else []
        return f"{' and '.join(both)} {'states' if self.hinted == 1 else 'state'} a hint"

    def standings(self) -> Mapping[str, Mapping[Standing, int]]:
        """Return for each hint how many tools' claims stand in which way; together they are all tools."""
        return {
            hint: {one: counts[one] for one in Standing} | {Standing.ABSENT: self.tools - counts.total()}
            for hint, counts in self._stated.items()
        }


def claims_of(tools: Iterable[StoredTool]) -> Claims:
    """Compare the hints of all tools that have a verdict."""
    found = Claims()
    for tool in tools:
        if tool.verdict:
            verdict = json.loads(tool.verdict)
            signals = map(signal_from_wire, verdict["signals"])
            annotations = json.loads(tool.definition).get("annotations")
            place, category = (tool.server, tool.name, tool.occurrence), Category(verdict["category"])
            found.add(place, annotations, category, signals, declared=tool.standing is Holding.DECLARED)
    return found


def to_json(found: Claims) -> dict[str, Any]:
    """Return the counts and the milder hints as JSON values."""
    return {
        "tools": found.tools,
        "hinted": found.hinted,
        "hints": {hint: {one.value: n for one, n in counts.items()} for hint, counts in found.standings().items()},
        "milder": [
            {
                "server": one.server,
                "tool": one.tool,
                "occurrence": one.occurrence,
                "hint": one.hint,
                "claimed": one.claimed,
                "category": one.category.value,
                "words": [{"pointer": words.pointer, "quote": words.quote} for words in one.words if words.quote],
            }
            for one in found.milder
        ],
    }
