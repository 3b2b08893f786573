"""Reads the catalogue server by server: once for the index, and once more for the servers that must be rendered.

A server is as it was when its row and the heads of its tools are: then what the index needs to know of its tools is
read where the last build noted it, and neither their definitions nor their verdicts are read at all.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalogue.drift import Drift
from catalogue.errors import CatalogueError
from catalogue.history import Past
from catalogue.repository import Repository
from catalogue.site import urls
from catalogue.site.building.parts import Pieces
from catalogue.site.building.server_files import Work
from catalogue.site.building.workers import Job
from catalogue.site.context import Site
from catalogue.site.files.fingerprint import fingerprint, outlined, pickled
from catalogue.site.files.manifest import Made
from catalogue.site.files.output import Output
from catalogue.site.gathered.entries import NAMESAKES
from catalogue.site.gathered.facts import facts_of
from catalogue.site.gathered.index import Index
from catalogue.site.gathered.server_facts import ServerFacts, read, server_facts, written
from catalogue.values import Report, ServerRow, StoredTool, ToolHead

_TOGETHER = 400
"""Tools that are read from the database at a time: a query costs as much as ten of them."""

_MOST = 64
"""Servers that wait for that many tools."""


@dataclass(frozen=True, slots=True)
class _Holding:
    """A server that was read: its tools by the database's ids, their names, and the digest of all that is its own."""

    row: ServerRow
    ids: Sequence[int]
    names: tuple[str, ...]
    seed: bytes


class Scan:
    """One pass over the data, and what is made of it."""

    def __init__(self, repository: Repository, past: Past, site: Site, program: bytes, output: Output) -> None:
        """`program` is the digest of everything but the data."""
        self.index = Index(site.addresses)
        self._repository = repository
        self._past = past
        self._ruleset = site.ruleset
        self._program = program
        self._output = output
        self._holdings: list[_Holding] = []
        self._names: dict[str, str] = {}
        self._digest_of = lru_cache(maxsize=200_000)(self._digest_namesakes)

    def read(self, report: Report, expect: Callable[[int], None]) -> None:
        """Read every server and every tool once, and say of how many tools the pages will not be as they were.

        Raises `CatalogueError` when a tool has no verdict of the ruleset.
        """
        tools = unjudged = 0
        waiting: list[tuple[_Holding, bytes | None]] = []
        for row, heads in self._repository.holdings(self._ruleset):
            tools += len(heads)
            unjudged += sum(not head.judged for head in heads)
            if not unjudged:
                waiting.append(self._note(row, heads))
                if _weight(waiting) >= _TOGETHER:
                    expect(self._index(waiting))
                    waiting = []
            report("reading tools", tools, None)
        if unjudged:
            raise CatalogueError(
                f"{unjudged:,} of {tools:,} tools have no verdict of this ruleset.", "run `catalogue classify` first"
            )
        self._index(waiting)
        report("reading tools", tools, tools)

    def _note(self, row: ServerRow, heads: Sequence[ToolHead]) -> tuple[_Holding, bytes | None]:
        """Return a server with what the last build noted of its tools, `None` where that is not so any more."""
        names = tuple(self._names.setdefault(head.name, head.name) for head in heads)
        seed = fingerprint(self._program, outlined(row), repr([(head.name, head.state) for head in heads]))
        noted = self._output.note(urls.server(row.name))
        holding = _Holding(row, array("Q", [head.id for head in heads]), names, seed)
        return holding, noted if noted and noted.startswith(seed) else None

    def _index(self, waiting: Sequence[tuple[_Holding, bytes | None]]) -> int:
        """Put servers into the index, keep what is known of their tools, and return how many of these were read."""
        wanted = [number for holding, noted in waiting if noted is None for number in holding.ids]
        loaded = self._repository.tools_by_id(wanted, self._ruleset)
        for holding, noted in waiting:
            if noted is not None:
                facts = read(noted[len(holding.seed) :])
            else:
                facts = self._facts(holding, loaded)
                self._output.keep(urls.server(holding.row.name), holding.seed + written(facts))
            self._holdings.append(holding)
            self.index.add_server(holding.row, facts, holding.seed)
        return len(wanted)

    def _facts(self, holding: _Holding, loaded: Iterator[StoredTool]) -> ServerFacts:
        """Return the facts of the next tools that are loaded, which are a server's."""
        index, tools = self.index, len(holding.ids)
        facts = [facts_of(next(loaded), index.addresses, tools) for _ in holding.ids]
        return server_facts(holding.row, facts, index.search.cut)

    def sizes(self) -> Iterator[int]:
        """Yield the number of tools of each server."""
        return (len(holding.ids) for holding in self._holdings)

    def jobs(self) -> Iterator[Job | Made]:
        """Yield a job for each server, or the part where an earlier build made it from the same."""
        waiting: list[tuple[_Holding, bytes, Made | None]] = []
        for holding in self._holdings:
            key = fingerprint(holding.seed, *map(self._digest_of, holding.names))
            waiting.append((holding, key, self._output.kept(urls.server(holding.row.name), key.hex())))
            if sum(len(one.ids) for one, _, part in waiting if part is None) >= _TOGETHER or len(waiting) >= _MOST:
                yield from self._load(waiting)
                waiting = []
        yield from self._load(waiting)

    def _load(self, waiting: Sequence[tuple[_Holding, bytes, Made | None]]) -> Iterator[Job | Made]:
        wanted = [number for holding, _, part in waiting if part is None for number in holding.ids]
        past = self._past([holding.row.name for holding, _, part in waiting if part is None])
        loaded = self._repository.tools_by_id(wanted, self._ruleset)
        for holding, key, part in waiting:
            if part is not None:
                yield part
                continue
            work = self._work(holding, [next(loaded) for _ in holding.ids], past)
            name = urls.server(holding.row.name)
            yield Job(name, key.hex(), pickled(work), self._output.digests(name))

    def pieces(self, seeds: Collection[bytes]) -> Iterator[Job]:
        """Yield a job for the pieces of each of the servers with these seeds."""
        for holding in self._holdings:
            if holding.seed in seeds:
                tools = list(self._repository.tools_by_id(holding.ids, self._ruleset))
                work = self._work(holding, tools, self._past([holding.row.name]))
                yield Job("", "", pickled(Pieces(work)), {})

    def _work(self, holding: _Holding, tools: Sequence[StoredTool], past: Mapping[str, Sequence[Drift]]) -> Work:
        namesakes = {name: self.index.namesakes(name) for name in holding.names}
        row = holding.row
        return Work(row, tools, self.index.by_server[row.name], namesakes, past.get(row.name, ()), holding.seed)

    def _digest_namesakes(self, name: str) -> bytes:
        entries = self.index.by_name[name]
        return fingerprint(str(len(entries)), entries[:NAMESAKES].outline())


def _weight(waiting: Sequence[tuple[_Holding, bytes | None]]) -> int:
    """Return how many tools must be read, or all of them counted as a tenth where many need not be."""
    return sum(len(holding.ids) if noted is None else 1 + len(holding.ids) // 10 for holding, noted in waiting)
