"""Finds the rules that could match a tool, through what each rule needs. Knows nothing of what the rules say.

A rule has ways to match, and a way has needs: sets of keys, of each of which the tool has to have one (see
`classifier.leaves.Leaf.needs`). A need is one bit of a mask, so that a way is tried by one comparison; and only the
ways whose most telling need is met are tried, so that the cost grows with the tool's text and not with the number of
rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from classifier.condition import Keys, Way, breadth
from classifier.features import Features
from classifier.rule import Rule

_Entry: TypeAlias = tuple[int, tuple[int, ...]]
"""What a key does: the needs that it meets, as a mask, and the ways that are worth trying then."""

_NOTHING: tuple[frozenset[str], dict[str, _Entry]] = (frozenset(), {})


class Index:
    """Rules by what they need."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Index the rules; `candidates` answers with their places."""
        self._ways: list[tuple[int, int, int]] = []
        self._always: set[int] = set()
        self._needs: dict[Keys, int] = {}
        self._keys: dict[str, dict[str, _Entry]] = {}
        for place, rule in enumerate(rules):
            for way in rule.condition.ways():
                self._add(place, way)
        self._kinds = {kind: (frozenset(entries), entries) for kind, entries in self._keys.items()}

    def _add(self, place: int, way: Way) -> None:
        number = len(self._ways)
        self._ways.append((place, self._mask(way.needs), self._mask(way.bans)))
        if way.needs:
            self._extend(min(way.needs, key=lambda need: (breadth(need), min(need))), 0, (number,))
        else:
            self._always.add(number)

    def _mask(self, needs: frozenset[Keys]) -> int:
        mask = 0
        for need in needs:
            if need not in self._needs:
                self._needs[need] = 1 << len(self._needs)
                self._extend(need, self._needs[need], ())
            mask |= self._needs[need]
        return mask

    def _extend(self, keys: Keys, bit: int, ways: tuple[int, ...]) -> None:
        for key in keys:
            kind, _, value = key.partition(":")
            known = self._keys.setdefault(kind, {})
            met, tried = known.get(value, (0, ()))
            known[value] = (met | bit, tried + ways)

    def candidates(self, features: Features) -> list[int]:
        """Return the places of the rules that could match, in order."""
        met = 0
        tried = set(self._always)
        for kind, values in features.traits():
            known, entries = self._kinds.get(kind, _NOTHING)
            for value in known.intersection(values):
                needs, ways = entries[value]
                met |= needs
                if ways:
                    tried.update(ways)
        places = set()
        for number in tried:
            place, needs, bans = self._ways[number]
            if met & needs == needs and not met & bans:
                places.add(place)
        return sorted(places)
