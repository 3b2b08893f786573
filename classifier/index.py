"""Finds the rules that could match a tool, through what each rule needs. Knows nothing of what the rules say.

A rule has ways to match, and a way has needs, which are bits of a mask (see `classifier.needs`), so that a way is tried
by one comparison; and only the ways whose most telling need is met are tried, so that the cost grows with the tool's
text and not with the number of rules.
"""

from __future__ import annotations

from collections.abc import Sequence

from classifier.condition import Way, breadth
from classifier.needs import Needs
from classifier.rule import Rule


class Index:
    """Rules by what they need."""

    def __init__(self, rules: Sequence[Rule], needs: Needs) -> None:
        """Index the rules; `candidates` answers with their places."""
        self._needs = needs
        self._always: set[int] = set()
        self._ways: dict[int, list[tuple[int, int, int]]] = {}
        """The bit of a way's most telling need -> its rule's place, all its needs, and its bans."""
        for place, rule in enumerate(rules):
            for way in rule.condition.ways():
                self._add(place, way)
        self._telling = sum(self._ways)

    def _add(self, place: int, way: Way) -> None:
        if not way.needs:
            self._always.add(place)
            return
        bit = self._needs.mask([min(way.needs, key=lambda need: (breadth(need), min(need)))])
        self._ways.setdefault(bit, []).append((place, self._needs.mask(way.needs), self._needs.mask(way.bans)))

    def candidates(self, met: int) -> list[int]:
        """Return the places of the rules that could match a tool that meets these needs, in order."""
        places = set(self._always)
        telling = met & self._telling
        while telling:
            rest = telling & (telling - 1)
            for place, needs, bans in self._ways[telling ^ rest]:
                if met & needs == needs and not met & bans:
                    places.add(place)
            telling = rest
        return sorted(places)
