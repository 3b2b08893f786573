"""What is known of all servers and tools together, so that pages can list and count them. Knows no database."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from catalogue import flows
from catalogue.claims import Claims
from catalogue.site.addresses import Addresses
from catalogue.site.context import Standings
from catalogue.site.gathered.entries import CATEGORIES, SEVERITIES, Entries, EntryStore, Lists
from catalogue.site.gathered.search_files import CUTS
from catalogue.site.gathered.search_index import SearchIndex
from catalogue.site.gathered.server_facts import ServerFacts
from catalogue.site.gathered.tally import Tally
from catalogue.values import ServerRow
from classifier.verdict import Signal, signal_from_wire

EXAMPLES = 40
"""Tools that a rule's page names; their number is counted in full."""


@dataclass(slots=True)
class Index:
    """Every tool once, in the lists that name it; all lists go by server, name and occurrence.

    `seeds` are by a server's name the digest of all that is its own, in the order of the servers.
    `tools` counts them all, `declared` those of them that no server listed, `withdrawn` the servers that are gone.
    `outcomes` counts the latest attempt on every target ("never-tried" where there was none). `rules` counts the tools
    that each rule fired on, `rules_declared` those of them that no server listed. `as_of` is the latest time in the
    data, `None` when there is no data.
    """

    addresses: Addresses
    servers: list[ServerRow] = field(default_factory=list)
    seeds: dict[str, bytes] = field(default_factory=dict)
    withdrawn: int = 0
    store: EntryStore = field(default_factory=EntryStore)
    declared: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    rules_declared: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    claims: Claims = field(default_factory=Claims)
    search: SearchIndex = field(init=False)
    tally: Tally = field(default_factory=Tally)
    as_of: datetime | None = None
    by_server: Lists = field(init=False)
    by_category: Lists = field(init=False)
    by_severity: Lists = field(init=False)
    by_signal: Lists = field(init=False)
    by_rule: Lists = field(init=False)
    by_attack: Lists = field(init=False)
    _parts: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.search = SearchIndex(CUTS[self.addresses.format])
        for name in ("by_server", "by_category", "by_severity", "by_signal", "by_rule", "by_attack"):
            setattr(self, name, Lists(self.store))

    def place(self, server: str, name: str, occurrence: int) -> str:
        """Return where a tool stands, or would if there was such a tool."""
        return self.addresses.tool(server, name, occurrence, len(self.by_server[server]))

    @property
    def everything(self) -> Entries:
        """All tools."""
        return Entries(self.store, range(len(self.store)))

    @property
    def tools(self) -> int:
        """How many tools there are."""
        return len(self.store)

    def add_server(self, row: ServerRow, tools: ServerFacts, seed: bytes) -> None:
        """Take note of a server, of its targets' outcomes, of the latest time it knows, and of its tools."""
        self.servers.append(row)
        self.seeds[row.name] = seed
        self.withdrawn += row.withdrawn
        self.search.add(tools.findable)
        times = [row.last_seen, *(listing.fetched_at for listing in row.listings)]
        for target in row.targets:
            self.outcomes[target.latest.outcome if target.latest else "never-tried"] += 1
            if target.latest:
                times.append(target.latest.started_at)
        self.as_of = max(times if self.as_of is None else [self.as_of, *times])
        self.tally.add_server(tools.counts)
        self._compare(row.name, tools)
        self._list(row.name, tools)

    def _list(self, server: str, tools: ServerFacts) -> None:
        """Put the tools of a server into the lists."""
        first = self.store.add(tools.lines, tools.categories, tools.severities, tools.confidences, tools.declared)
        self.declared += sum(tools.declared)
        self.by_server.extend(server, range(first, first + len(tools.names)))
        for category, places in tools.categories.items():
            self.by_category.extend(CATEGORIES[category], [first + place for place in places])
        for severity, places in tools.severities.items():
            self.by_severity.extend(SEVERITIES[severity], [first + place for place in places])
        for lists, found in ((self.by_signal, tools.signals), (self.by_attack, tools.attacks)):
            for key, places in found.items():
                lists.extend(key, [first + place for place in places])
        for rule, places in tools.rules.items():
            room = max(0, EXAMPLES - self.rules[rule])
            self.rules[rule] += len(places)
            self.rules_declared[rule] += sum(tools.declared[place] for place in places)
            self.by_rule.extend(rule, [first + place for place in places[:room]])

    def _compare(self, server: str, tools: ServerFacts) -> None:
        """Take note of the tools' hints, and of their part in what they can do together."""
        self.claims.tools += len(tools.names) - len(tools.hinted)
        self.claims.declared += sum(tools.declared) - sum(hinted[-1] for hinted in tools.hinted)
        for name, occurrence, hints, conflict, category, stated, declared in tools.hinted:
            signals = [Signal(one, ()) for one in stated] if hints else []
            if conflict:
                signals.append(signal_from_wire(conflict))
            self.claims.add((server, name, occurrence), hints, CATEGORIES[category], signals, declared=declared)
        if tools.legs:
            self._parts[server] = pickle.dumps(tools.legs, pickle.HIGHEST_PROTOCOL)  # a tenth of what they take

    def fired(self, rule: str) -> Standings:
        """Return how many tools a rule fired on."""
        declared = self.rules_declared[rule]
        return Standings(self.rules[rule] - declared, declared)

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
        parts = pickle.loads(self._parts[server]) if server in self._parts else ()  # noqa: S301 - our own, see above
        return flows.flow_of(
            part
            for name, occurrence, legs in parts
            for part in flows.parts_of(name, occurrence, [Signal(leg, ()) for leg in legs])
        )
