"""The contexts of flows: what a server's tools can do together, and the list of servers whose tools close a flow.

Pure; knows no database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalogue.attacks.read import packaged_patterns
from catalogue.flows import Flow, Leg, Part, State, sentences
from catalogue.site import urls
from catalogue.site.context import Crumb, Link, Slice, counted, slice_of
from catalogue.site.gathered.index import Index
from catalogue.site.marks import inert
from classifier.verdict import SIGNALS

PAGE = 100
"""Servers on one page of the list."""

_SHOWN = 12
"""Tools of a leg on a server's page; the rest is counted, and stands in the twin."""

_LEGS: Mapping[Leg, str] = {
    Leg.UNTRUSTED: "Strangers’ text in",
    Leg.PRIVATE: "Private data in",
    Leg.OUT: "A way out",
}

_STATES: Mapping[State, str] = {
    State.CLOSED: "all three legs",
    State.POSSIBLE: "all three if code reaches the network",
    State.OPEN: "a leg is missing",
}


@dataclass(frozen=True, slots=True)
class PartView:
    """A tool in a leg: its page, its name, what makes it a leg, and the words that say so. `certain` as in a `Part`."""

    path: str
    name: str
    about: str
    words: str
    certain: bool


@dataclass(frozen=True, slots=True)
class LegView:
    """One leg with the first of its tools; `more` counts the others."""

    title: str
    count: int
    parts: tuple[PartView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class FlowView:
    """What a server's tools can do together: in which state, in sentences, and leg by leg.

    `attacks` are the attack patterns that need all legs; none while one is missing.
    """

    state: State
    says: tuple[str, ...]
    legs: tuple[LegView, ...]
    attacks: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class FlowEntry:
    """A server in the list; `legs` are (title, number of tools)."""

    path: str
    server: str
    state: State
    words: str
    says: tuple[str, ...]
    legs: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FlowsPage:
    """One page of the list of servers that have all three legs, those for certain first."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    closed: int  # servers that have all three legs
    possible: int  # servers of which only code, if it reaches the network, is the way out
    missing: tuple[tuple[str, int], ...]  # the leg that servers with two lack, and their number
    entries: tuple[FlowEntry, ...]
    slice: Slice


def flow_view(flow: Flow, place: Callable[[str, int], str]) -> FlowView | None:
    """Make the part of a server's page; `None` with less than two legs. `place` says where a tool stands."""
    if len(flow.missing) > 1:
        return None
    legs = tuple(_leg(leg, parts, place) for leg, parts in flow.legs.items())
    attacks = (
        () if flow.missing else tuple(Link(urls.attack(one.id), one.name) for one in packaged_patterns() if one.flow)
    )
    return FlowView(flow.state, _says(flow), legs, attacks)


def _leg(leg: Leg, parts: Sequence[Part], place: Callable[[str, int], str]) -> LegView:
    shown = tuple(_part(part, place(part.tool, part.occurrence)) for part in parts[:_SHOWN])
    return LegView(_LEGS[leg], len(parts), shown, len(parts) - len(shown))


def _part(part: Part, path: str) -> PartView:
    quotes = dict.fromkeys(one.quote for one in part.evidence if one.quote)
    return PartView(
        path=path,
        name=inert(part.tool, 120),
        about=SIGNALS[part.signal] + ("" if part.certain else "; whether that reaches the network is not known"),
        words=inert(" … ".join(list(quotes)[:3]), 160),
        certain=part.certain,
    )


def _says(flow: Flow) -> tuple[str, ...]:
    return tuple(inert(sentence, 800) for sentence in sentences(flow))


def flow_pages(index: Index) -> Iterator[FlowsPage]:
    """Make the contexts of the list, at least one page."""
    states: dict[State, list[str]] = {state: [] for state in State}
    lacking: Counter[Leg] = Counter()
    for row in index.servers:
        flow = index.flow(row.name)
        states[flow.state].append(row.name)
        lacking.update(flow.missing if len(flow.missing) == 1 else ())
    names = states[State.CLOSED] + states[State.POSSIBLE]
    size = PAGE * index.addresses.others
    paths = [urls.flows(number + 1) for number in range(max(1, -(-len(names) // size)))]
    for path in paths:
        part = slice_of(len(names), size, path, paths)
        yield FlowsPage(
            path=path,
            twin=urls.twin(path),
            crumbs=(Crumb("", "Flows"),),
            description=f"{counted(len(names), 'MCP server')} whose tools together let a stranger's text carry "
            "private data out.",
            closed=len(states[State.CLOSED]),
            possible=len(states[State.POSSIBLE]),
            missing=tuple((_LEGS[leg], lacking[leg]) for leg in Leg),
            entries=tuple(_entry(name, index.flow(name)) for name in names[max(0, part.first - 1) : part.last]),
            slice=part,
        )


def _entry(server: str, flow: Flow) -> FlowEntry:
    return FlowEntry(
        path=urls.server(server),
        server=inert(server, 120),
        state=flow.state,
        words=_STATES[flow.state],
        says=_says(flow),
        legs=tuple((_LEGS[leg], len(parts)) for leg, parts in flow.legs.items()),
    )
