"""The first pass over the data: who has which tools, so that every page can link and count. Knows no database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from catalogue import flows
from catalogue.attacks.read import patterns_for
from catalogue.claims import Claims
from catalogue.site.entries import CATEGORIES, SEVERITIES, Entries, EntryStore, Lists
from catalogue.site.facts import Facts
from catalogue.site.search_index import SearchIndex
from catalogue.site.tally import Tally
from catalogue.site.tool_page import NAMESAKES, Namesakes
from catalogue.values import ServerRow
from classifier.verdict import Category, Signal, signal_from_wire

EXAMPLES = 40
"""Tools that a rule's page names; their number is counted in full."""


@dataclass(slots=True)
class Index:
    """Every tool once, in the lists that name it; all lists go by server, name and occurrence.

    `seeds` are by a server's name the digest of all that is its own, in the order of the servers.
    `tools` counts them all, `declared` those of them that no server listed, `withdrawn` the servers that are gone.
    `outcomes` counts the latest attempt on every target ("never-tried" where there was none). `rules` counts the tools
    that each rule fired on. `as_of` is the latest time in the data, `None` when there is no data.
    """

    servers: list[ServerRow] = field(default_factory=list)
    seeds: dict[str, bytes] = field(default_factory=dict)
    withdrawn: int = 0
    store: EntryStore = field(default_factory=EntryStore)
    declared: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    claims: Claims = field(default_factory=Claims)
    search: SearchIndex = field(default_factory=SearchIndex)
    tally: Tally = field(default_factory=Tally)
    as_of: datetime | None = None
    by_server: Lists = field(init=False)
    by_name: Lists = field(init=False)
    by_category: Lists = field(init=False)
    by_severity: Lists = field(init=False)
    by_signal: Lists = field(init=False)
    by_rule: Lists = field(init=False)
    by_attack: Lists = field(init=False)
    _parts: dict[str, list[tuple[str, int, list[str]]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for name in ("by_server", "by_name", "by_category", "by_severity", "by_signal", "by_rule", "by_attack"):
            setattr(self, name, Lists(self.store))

    @property
    def everything(self) -> Entries:
        """All tools."""
        return Entries(self.store, range(len(self.store)))

    @property
    def tools(self) -> int:
        """How many tools there are."""
        return len(self.store)

    def add_server(self, row: ServerRow, tools: Sequence[Facts], seed: bytes) -> None:
        """Take note of a server, of its targets' outcomes, of the latest time it knows, and of its tools."""
        self.servers.append(row)
        self.seeds[row.name] = seed
        self.withdrawn += row.withdrawn
        self.search.add(row, tools)
        times = [row.last_seen, *(listing.fetched_at for listing in row.listings)]
        for target in row.targets:
            self.outcomes[target.latest.outcome if target.latest else "never-tried"] += 1
            if target.latest:
                times.append(target.latest.started_at)
        self.as_of = max(times if self.as_of is None else [self.as_of, *times])
        self.tally.add_server(tools)
        for tool in tools:
            self._add_tool(row.name, tool)

    def _add_tool(self, server: str, tool: Facts) -> None:
        category = CATEGORIES[tool.category]
        line = tool.line.encode("ascii")
        number = self.store.add(line, tool.category, tool.severity, tool.confidence, declared=tool.declared)
        self.declared += tool.declared
        self.by_server.add(server, number)
        self.by_name.add(tool.name, number)
        self.by_category.add(category, number)
        self.by_severity.add(SEVERITIES[tool.severity], number)
        for signal in tool.signals:
            self.by_signal.add(signal, number)
        for pattern in patterns_for(category, frozenset(tool.signals)):
            self.by_attack.add(pattern.id, number)
        for rule in tool.rules:
            self.rules[rule] += 1
            if self.rules[rule] <= EXAMPLES:
                self.by_rule.add(rule, number)
        self._compare(server, tool, category)

    def _compare(self, server: str, tool: Facts, category: Category) -> None:
        """Take note of the tool's hints, and of its part in what its server's tools can do together."""
        signals = [Signal(one, ()) for one in tool.signals] if tool.hints else []
        if tool.conflict:
            signals.append(signal_from_wire(tool.conflict))
        self.claims.add((server, tool.name, tool.occurrence), tool.hints, category, signals)
        legs = [signal for signal in tool.signals if signal in flows.SIGNALS]
        if legs:
            self._parts[server].append((tool.name, tool.occurrence, legs))

    @property
    def confirmed(self) -> int:
        """How many tools servers listed themselves."""
        return self.tools - self.declared

    @property
    def standing(self) -> int:
        """How many servers there are, without those that were withdrawn."""
        return len(self.servers) - self.withdrawn

    def flow(self, server: str) -> flows.Flow:
        """Return what a server's tools can do together, without the evidence of it."""
        parts = self._parts.get(server, ())
        return flows.flow_of(
            part
            for name, occurrence, legs in parts
            for part in flows.parts_of(name, occurrence, [Signal(leg, ()) for leg in legs])
        )

    def namesakes(self, name: str) -> Namesakes:
        """Return the tools called `name`, on all servers: how many, and the first of them."""
        entries = self.by_name[name]
        return Namesakes(len(entries), entries[:NAMESAKES])
