"""The files of the search index, made from lists of numbers. Pure; runs in any process.

A file is a script that hands its content to `site_templates/search.js`: scripts load from a server, below any path, and
from a folder without a server, where a browser reads no other file. What they hold is JSON in ASCII.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from catalogue.ascii_json import compact
from catalogue.site import urls
from catalogue.site.addresses import SiteFormat
from catalogue.site.gathered.search_layout import Stratum
from catalogue.site.gathered.search_lists import pieces

FIELDS = 4
"""Where a word may stand: the name, the title, the description, the server."""


class Cut(NamedTuple):
    """How an index is cut into files: many small ones, of which a query needs few bytes, or few larger ones.

    `block` are the numbers whose records are in one file: ten results are in ten files at most. `packed` records are
    compressed and lack what a result can do without. Words are in one file whose first `key` bytes are alike, which is
    cut where it is longer than `file` letters. A list of up to `inline` letters stands with its word, a longer one in
    files of at most `piece` letters. A query reads lists of about `budget` letters, and then as many files of records,
    of at most about `record` letters, as make less than 300,000 in all.
    """

    block: int
    packed: bool
    key: int
    file: int
    inline: int
    piece: int
    budget: int
    record: int


CUTS: dict[SiteFormat, Cut] = {
    SiteFormat.HTML: Cut(32, packed=False, key=2, file=12_000, inline=800, piece=12_000, budget=205_000, record=6_000),
    SiteFormat.SINGLE: Cut(
        2048, packed=True, key=1, file=30_000, inline=6_000, piece=40_000, budget=140_000, record=48_000
    ),
}

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
    cut: Cut


@dataclass(frozen=True, slots=True)
class Records:
    """What is shown of things, to be written, as (number, JSON)."""

    layout: str
    records: Sequence[tuple[int, bytes]]
    cut: Cut


@dataclass(frozen=True, slots=True)
class Directory:
    """What is read before any other file of the index: the numbers' strata, and the beginnings of all words."""

    layout: str
    strata: tuple[Stratum, ...]
    keys: tuple[str, ...]
    cut: Cut


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
    cut = {"block": part.cut.block, "key": part.cut.key, "budget": part.cut.budget, "record": part.cut.record}
    content = {"layout": part.layout, **cut, "strata": part.strata, "keys": " ".join(part.keys)}
    return iter([(urls.search_file("index"), _script("index", content))])


def _record_files(part: Records) -> Iterator[tuple[str, bytes]]:
    for block, found in groupby(part.records, key=lambda pair: pair[0] // part.cut.block):
        rows = "{" + ",".join(f'"{number}":{record.decode("ascii")}' for number, record in found) + "}"
        name = f"r/{block}"
        value = f'"packed":"{_packed(rows)}"' if part.cut.packed else f'"rows":{rows}'
        content = f'catalogueSearch("{name}",{{"layout":"{part.layout}",{value}}});\n'
        yield urls.search_file(name), content.encode("ascii")


def _packed(rows: str) -> str:
    """Return JSON compressed: records of many tools are much alike."""
    return base64.b64encode(zlib.compress(rows.encode("ascii"), 6)).decode("ascii")


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
    groups = list(_cut(found, part.cut.file, 0, tops))
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
    cut = list(pieces(numbers, 0, part.end, part.cut.piece))
    if len(cut) == 1 and len(cut[0][1]) <= part.cut.inline:
        return cut[0][1], []
    digest = hashlib.sha256(f"{word} {field}".encode()).hexdigest()[:16]
    names = [f"l/{digest}-{number}" for number in range(len(cut))]
    files = [
        (urls.search_file(name), _script(name, [part.layout, text])) for name, (_, text) in zip(names, cut, strict=True)
    ]
    return [digest, [[start, len(text)] for start, text in cut]], files


def _cut(found: list[_Word], most: int, depth: int, tops: dict[str, list[str]]) -> Iterator[list[_Word]]:
    """Cut words, which begin alike up to `depth`, into groups for a file each, and note the best of what is cut."""
    if _letters(found) <= most or len(found) == 1:
        yield found
        return
    beginning = found[0].word[:depth]
    if len(beginning.encode("utf-8")) > 1:
        best = sorted(found, key=lambda word: (-word.weight, word.word))[:_COMPLETIONS]
        tops[beginning] = [word.word for word in best]
    waiting: list[_Word] = []
    for _, alike in groupby(found, key=lambda word: word.word[: depth + 1]):
        group = list(alike)
        if waiting and _letters(waiting) + _letters(group) > most:
            yield waiting
            waiting = []
        if _letters(group) > most:
            yield from _cut(group, most, depth + 1, tops)
        else:
            waiting += group
    if waiting:
        yield waiting


def _letters(found: Sequence[_Word]) -> int:
    return sum(len(word.text) for word in found)
