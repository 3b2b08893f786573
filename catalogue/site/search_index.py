"""Collects what can be found and by which words, and makes the work of writing the search index.

The index is for `site_templates/search.js`: from the words of a query it reads a few small files, asking no server.
Words and records wait on the disk; in memory are some twenty bytes for each tool.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

import orjson

from catalogue.ascii_json import compact
from catalogue.site import urls
from catalogue.site.facts import Facts
from catalogue.site.fingerprint import fingerprint, pickled
from catalogue.site.marks import inert
from catalogue.site.search_files import BLOCK, Directory, Records, Words
from catalogue.site.search_layout import EMPTY, SERVER, Layout, lay_out, place, stratum_code
from catalogue.site.search_words import found_by, words
from catalogue.site.spool import Spool
from catalogue.values import ServerRow

_WINDOW = 1 << 14
"""Numbers whose words are collected in memory at a time. The windows are ranges of numbers, so that what comes or goes
changes its own only."""

_RECORDS = 64 * BLOCK
"""Numbers whose records are one part of the site."""

_SUMMARY = 110
"""Characters of a description that a result shows."""

_SEPARATOR = "\x1f"
"""Between a record and the fields' words, none of which has it: words are letters and digits, records are JSON."""


class SearchPart(NamedTuple):
    """A part of the index to be made: its name, what it is made from, and a digest of that."""

    name: str
    part: Words | Records | Directory
    digest: bytes


class Findable(NamedTuple):
    """A server and its tools as they can be found, in JSON values.

    Of each, the code of its stratum, its place, and its record with the words of each field. `facets` are those of all.
    """

    codes: Sequence[int]
    places: Sequence[int]
    things: Sequence[str]
    facets: Sequence[str]


def findable(row: ServerRow, tools: Sequence[Facts]) -> Findable:
    """Return a server and its tools as they can be found."""
    facets = _facets(row)
    things = [_server(row, len(tools), facets)]
    of_server = " ".join(words(f"{row.name} {row.title or ''}"))
    for tool in tools:
        line = orjson.loads(tool.line)
        path, summary, declared = line[0], line[8], line[9]
        record = compact([line[1], line[2], path, inert(summary, _SUMMARY), int(declared)])
        own = " ".join((facets, *(f":signal:{signal}" for signal in tool.signals), f":changed:{tool.changed}"))
        things.append(_Thing(path, (tool.severity, tool.category), record, (*tool.words, of_server, own)))
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

    def __init__(self) -> None:
        self._codes = array("H")
        self._places = array("I")
        self._things = Spool()
        self._layout: Layout | None = None
        self.facets: set[str] = set()

    def add(self, found: Findable) -> None:
        """Take a server and its tools."""
        self.facets.update(found.facets)
        self._codes.extend(found.codes)
        self._places.extend(found.places)
        self._things.add_all([thing.encode("utf-8") for thing in found.things])

    @property
    def layout(self) -> Layout:
        """The numbers of all that was added."""
        if self._layout is None:
            self._layout = lay_out(self._codes, self._places)
        return self._layout

    def parts(self) -> Iterator[SearchPart]:
        """Yield the parts of the index, each with a digest of what it is made from."""
        pieces = Spool()
        of_key: dict[str, list[int]] = defaultdict(list)
        layout, end = self.layout.digest, len(self.layout.things)
        for window in range(0, end, _WINDOW):
            lists: _Lists = defaultdict(lambda: array("I"))
            for start in range(window, min(end, window + _WINDOW), _RECORDS):
                records = list(self._read(range(start, min(end, start + _RECORDS)), lists))
                if records:
                    yield _part(f"search/r/{start}", Records(layout, records), (layout, records))
            for key, found in groupby(sorted(lists), key=lambda pair: _key(pair[0])):
                piece = pickled([(word.decode("utf-8"), field, lists[word, field].tobytes()) for word, field in found])
                of_key[key].append(pieces.add(piece))
        for key in sorted(of_key):
            content = [pieces[number] for number in of_key[key]]
            yield _part(f"search/w/{key}", Words(key, layout, end, content), (layout, *content))
        directory = Directory(layout, self.layout.strata, tuple(sorted(of_key)))
        yield _part("search/index", directory, (directory,))

    def _read(self, numbers: range, lists: _Lists) -> Iterator[tuple[int, bytes]]:
        """Yield the records of these numbers, and put the numbers into the lists of their words."""
        for number in numbers:
            thing = self.layout.things[number]
            if thing == EMPTY:
                continue
            record, *fields, facets = self._things[thing].split(_SEPARATOR.encode())
            fields[0] += b" " + facets
            for field, found in enumerate(fields):
                for word in found.split():
                    lists[word, field].append(number)
            yield number, record


_Lists: TypeAlias = dict[tuple[bytes, int], "array[int]"]


def _part(name: str, part: Words | Records | Directory, content: tuple[object, ...]) -> SearchPart:
    return SearchPart(name, part, fingerprint(*content))


def _key(word: bytes) -> str:
    """Return the name of the file of a word: its first two bytes."""
    return word[:2].hex()


def _facets(row: ServerRow) -> str:
    """Return where a server is listed and how it is reached."""
    sources = {f":source:{listing.source}" for listing in row.listings}
    return " ".join(sorted(sources | {f":transport:{target.target.transport}" for target in row.targets}))
