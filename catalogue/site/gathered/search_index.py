"""Collects what can be found and by which words, and makes the work of writing the search index.

The index is for `site_templates/search.js`: from the words of a query it reads a few small files, asking no server.
Words and records wait on the disk; in memory are some twenty bytes for each tool.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import groupby
from typing import Any, NamedTuple, Protocol, TypeAlias, cast

import orjson

from catalogue.ascii_json import compact
from catalogue.site import urls
from catalogue.site.files.fingerprint import fingerprint
from catalogue.site.files.spool import Spool
from catalogue.site.gathered.facts import Facts
from catalogue.site.gathered.search_files import Cut, Directory, Records, Words, packed
from catalogue.site.gathered.search_layout import EMPTY, SERVER, Layout, lay_out, place, stratum_code
from catalogue.site.gathered.search_words import found_by, words
from catalogue.site.marks import inert
from catalogue.values import ServerRow

_WINDOW = 1 << 14
"""Numbers whose words are collected in memory at a time. The windows are ranges of numbers, so that what comes or goes
changes its own only."""

_RECORDS = 2048
"""Numbers whose records are one part of the site: some whole blocks, however the index is cut."""

_SUMMARY = 110
"""Characters of a description that a result shows."""

_OUTLINE = 16
"""Bytes of a digest of a thing."""

_SEPARATOR = "\x1f"
"""Between a record and the fields' words, none of which has it: words are letters and digits, records are JSON."""


class SearchPart(NamedTuple):
    """A part of the index to be made: its name, a digest of what it is made from, and what collects that."""

    name: str
    digest: bytes
    collect: Callable[[], Words | Records | Directory]


class Memory(Protocol):
    """What outlasts a build."""

    def note(self, name: str) -> bytes | None:
        """Return what was noted under a name; `None` where there is nothing."""

    def keep(self, name: str, note: bytes) -> None:
        """Note something."""

    def retain(self, names: Iterable[str]) -> None:
        """Keep what was noted under these names."""


class Findable(NamedTuple):
    """A server and its tools as they can be found, in JSON values.

    Of each, the code of its stratum, its place, and its record with the words of each field. `facets` are those of all.
    """

    codes: Sequence[int]
    places: Sequence[int]
    things: Sequence[str]
    facets: Sequence[str]


def findable(row: ServerRow, tools: Sequence[Facts], cut: Cut) -> Findable:
    """Return a server and its tools as they can be found in an index that is cut like this."""
    facets = _facets(row)
    things = [_server(row, len(tools), facets)]
    of_server = " ".join(words(f"{row.name} {row.title or ''}"))
    for tool in tools:
        entry = tool.entry
        shown = [entry.name, entry.server, entry.path, inert(entry.summary, _SUMMARY), int(entry.declared)]
        record = compact(_brief(shown) if cut.packed else shown)
        own = " ".join((facets, *(f":signal:{signal}" for signal in entry.signals), f":changed:{tool.changed}"))
        kind = (entry.severity.value, entry.category.value)
        things.append(_Thing(entry.path, kind, record, (*tool.words, of_server, own)))
    return Findable(
        [stratum_code(thing.fields[0].count(" ") + 1, *thing.kind) for thing in things],
        [place(thing.path) for thing in things],
        [_SEPARATOR.join((thing.record, *thing.fields)) for thing in things],
        sorted({facet for thing in things for facet in thing.fields[-1].split()}),
    )


class _Thing(NamedTuple):
    path: str
    kind: tuple[str, str]
    record: str
    fields: Sequence[str]


def _server(row: ServerRow, tools: int, facets: str) -> _Thing:
    path = urls.server(row.name)
    space, _, name = row.name.rpartition("/")
    own = found_by(name, (row.title,), row.description)
    shown = [inert(row.name, 120), "", path, inert(" ".join(row.description.split()), _SUMMARY), tools]
    return _Thing(path, ("", SERVER), compact(shown), (*own, " ".join(words(space)), facets))


