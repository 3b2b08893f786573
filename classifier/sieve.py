"""Tells which conditions on a text's wording could hold for a set of words, by a few operations on large numbers.

A condition is lists of phrases, a phrase is places, and a place is the words that may stand there. A phrase can stand
only where each of its places has a word, and a condition hold only where each of its lists has such a phrase. Each
phrase is one bit; each word has the bits of the places that it can fill, the first places side by side, then the second
ones. Knows no tool and no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Places: TypeAlias = Sequence[frozenset[str]]
"""The words of each place of a phrase that takes whole words only."""


class _Table(NamedTuple):
    """The phrases of all conditions, as bits."""

    bits: Mapping[str, int]
    known: frozenset[str]
    given: int
    """The places that phrases lack: any text fills them."""
    width: int
    depth: int
    lists: tuple[tuple[int, ...], ...]
    """The phrases of each list of each condition."""
    telling: int
    """The phrases of the one list of each condition that is looked at first."""
    leads: Mapping[int, tuple[int, int]]
    """Each of these, by the length of its bit -> its condition, and that list."""


@dataclass(slots=True)
class Sieve:
    """Conditions, known by number."""

    _conditions: list[Sequence[Sequence[Places]]] = field(default_factory=list)
    _table: _Table | None = None

    def add(self, lists: Sequence[Sequence[Places]]) -> int:
        """Take in a condition; return its number."""
        self._conditions.append(lists)
        self._table = None
        return len(self._conditions) - 1

    def phrases(self, words: frozenset[str]) -> int:
        """Return the phrases that could stand in a text of these words."""
        table = self._table or self._build()
        filled = table.given
        bits = table.bits
        for word in table.known & words:
            filled |= bits[word]
        standing = filled
        for _ in range(1, table.depth):
            filled >>= table.width
            standing &= filled
        return standing

    def conditions(self, phrases: int) -> list[int]:
        """Return the numbers of the conditions that could hold where these phrases could stand."""
        table = self._table or self._build()
        numbers = []
        found = phrases & table.telling
        while found:
            number, lead = table.leads[found.bit_length()]
            if self.may_hold(number, phrases):
                numbers.append(number)
            found &= ~lead
        return numbers

    def may_hold(self, number: int, phrases: int) -> bool:
        """Tell whether a condition could hold where these phrases could stand."""
        table = self._table or self._build()
        return all(map(phrases.__and__, table.lists[number]))

    def _build(self) -> _Table:
        width = sum(len(one) for lists in self._conditions for one in lists)
        depth = max((len(places) for lists in self._conditions for one in lists for places in one), default=1)
        bits: dict[str, int] = {}
        given = 0
        masks: list[tuple[int, ...]] = []
        leads: dict[int, tuple[int, int]] = {}
        at = 0
        for number, lists in enumerate(self._conditions):
            rows = []
            for one in lists:
                for places in one:
                    given |= self._fill(places, 1 << at, width, depth, bits)
                    at += 1
                rows.append(((1 << len(one)) - 1) << at - len(one))
            masks.append(tuple(rows))
            lead = min(range(len(lists)), key=lambda index: len(lists[index]))
            leads.update(dict.fromkeys(_lengths(rows[lead]), (number, rows[lead])))
        telling = sum(1 << length - 1 for length in leads)
        self._table = _Table(bits, frozenset(bits), given, width, depth, tuple(masks), telling, leads)
        return self._table

    def _fill(self, places: Places, bit: int, width: int, depth: int, bits: dict[str, int]) -> int:
        """Give the words of a phrase their bits; return those of the places that it lacks."""
        given = 0
        for index in range(depth):
            here = bit << width * index
            if index >= len(places):
                given |= here
                continue
            for word in places[index]:
                bits[word] = bits.get(word, 0) | here
        return given


def _lengths(mask: int) -> Iterable[int]:
    return [length for length in range(1, mask.bit_length() + 1) if mask >> length - 1 & 1]
