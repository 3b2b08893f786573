"""The tools that lists name, kept on disk: half a million of them in memory would take half a gigabyte.

A tool is stored once, as a line of JSON, and every list holds its number only. Knows no page and no database.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from hashlib import blake2b
from typing import Any, TypeVar, overload

import orjson

from catalogue.site.context import Entry, Standings
from catalogue.site.files.fingerprint import Outlined
from catalogue.site.files.spool import Spool
from classifier.verdict import Category, Confidence, Severity

Word = TypeVar("Word", bound=Enum)

CATEGORIES = {word.value: word for word in Category}
SEVERITIES = {word.value: word for word in Severity}
_CONFIDENCES = {word.value: word for word in Confidence}
"""Words by what is stored of them: half a million times, calling the type costs seconds."""

_CODES = {kind: {word.value: code for code, word in enumerate(kind)} for kind in (Category, Severity, Confidence)}


_OUTLINE = 16
"""Bytes of a digest of an entry."""


def to_line(entry: Entry) -> bytes:
    """Return an entry as one line of JSON."""
    return json.dumps(entry, separators=(",", ":")).encode("ascii")


def from_line(line: bytes) -> Entry:
    """Read back what `to_line` wrote."""
    path, name, server, server_path, category, severity, confidence, signals, summary, declared = orjson.loads(line)
    words = CATEGORIES[category], SEVERITIES[severity], _CONFIDENCES[confidence]
    return Entry(path, name, server, server_path, *words, tuple(signals), summary, declared)


class EntryStore:
    """All entries by number, from 0."""

    def __init__(self) -> None:
        self._lines = Spool()
        self._words: dict[type[Enum], bytearray] = {kind: bytearray() for kind in _CODES}
        self._declared = bytearray()
        self._outlines = bytearray()
        self.line = self._lines.__getitem__

    def __len__(self) -> int:
        return len(self._lines)

    def add(
        self,
        lines: Sequence[str],
        categories: Mapping[str, Sequence[int]],
        severities: Mapping[str, Sequence[int]],
        confidences: Sequence[str],
        declared: Sequence[bool],
    ) -> int:
        """Store entries, given as their lines, and return the number of the first.

        Categories and severities tell which of them, from 0, are of each.
        """
        pieces = [line.encode("ascii") for line in lines]
        self._declared += bytes(declared)
        self._outlines += b"".join([blake2b(piece, digest_size=_OUTLINE).digest() for piece in pieces])
        for kind, places in ((Category, categories), (Severity, severities)):
            self._words[kind] += _spread(_CODES[kind], places, len(pieces))
        self._words[Confidence] += bytes(map(_CODES[Confidence].__getitem__, confidences))
        return self._lines.add_all(pieces)

    def outline(self, numbers: Iterable[int]) -> bytes:
        """Return what tells the entries of these numbers from others."""
        outlines = self._outlines
        return b"".join([outlines[number * _OUTLINE : number * _OUTLINE + _OUTLINE] for number in numbers])

    def count(self, kind: type[Word], numbers: Iterable[int]) -> Counter[Word]:
        """Count the entries of these numbers by category, severity or confidence."""
        words = list(kind)
        codes = Counter(map(self._words[kind].__getitem__, numbers))
        return Counter({words[code]: count for code, count in codes.items()})

    def declared(self, numbers: Iterable[int]) -> int:
        """Count the entries of these numbers that no server listed."""
        return sum(map(self._declared.__getitem__, numbers))

    def count_apart(self, kind: type[Word], numbers: Sequence[int]) -> tuple[Counter[Word], Counter[Word]]:
        """Count the entries of these numbers likewise: those that servers listed, and those that no server did."""
        codes, declared = map(self._words[kind].__getitem__, numbers), map(self._declared.__getitem__, numbers)
        counts = Counter(zip(codes, declared, strict=True))
        both: tuple[Counter[Word], Counter[Word]] = Counter(), Counter()
        words = list(kind)
        for (code, standing), count in counts.items():
            both[standing][words[code]] = count
        return both


def _spread(codes: Mapping[str, int], places: Mapping[str, Sequence[int]], size: int) -> bytearray:
    """Return for each place the code of what it is listed under."""
    found = bytearray(size)
    for word, of_word in places.items():
        for place in of_word:
            found[place] = codes[word]
    return found


class Entries(Sequence[Entry], Outlined):
    """A list of tools, read when they are looked at; a slice is one, too. What is pickled is a tuple of them."""

    __slots__ = ("_numbers", "_store")

    def __init__(self, store: EntryStore, numbers: Sequence[int]) -> None:
        self._store = store
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> Entries: ...
    def __getitem__(self, place: int | slice) -> Entry | Entries:
        if isinstance(place, slice):
            return Entries(self._store, self._numbers[place])
        return from_line(self._store.line(self._numbers[place]))

    def __iter__(self) -> Iterator[Entry]:
        return map(from_line, self.lines())

    def __reduce__(self) -> tuple[Callable[[Sequence[bytes]], tuple[Entry, ...]], tuple[list[bytes]]]:
        return _thaw, (list(self.lines()),)

    def lines(self) -> Iterator[bytes]:
        """Yield the entries as they are stored, which costs a tenth of reading them."""
        return map(self._store.line, self._numbers)

    def outline(self) -> bytes:
        """Return what tells this list from others."""
        return self._store.outline(self._numbers)

    def declared(self) -> int:
        """Count those that no server listed."""
        return self._store.declared(self._numbers)

    def standings(self) -> Standings:
        """Count them by whether a server listed them."""
        declared = self.declared()
        return Standings(len(self) - declared, declared)

    def count_apart(self, kind: type[Word]) -> tuple[Mapping[Word, int], Mapping[Word, int]]:
        """Count them by category, severity or confidence: those that servers listed, and those that no server did."""
        return self._store.count_apart(kind, self._numbers)

    def by_category(self) -> Mapping[Category, int]:
        """Count them by category."""
        return self._store.count(Category, self._numbers)

    def by_severity(self) -> Mapping[Severity, int]:
        """Count them by risk level."""
        return self._store.count(Severity, self._numbers)


def _thaw(lines: Sequence[bytes]) -> tuple[Entry, ...]:
    return tuple(map(from_line, lines))


class Lists(Mapping[Any, Entries]):
    """Lists of tools by a key, in the order in which they were added; a key that nothing was added to is empty."""

    def __init__(self, store: EntryStore) -> None:
        self._store = store
        self._numbers: dict[Any, array[int]] = {}

    def extend(self, key: Any, more: Iterable[int]) -> None:
        """Put entries at the end of a list."""
        numbers = self._numbers.get(key)
        if numbers is None:
            numbers = self._numbers[key] = array("I")
        numbers.extend(more)

    def __getitem__(self, key: Any) -> Entries:
        return Entries(self._store, self._numbers.get(key, ()))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