class SearchIndex:
    """Everything that can be found: `add` it all, then ask for the `parts`.

    `facets` are what can be filtered by beside risk and category: ":signal:bulk", ":source:docker", ":transport:sse",
    ":changed:2026-11". They are kept as words, which no text has.
    """

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self._codes = array("H")
        self._places = array("I")
        self._things = Spool()
        self._outlines = bytearray()
        self._layout: Layout | None = None
        self.facets: set[str] = set()

    def add(self, found: Findable) -> None:
        """Take a server and its tools."""
        self.facets.update(found.facets)
        self._codes.extend(found.codes)
        self._places.extend(found.places)
        things = [thing.encode("utf-8") for thing in found.things]
        self._outlines += b"".join([blake2b(thing, digest_size=_OUTLINE).digest() for thing in things])
        self._things.add_all(things)

    @property
    def layout(self) -> Layout:
        """The numbers of all that was added."""
        if self._layout is None:
            self._layout = lay_out(self._codes, self._places)
        return self._layout

    def parts(self, memory: Memory, program: bytes) -> Iterator[SearchPart]:
        """Yield the parts of the index. Of windows that are as `memory` has them no word is looked at.

        `program` tells this way to make them from others.
        """
        of_key: dict[str, list[tuple[str, str]]] = defaultdict(list)
        end = len(self.layout.things)
        for start in range(0, end, _WINDOW):
            numbers = range(start, min(end, start + _WINDOW))
            yield from self._records_parts(numbers)
            for key, digest in self._pieces(numbers, memory, program).items():
                of_key[key].append((_piece(start, key), digest))
        for key in sorted(of_key):
            names, digests = zip(*of_key[key], strict=True)
            yield SearchPart(f"search/w/{key}", self._told(*digests), partial(self._words, key, names, memory))
        directory = Directory(self.layout.digest, self.layout.strata, tuple(sorted(of_key)), self.cut)
        yield SearchPart("search/index", fingerprint(directory), lambda: directory)

    def _records_parts(self, numbers: range) -> Iterator[SearchPart]:
        for start in numbers[::_RECORDS]:
            own = range(start, min(numbers.stop, start + _RECORDS))
            if any(self.layout.things[number] != EMPTY for number in own):
                yield SearchPart(f"search/r/{start}", self._told(self._outline(own)), partial(self._records, own))

    def _records(self, numbers: range) -> Records:
        found = ((number, self._things[self.layout.things[number]]) for number in numbers if self._has(number))
        separator = _SEPARATOR.encode()
        records = [(number, thing.partition(separator)[0]) for number, thing in found]
        return Records(self.layout.digest, records, self.cut)

    def _words(self, key: str, names: Sequence[str], memory: Memory) -> Words:
        pieces = [memory.note(name) or b"" for name in names]
        return Words(key, self.layout.digest, len(self.layout.things), pieces, self.cut)

    def _told(self, *content: object) -> bytes:
        """Return what tells a part of this content from others, which goes by the division of the numbers, too."""
        return fingerprint(self.layout.digest, len(self.layout.things), *content)

    def _key(self, pair: tuple[bytes, int]) -> str:
        """Return the name of the file of a word: its first bytes."""
        return pair[0][: self.cut.key].hex()

    def _has(self, number: int) -> bool:
        return self.layout.things[number] != EMPTY

    def _outline(self, numbers: range) -> bytes:
        """Return what tells the things of these numbers from others."""
        things, outlines = self.layout.things[numbers.start : numbers.stop], self._outlines
        none = bytes(_OUTLINE)
        return b"".join(
            [none if thing == EMPTY else outlines[thing * _OUTLINE : thing * _OUTLINE + _OUTLINE] for thing in things]
        )

    def _pieces(self, numbers: range, memory: Memory, program: bytes) -> Mapping[str, str]:
        """Return the digests of the pieces of the words' lists that are about these numbers, by the words' keys."""
        name = f"search/window/{numbers.start}"
        told = fingerprint(program, self._outline(numbers)).hex()
        noted = memory.note(name)
        before, pieces = orjson.loads(noted) if noted else ("", {})
        if before == told:
            memory.retain(_piece(numbers.start, key) for key in pieces)
            return cast("Mapping[str, str]", pieces)
        made = {}
        for key, content in self._collected(numbers):
            memory.keep(_piece(numbers.start, key), content)
            made[key] = fingerprint(content).hex()
        memory.keep(name, orjson.dumps((told, made)))
        return made

    def _collected(self, numbers: range) -> Iterator[tuple[str, bytes]]:
        """Yield the lists of the words of these numbers, by the words' keys."""
        lists: _Lists = defaultdict(lambda: array("I"))
        for number in filter(self._has, numbers):
            _, *fields, facets = self._things[self.layout.things[number]].split(_SEPARATOR.encode())
            fields[0] += b" " + facets
            for field, found in enumerate(fields):
                for word in found.split():
                    lists[word, field].append(number)
        for key, own in groupby(sorted(lists, key=lambda pair: (self._key(pair), pair)), key=self._key):
            yield key, packed((word.decode("utf-8"), field, lists[word, field]) for word, field in own)


_Lists: TypeAlias = dict[tuple[bytes, int], "array[int]"]


def _piece(start: int, key: str) -> str:
    """Return under which name the piece of a window is noted."""
    return f"search/window/{start}/{key}"


def _brief(shown: Sequence[Any]) -> Sequence[Any]:
    """Return a tool's record without its summary, and without its path where that follows from its names."""
    name, server, path, _, declared = shown
    usual = f"server/{server.replace('/', '__')}/index.html#tool-{name}"  # as `site_templates/search.js` makes it
    return [name, server, "" if path == usual else path, "", declared]


def _facets(row: ServerRow) -> str:
    """Return where a server is listed and how it is reached."""
    sources = {f":source:{listing.source}" for listing in row.listings}
    return " ".join(sorted(sources | {f":transport:{target.target.transport}" for target in row.targets}))
