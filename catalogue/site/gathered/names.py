"""Which tools have the same name, known before any definition is read. Knows no database and no page."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalogue.site.addresses import Addresses
from catalogue.site.context import Mention
from catalogue.site.files.fingerprint import fingerprint
from catalogue.site.gathered.entries import CATEGORIES, SEVERITIES
from catalogue.site.marks import inert
from catalogue.values import ToolHead

NAMESAKES = 7
"""Tools of one name that a page may need to know: those it shows, and itself."""

_CATEGORIES = {word: code for code, word in enumerate(CATEGORIES)}
_SEVERITIES = {word: code for code, word in enumerate(SEVERITIES)}


@dataclass(frozen=True, slots=True)
class Namesakes:
    """The tools of one name on all servers: how many there are, and the first `NAMESAKES` of them."""

    count: int
    first: Sequence[Mention]


ALONE = Namesakes(1, ())
"""Of a tool whose name no other has."""


class Names:
    """The tools of every name, by server, name and occurrence; some twenty bytes for each tool beside its name."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._servers: list[tuple[str, int]] = []  # with the number of its tools
        self._server_of = array("I")
        self._occurrences = array("I")
        self._words = bytearray()  # category, severity and whether it is declared, three bytes for each tool
        self._places: dict[str, int | array[int]] = {}  # of a name that several have: how many, and the first of them
        self._found = lru_cache(maxsize=50_000)(self._find)

    def add_server(self, server: str, heads: Sequence[ToolHead]) -> None:
        """Take note of the tools of a server, all of which have a verdict."""
        for head in heads:
            self._put(head.name, len(self._server_of))
            self._server_of.append(len(self._servers))
            self._occurrences.append(head.occurrence)
            self._words += bytes((_CATEGORIES[head.category or ""], _SEVERITIES[head.severity or ""], head.declared))
        self._servers.append((server, len(heads)))

    def _put(self, name: str, number: int) -> None:
        known = self._places.setdefault(name, number)
        if isinstance(known, array):
            known[0] += 1
            if len(known) <= NAMESAKES:
                known.append(number)
        elif known != number:
            self._places[name] = array("I", (2, known, number))

    def namesakes(self, names: Sequence[str]) -> Mapping[str, Namesakes]:
        """Return the tools of those of the names that several tools have, by name."""
        return {name: self._found(name)[0] for name in names if isinstance(self._places[name], array)}

    def told(self, names: Sequence[str]) -> bytes:
        """Return what tells the namesakes of tools of these names from others."""
        return b"".join([self._found(name)[1] for name in names if isinstance(self._places[name], array)])

    def _find(self, name: str) -> tuple[Namesakes, bytes]:
        """Return the tools of a name that several have, and what tells them from others."""
        known = self._places[name]
        count, *numbers = known if isinstance(known, array) else (1, known)
        found = Namesakes(count, [self._mention(name, number) for number in numbers])
        return found, fingerprint(count, found.first)

    def _mention(self, name: str, number: int) -> Mention:
        server, tools = self._servers[self._server_of[number]]
        category, severity, declared = self._words[3 * number : 3 * number + 3]
        return Mention(
            path=self._addresses.tool(server, name, self._occurrences[number], tools),
            name=inert(name, 120),
            server=inert(server, 120),
            category=list(CATEGORIES.values())[category],
            severity=list(SEVERITIES.values())[severity],
            declared=bool(declared),
        )
