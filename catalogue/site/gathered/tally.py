"""The figures that the first pass counts by the way, each under the name of the query that would count the same.

At half a million tools the queries would read a gigabyte on every build, of which nothing has changed but one tool.
Knows no database; a test holds the figures to their queries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from catalogue import spans
from catalogue.site.gathered.facts import Facts
from catalogue.values import Standing

_STANDING = {True: Standing.DECLARED.value, False: Standing.CONFIRMED.value}


class Tally:
    """Counts tools, server by server."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)

    def add_server(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Add what is `counted` of a server."""
        for name, own in counts.items():
            self._counts[name].update(own)

    def figures(self) -> Mapping[str, Mapping[str, int]]:
        """Return all figures by name; each counts by its keys."""
        return {name: self._counts[name] for name in COUNTED}


def counted(tools: Iterable[Facts]) -> Mapping[str, Mapping[str, int]]:
    """Return the figures of one server's tools."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    together = 0
    for tool in tools:
        together += tool.tokens
        counts["tools-by-standing"][_STANDING[tool.entry.declared]] += 1
        counts["tools-by-category"][tool.entry.category.value] += 1
        counts["tools-by-severity"][tool.entry.severity.value] += 1
        counts["tools-by-hints"][_hints(tool)] += 1
        counts["definitions-by-tokens"][spans.OF_A_DEFINITION.of(tool.tokens)] += 1
        for signal in tool.entry.signals:
            counts["tools-by-signal"][signal] += 1
    if together:
        counts["servers-by-tokens"][spans.OF_A_SERVER.of(together)] += 1
    return counts


COUNTED = (
    "tools-by-standing",
    "tools-by-category",
    "tools-by-severity",
    "tools-by-signal",
    "tools-by-hints",
    "definitions-by-tokens",
    "servers-by-tokens",
)


def _hints(tool: Facts) -> str:
    if tool.conflict:
        return "contradicted"
    return "stated" if tool.hints else "missing"
