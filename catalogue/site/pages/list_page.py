"""The contexts of the lists: tools of a category, risk level or signal, and all servers. Pure; knows no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias, overload

from catalogue.attacks.read import packaged_patterns
from catalogue.site import urls
from catalogue.site.addresses import Addresses
from catalogue.site.context import (
    CATEGORY_ABOUT,
    CATEGORY_NOT,
    SEVERITIES,
    WHOLE,
    Bar,
    Crumb,
    Entry,
    Link,
    Slice,
    Standings,
    bars,
    category_bars,
    counted,
    label,
    slice_of,
    tools_in_words,
)
from catalogue.site.files.fingerprint import Outlined
from catalogue.site.gathered.entries import Entries
from catalogue.site.gathered.index import Index
from catalogue.site.marks import inert
from catalogue.site.outcomes import outcome_words
from catalogue.site.pages.words import about_signal, risk_of
from catalogue.values import ServerRow
from classifier.rule import Rule
from classifier.verdict import SIGNALS, Category, Severity

PAGE = 100
"""Entries on one page of a list: about 40 kB of HTML."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list of tools."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin, "" without one
    crumbs: tuple[Crumb, ...]
    kind: str  # "category", "severity" or "signal"
    id: str  # of the category, risk level or signal
    title: str  # the heading
    description: str  # of the page, for search engines
    about: tuple[str, ...]  # sentences: what is in the list, and what is not
    rules: tuple[Link, ...]  # that put tools into the list; none for a risk level
    attacks: tuple[Link, ...]  # patterns that need the signal
    siblings: tuple[tuple[Link, Standings, bool], ...]  # the lists of this kind: link, tools, whether it is this one
    known: str  # how many tools servers listed, and how many are only declared
    bars: tuple[Bar, ...]  # how the tools that servers listed divide the other way: by category or by risk level
    declared_bars: tuple[Bar, ...]  # the same of those that only records declare
    entries: Sequence[Entry]
    slice: Slice


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A server in the list of servers. `outcomes` are the distinct words for how its targets answered.

    `tools` counts those that it listed itself, `declared` the others; `known` says both in words.
    """

    path: str
    name: str
    title: str
    summary: str
    tools: int
    declared: int
    known: str
    severity: Severity | None
    bars: tuple[Bar, ...]
    outcomes: tuple[str, ...]
    withdrawn: bool


class ServerEntries(Sequence[ServerEntry], Outlined):
    """A list of servers, each made when it is looked at. What is pickled is a tuple of them."""

    __slots__ = ("_index", "_rows")

    def __init__(self, index: Index, rows: Sequence[ServerRow]) -> None:
        self._index = index
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> ServerEntry: ...
    @overload
    def __getitem__(self, place: slice) -> ServerEntries: ...
    def __getitem__(self, place: int | slice) -> ServerEntry | ServerEntries:
        if isinstance(place, slice):
            return ServerEntries(self._index, self._rows[place])
        row = self._rows[place]
        return server_entry(row, self._index.by_server[row.name])

    def __reduce__(self) -> tuple[Callable[[list[ServerEntry]], tuple[ServerEntry, ...]], tuple[list[ServerEntry]]]:
        return tuple, (list(self),)

    def outline(self) -> bytes:
        """Return what tells this list from others."""
        return b"".join([self._index.seeds[row.name] for row in self._rows])


@dataclass(frozen=True, slots=True)
class ServersPage:
    """One page of the list of servers."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    withdrawn: int  # of the servers in the list
    entries: ServerEntries
    slice: Slice


_Kind: TypeAlias = Mapping[str, tuple[str, Standings]]
"""The lists of one kind: by their titles, where each is, and how many tools it has."""


def list_pages(index: Index, rules: Sequence[Rule]) -> Iterator[ListPage]:
    """Make the contexts of every page of every category, risk level and signal, empty ones included."""
    kind = {label(one): (urls.category(one.value), index.by_category[one].standings()) for one in CATEGORY_ABOUT}
    for category in CATEGORY_ABOUT:
        yield from _category(category, index, rules, kind)
    kind = {label(one): (urls.severity(one.value), index.by_severity[one].standings()) for one in SEVERITIES}
    for severity in SEVERITIES:
        yield from _severity(severity, index, kind)
    kind = {one: (urls.signal(one), index.by_signal[one].standings()) for one in SIGNALS}
    for signal in SIGNALS:
        yield from _signal(signal, index, rules, kind)


def _category(category: Category, index: Index, rules: Sequence[Rule], kind: _Kind) -> Iterator[ListPage]:
    entries = index.by_category[category]
    confirmed, declared = entries.count_apart(Severity)
    return _pages(
        ListPage(
            path="",
            twin="",
            crumbs=(Crumb("", label(category)),),
            kind="category",
            id=category.value,
            title=f"{label(category)} tools",
            description=f"MCP tools of the category {label(category)}: {CATEGORY_ABOUT[category]}.",
            about=(
                f"A tool in this list {CATEGORY_ABOUT[category]}.",
                f"What it is not: {CATEGORY_NOT[category]}.",
            ),
            rules=_links(rule for rule in rules if rule.asserts is category),
            attacks=(),
            siblings=_siblings(kind, label(category)),
            known=entries.standings().known,
            bars=_severity_bars(confirmed),
            declared_bars=_severity_bars(declared),
            entries=entries,
            slice=WHOLE,
        ),
        partial(urls.category, category.value),
        index.addresses,
    )


