"""Reads the catalogue: the heads of all tools for who has what, and whole only the servers that must be rendered.

A server is as it was when its row and the heads of its tools are, and those of the tools of the same names elsewhere.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from catalogue.drift import Drift
from catalogue.errors import CatalogueError
from catalogue.history import Past
from catalogue.repository import Repository
from catalogue.site import urls
from catalogue.site.building.parts import Pieces
from catalogue.site.building.server_files import Work
from catalogue.site.building.workers import Job
from catalogue.site.context import Site
from catalogue.site.files.fingerprint import fingerprint, outlined
from catalogue.site.files.manifest import Made
from catalogue.site.files.output import Output
from catalogue.site.gathered.names import Names
from catalogue.values import Report, ServerRow, StoredTool, ToolHead

_TOGETHER = 400
"""Tools that are read from the database at a time: a query costs as much as ten of them."""

_MOST = 64
"""Servers that wait for that many tools."""


class Holding(NamedTuple):
    """A server that was read: its tools by the database's ids, their names, and the digest of all that is its own."""

    row: ServerRow
    ids: Sequence[int]
    names: tuple[str, ...]
    seed: bytes


class Plan(NamedTuple):
    """What becomes of a server: the digest of all that it is made from, and the part if it is made already."""

    holding: Holding
    key: str
    made: Made | None


class Scan:
    """The servers and tools of one build."""

    def __init__(self, repository: Repository, past: Past, site: Site, program: bytes, output: Output) -> None:
        """`program` is the digest of everything but the data."""
        self.tools = 0
        self._repository = repository
        self._past = past
        self._ruleset = site.ruleset
        self._program = program
        self._output = output
        self._holdings: list[Holding] = []
        self._names = Names(site.addresses)

    def read(self, report: Report) -> None:
        """Read who has which tools. Raises `CatalogueError` when a tool has no verdict of the ruleset."""
        unjudged = 0
        known: dict[str, str] = {}  # of equal names one
        for row, heads in self._repository.holdings(self._ruleset):
            self.tools += len(heads)
            unjudged += sum(head.category is None for head in heads)
            if not unjudged:
                self._names.add_server(row.name, heads)
                self._holdings.append(self._holding(row, heads, known))
            report("reading tools", self.tools, None)
        if unjudged:
            raise CatalogueError(
                f"{unjudged:,} of {self.tools:,} tools have no verdict of this ruleset.",
                "run `catalogue classify` first",
            )
        report("reading tools", self.tools, self.tools)

    def _holding(self, row: ServerRow, heads: Sequence[ToolHead], known: dict[str, str]) -> Holding:
        names = tuple([known.setdefault(head.name, head.name) for head in heads])
        seed = fingerprint(self._program, outlined(row), repr([(head.name, head.state) for head in heads]))
        return Holding(row, array("Q", [head.id for head in heads]), names, seed)

    def plan(self, expect: Callable[[int], None]) -> Sequence[Plan]:
        """Return what becomes of every server, and say how many tools must be rendered."""
        plans = list(map(self._planned, self._holdings))
        expect(sum(len(plan.holding.ids) for plan in plans if plan.made is None))
        return plans

    def _planned(self, holding: Holding) -> Plan:
        key = fingerprint(holding.seed, self._names.told(holding.names)).hex()
        return Plan(holding, key, self._output.kept(urls.server(holding.row.name), key))

    def jobs(self, plans: Sequence[Plan]) -> Iterator[Job | Made]:
        """Yield a job for each server, or the part where an earlier build made it from the same."""
        waiting: list[Plan] = []
        tools = 0
        for plan in plans:
            waiting.append(plan)
            tools += len(plan.holding.ids) if plan.made is None else 0
            if tools >= _TOGETHER or len(waiting) >= _MOST:
                yield from self._load(waiting)
                waiting, tools = [], 0
        yield from self._load(waiting)

    def _load(self, waiting: Sequence[Plan]) -> Iterator[Job | Made]:
        wanted = [plan.holding for plan in waiting if plan.made is None]
        works = self._works(wanted)
        for plan in waiting:
            if plan.made is not None:
                yield plan.made
                continue
            name = urls.server(plan.holding.row.name)
            yield Job(name, plan.key, pickle.dumps(next(works), pickle.HIGHEST_PROTOCOL), self._output.digests(name))

    def pieces(self, seeds: Collection[bytes]) -> Iterator[Job]:
        """Yield a job for the pieces of each of the servers with these seeds."""
        wanted = [holding for holding in self._holdings if holding.seed in seeds]
        for start in range(0, len(wanted), _MOST):
            for work in self._works(wanted[start : start + _MOST]):
                yield Job("", "", pickle.dumps(Pieces(work), pickle.HIGHEST_PROTOCOL), {})

    def _works(self, holdings: Sequence[Holding]) -> Iterator[Work]:
        past = self._past([holding.row.name for holding in holdings])
        loaded = self._repository.tools_by_id([number for one in holdings for number in one.ids], self._ruleset)
        for holding in holdings:
            yield self._work(holding, [next(loaded) for _ in holding.ids], past)

    def _work(self, holding: Holding, tools: Sequence[StoredTool], past: Mapping[str, Sequence[Drift]]) -> Work:
        row = holding.row
        return Work(row, tools, self._names.namesakes(holding.names), past.get(row.name, ()), holding.seed)
