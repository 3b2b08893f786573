"""The files of the search index, made from lists of numbers. Pure; runs in any process.

A file is a script that hands its content to `site_templates/search.js`: scripts load from a server, below any path, and
from a folder without a server, where a browser reads no other file. What they hold is JSON in ASCII.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from catalogue.ascii_json import compact
from catalogue.site import urls
from catalogue.site.search_layout import Stratum
from catalogue.site.search_lists import pieces

BLOCK = 32
"""Numbers whose records are in one file: ten results are mostly in ten files, so they must be small (4 kB)."""

FIELDS = 4
"""Where a word may stand: the name, the title, the description, the server."""

_FILE = 12_000
"""Letters of a file of words; a longer one is cut."""

_INLINE = 800
"""Letters of a list that stands with its word; a longer one has files of its own."""

_PIECE = 12_000
"""Letters of a file of a list."""

_COMPLETIONS = 4
"""Words that complete a beginning whose words are in several files."""

TOO_FREQUENT = 1
"""Stands for a list that is not kept, as the word is in a twentieth of all titles, descriptions or servers."""


@dataclass(frozen=True, slots=True)
class Words:
    """All words that begin alike, to be written: lists that were `packed`, in ascending order of their numbers.

    `end` is behind the last number there may be.
    """

    key: str
    layout: str
    end: int
    lists: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Records:
    """What is shown of things, to be written, as (number, JSON)."""

    layout: str
    records: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Directory:
    """What is read before any other file of the index: the numbers' strata, and the beginnings of all words."""

    layout: str
    strata: tuple[Stratum, ...]
    keys: tuple[str, ...]


class _Word(NamedTuple):
    word: str
    weight: int
    text: str


def _script(name: str, value: Any) -> bytes:
    return f'catalogueSearch("{name}",{compact(value)});\n'.encode("ascii")


def index_files(part: Words | Records | Directory) -> Iterator[tuple[str, bytes]]:
    """Yield the path and content of each file of a part of the index."""
    if isinstance(part, Words):
        return _word_files(part)
    if isinstance(part, Records):
        return _record_files(part)
    content = {"layout": part.layout, "block": BLOCK, "strata": part.strata, "keys": " ".join(part.keys)}
    return iter([(urls.search_file("index"), _script("index", content))])


def _record_files(part: Records) -> Iterator[tuple[str, bytes]]:
    for block, found in groupby(part.records, key=lambda pair: pair[0] // BLOCK):
        rows = ",".join(f'"{number}":{record.decode("ascii")}' for number, record in found)
        name = f"r/{block}"
        content = f'catalogueSearch("{name}",{{"layout":"{part.layout}","rows":{{{rows}}}}});\n'
        yield urls.search_file(name), content.encode("ascii")


def _word_files(part: Words) -> Iterator[tuple[str, bytes]]:
    found = []
    merged = _merged(part.lists)
    for word in sorted(merged):
        entry: list[Any] = []
        for field, numbers in enumerate(merged[word]):
            value, own = _value(part, word, field, numbers)
            entry.append(value)
            yield from own
        while not entry[-1]:
            entry.pop()
        found.append(_Word(word, sum(map(len, merged[word])), f"{compact(word)}:{compact(entry)}"))
    tops: dict[str, list[str]] = {}
    groups = list(_cut(found, 0, tops))
    name = f"w/{part.key}"
    if len(groups) == 1:
        yield urls.search_file(name), _words_script(name, part.layout, groups[0])
        return
    for number, group in enumerate(groups):
        yield urls.search_file(f"{name}-{number}"), _words_script(f"{name}-{number}", part.layout, group)
    cuts = [group[0].word for group in groups]
    yield urls.search_file(name), _script(name, {"layout": part.layout, "cuts": cuts, "tops": tops})


def _words_script(name: str, layout: str, group: Sequence[_Word]) -> bytes:
    words = ",".join(word.text for word in group)
    return f'catalogueSearch("{name}",{{"layout":"{layout}","words":{{{words}}}}});\n'.encode("ascii")


def _merged(lists: Sequence[bytes]) -> Mapping[str, list[array[int]]]:
    merged: dict[str, list[array[int]]] = {}
    for piece in lists:
        for word, field, numbers in _unpacked(piece):
            fields = merged.get(word)
            if fields is None:
                fields = merged[word] = [array("I") for _ in range(FIELDS)]
            fields[field].frombytes(numbers)
    return merged


def packed(lists: Iterable[tuple[str, int, array[int]]]) -> bytes:
    """Return lists of numbers by word and field as bytes: what they are, a line, and all numbers."""
    heads, bodies = [], []
    for word, field, numbers in lists:
        bodies.append(numbers.tobytes())
        heads.append((word, field, len(bodies[-1])))
    return orjson.dumps(heads) + b"\n" + b"".join(bodies)


def _unpacked(piece: bytes) -> Iterator[tuple[str, int, memoryview]]:
    head, _, numbers = piece.partition(b"\n")
    rest = memoryview(numbers)
    for word, field, size in orjson.loads(head):
        yield word, field, rest[:size]
        rest = rest[size:]


def _value(part: Words, word: str, field: int, numbers: array[int]) -> tuple[Any, list[tuple[str, bytes]]]:
    """Return how a list stands with its word, and its own files."""
    if not numbers:
        return 0, []
    if field and len(numbers) > part.end // 20 and part.end > 2_000:
        return TOO_FREQUENT, []
    cut = list(pieces(numbers, 0, part.end, _PIECE))
    if len(cut) == 1 and len(cut[0][1]) <= _INLINE:
        return cut[0][1], []
    digest = hashlib.sha256(f"{word} {field}".encode()).hexdigest()[:16]
    names = [f"l/{digest}-{number}" for number in range(len(cut))]
    files = [
        (urls.search_file(name), _script(name, [part.layout, text])) for name, (_, text) in zip(names, cut, strict=True)
    ]
    return [digest, [[start, len(text)] for start, text in cut]], files


def _cut(found: list[_Word], depth: int, tops: dict[str, list[str]]) -> Iterator[list[_Word]]:
    """Cut words, which begin alike up to `depth`, into groups for a file each, and note the best of what is cut."""
    if _letters(found) <= _FILE or len(found) == 1:
        yield found
        return
    beginning = found[0].word[:depth]
    if len(beginning.encode("utf-8")) > 1:
        best = sorted(found, key=lambda word: (-word.weight, word.word))[:_COMPLETIONS]
        tops[beginning] = [word.word for word in best]
    waiting: list[_Word] = []
    for _, alike in groupby(found, key=lambda word: word.word[: depth + 1]):
        group = list(alike)
        if waiting and _letters(waiting) + _letters(group) > _FILE:
            yield waiting
            waiting = []
        if _letters(group) > _FILE:
            yield from _cut(group, depth + 1, tops)
        else:
            waiting += group
    if waiting:
        yield waiting


def _letters(found: Sequence[_Word]) -> int:
    return sum(len(word.text) for word in found)