def _severity(severity: Severity, index: Index, kind: _Kind) -> Iterator[ListPage]:
    entries = index.by_severity[severity]
    confirmed, declared = entries.count_apart(Category)
    return _pages(
        ListPage(
            path="",
            twin="",
            crumbs=(Crumb("", f"{label(severity)} risk"),),
            kind="severity",
            id=severity.value,
            title=f"{label(severity)} risk",
            description=f"MCP tools whose risk level is {severity.value}.",
            about=(_SEVERITY_ABOUT[severity],),
            rules=(),
            attacks=(),
            siblings=_siblings(kind, label(severity)),
            known=entries.standings().known,
            bars=category_bars(confirmed),
            declared_bars=category_bars(declared),
            entries=entries,
            slice=WHOLE,
        ),
        partial(urls.severity, severity.value),
        index.addresses,
    )


def _signal(signal: str, index: Index, rules: Sequence[Rule], kind: _Kind) -> Iterator[ListPage]:
    entries = index.by_signal[signal]
    confirmed, declared = entries.count_apart(Category)
    return _pages(
        ListPage(
            path="",
            twin="",
            crumbs=(Crumb("", f"Signal {signal}"),),
            kind="signal",
            id=signal,
            title=signal,
            description=f"MCP tools with the risk signal {signal}: the tool {SIGNALS[signal]}.",
            about=tuple(filter(None, (about_signal(signal), risk_of(signal)))),
            rules=_links(rule for rule in rules if rule.signals == signal),
            attacks=_attacks(signal),
            siblings=_siblings(kind, signal),
            known=entries.standings().known,
            bars=category_bars(confirmed),
            declared_bars=category_bars(declared),
            entries=entries,
            slice=WHOLE,
        ),
        partial(urls.signal, signal),
        index.addresses,
    )


_SEVERITY_ABOUT: Mapping[Severity, str] = {
    Severity.CRITICAL: "Financial and Destructive tools, and what their signals raise to this level. "
    "One wrong call costs money or data that does not come back.",
    Severity.HIGH: "Execute tools, unclassified ones, and what their signals raise to this level. "
    "What a call does is decided by its arguments, or is not known.",
    Severity.MEDIUM: "Write tools, and what their signals raise to this level. A wrong call can be put right.",
    Severity.LOW: "Read tools that carry no signal of more.",
}


def server_list(index: Index) -> Iterator[ServersPage]:
    """Make the contexts of the list of all servers, at least one page."""
    count = len(index.servers)
    size = PAGE * index.addresses.others
    paths = [urls.servers(number + 1) for number in range(max(1, -(-count // size)))]
    for path in paths:
        part = slice_of(count, size, path, paths)
        shown = index.servers[max(0, part.first - 1) : part.last]
        yield ServersPage(
            path=path,
            twin=urls.twin(path),
            crumbs=(Crumb("", "Servers"),),
            description=f"All {counted(index.standing, 'MCP server')} known here, with what their tools can do.",
            withdrawn=index.withdrawn,
            entries=ServerEntries(index, shown),
            slice=part,
        )


def server_entry(row: ServerRow, tools: Entries) -> ServerEntry:
    """Return a server as lists show it."""
    outcomes = (target.latest.outcome if target.latest else "never-tried" for target in row.targets)
    declared = tools.declared()
    return ServerEntry(
        path=urls.server(row.name),
        name=inert(row.name, 120),
        title=inert(row.title or "", 120),
        summary=inert(" ".join(row.description.split()), 160),
        tools=len(tools) - declared,
        declared=declared,
        known=tools_in_words(len(tools) - declared, declared),
        severity=max(tools.by_severity(), key=list(Severity).index, default=None),
        bars=category_bars(tools.by_category(), linked=False),
        outcomes=tuple(dict.fromkeys(outcome_words(outcome) for outcome in outcomes)),
        withdrawn=row.withdrawn,
    )


def _pages(whole: ListPage, url: Callable[[int], str], addresses: Addresses) -> Iterator[ListPage]:
    """Cut a list whose entries are all there into its pages."""
    count, size = len(whole.entries), PAGE * addresses.lists
    paths = [url(number + 1) for number in range(max(1, -(-count // size)))]
    for path in paths:
        part = slice_of(count, size, path, paths)
        shown = whole.entries[max(0, part.first - 1) : part.last]
        yield replace(whole, path=path, twin=addresses.list_twin(path), entries=shown, slice=part)


def _links(rules: Iterable[Rule]) -> tuple[Link, ...]:
    return tuple(Link(urls.rule(rule.id), rule.title) for rule in rules)


def _attacks(signal: str) -> tuple[Link, ...]:
    found = (one for one in packaged_patterns() if any(signal in need.signals for need in one.needs))
    return tuple(Link(urls.attack(one.id), one.name) for one in found)


def _siblings(kind: _Kind, this: str) -> tuple[tuple[Link, Standings, bool], ...]:
    return tuple((Link(path, text), tools, text == this) for text, (path, tools) in kind.items())


def _severity_bars(counts: Mapping[Severity, int]) -> tuple[Bar, ...]:
    return bars(
        [
            (
                f"risk-{severity.value}",
                label(severity),
                counts.get(severity, 0),
                urls.severity(severity.value),
            )
            for severity in SEVERITIES
        ]
    )
