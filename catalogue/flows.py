"""What the tools of one server let a stranger do together: the three legs of a toxic flow. Knows no database, no page.

Text that strangers wrote comes in, private data comes in, and there is a way out: then the text can ask the model to
carry the data out, and no single tool need do anything wrong. See https://simonwillison.net/2025/Jun/16/the-lethal-trifecta/
and https://invariantlabs.ai/blog/toxic-flow-analysis.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from catalogue.values import StoredTool
from classifier.verdict import Evidence, Signal, signal_from_wire

_NAMED = 3
"""Tools that a sentence names before it counts the rest."""


class Leg(StrEnum):
    """What a flow is made of."""

    UNTRUSTED = "untrusted-content"
    PRIVATE = "private-data"
    OUT = "way-out"


class State(StrEnum):
    """`CLOSED`: all three legs are there. `POSSIBLE`: they are if the code that a tool runs can reach the network."""

    CLOSED = "closed"
    POSSIBLE = "possible"
    OPEN = "open"


SIGNALS: Mapping[str, Leg] = {
    "untrusted-content": Leg.UNTRUSTED,
    "private-data": Leg.PRIVATE,
    "sends-outside": Leg.OUT,
    "network": Leg.OUT,
    "code": Leg.OUT,
}
"""The signals that make a leg, the most certain way out first."""

_UNCERTAIN = "code"


@dataclass(frozen=True, slots=True)
class Part:
    """A tool's part in a flow: by which signal, and the evidence of it."""

    tool: str
    occurrence: int
    signal: str
    evidence: tuple[Evidence, ...]

    @property
    def certain(self) -> bool:
        """Whether it is known to be a leg: whether a caller's code can reach the network is not."""
        return self.signal != _UNCERTAIN


@dataclass(frozen=True, slots=True)
class Flow:
    """The tools of a server that are a leg, in the order of the tools; the certain ways out come first."""

    untrusted: tuple[Part, ...] = ()
    private: tuple[Part, ...] = ()
    out: tuple[Part, ...] = ()

    @property
    def legs(self) -> Mapping[Leg, tuple[Part, ...]]:
        """The parts by leg."""
        return {Leg.UNTRUSTED: self.untrusted, Leg.PRIVATE: self.private, Leg.OUT: self.out}

    @property
    def missing(self) -> tuple[Leg, ...]:
        """The legs that no tool is."""
        return tuple(leg for leg, parts in self.legs.items() if not parts)

    @property
    def state(self) -> State:
        """Whether the server's tools have all three legs together."""
        if self.missing:
            return State.OPEN
        return State.CLOSED if self.out[0].certain else State.POSSIBLE

    @property
    def alone(self) -> tuple[str, ...]:
        """The names of the tools that have all three legs by themselves, for certain."""
        private = {(part.tool, part.occurrence) for part in self.private}
        out = {(part.tool, part.occurrence) for part in self.out if part.certain}
        return tuple(part.tool for part in self.untrusted if (part.tool, part.occurrence) in private & out)


def parts_of(tool: str, occurrence: int, signals: Iterable[Signal]) -> Iterator[tuple[Leg, Part]]:
    """Yield the legs that a tool is, each by its most certain signal."""
    evidence = {signal.id: signal.evidence for signal in signals}
    taken: set[Leg] = set()
    for signal, leg in SIGNALS.items():
        if signal in evidence and leg not in taken:
            taken.add(leg)
            yield leg, Part(tool, occurrence, signal, evidence[signal])


def flow_of(parts: Iterable[tuple[Leg, Part]]) -> Flow:
    """Put the parts of all tools of one server together."""
    legs: dict[Leg, list[Part]] = {leg: [] for leg in Leg}
    for leg, part in parts:
        legs[leg].append(part)
    out = sorted(legs[Leg.OUT], key=lambda part: not part.certain)
    return Flow(tuple(legs[Leg.UNTRUSTED]), tuple(legs[Leg.PRIVATE]), tuple(out))


def flows_of(tools: Iterable[StoredTool]) -> Iterator[tuple[str, Flow]]:
    """Yield each server with its flow; `tools` go by server, and one without a verdict is no leg."""
    for server, own in groupby(tools, key=lambda tool: tool.server):
        yield server, flow_of(part for tool in own for part in parts_of(tool.name, tool.occurrence, _signals(tool)))


def _signals(tool: StoredTool) -> Iterator[Signal]:
    verdict = json.loads(tool.verdict) if tool.verdict else {"signals": ()}
    return (signal_from_wire(one) for one in verdict["signals"] if one["id"] in SIGNALS)


def sentences(flow: Flow) -> tuple[str, ...]:
    """Say what could be carried out and how, or what is missing for that; nothing of a server with less than two legs.

    The names of tools stand as they are listed.
    """
    if len(flow.missing) > 1:
        return ()
    parts = [words.format(tools=_tools(flow.legs[leg])) for leg, words in _COMES_IN.items() if flow.legs[leg]]
    if flow.out:
        certain = [part for part in flow.out if part.certain]
        parts.append(f"{_tools(certain or flow.out)} can carry data out{'' if certain else _IF_IT_REACHES}")
    said = ", and ".join([", ".join(parts[:-1]), parts[-1]])
    alone = (f"By itself, {names_of(flow.alone)} has all of that.",) if flow.alone else ()
    return (f"{said[0].upper()}{said[1:]}.", *(_MISSING[leg] for leg in flow.missing), *alone)


_COMES_IN: Mapping[Leg, str] = {
    Leg.UNTRUSTED: "text that strangers wrote comes in with {tools}",
    Leg.PRIVATE: "private data comes in with {tools}",
}

_IF_IT_REACHES = ", if the code it runs reaches the network: that is not known"

_MISSING: Mapping[Leg, str] = {
    Leg.UNTRUSTED: "No tool here brings in text that strangers wrote: one that reads web pages, mail or comments, of "
    "any server beside this one, would close the flow.",
    Leg.PRIVATE: "No tool here returns private data: one that reads mail, files or customers, of any server beside "
    "this one, would close the flow.",
    Leg.OUT: "No tool here is a way out: one that sends messages or goes to any URL, of any server beside this one, "
    "would close the flow.",
}


def _tools(parts: Iterable[Part]) -> str:
    return names_of([part.tool for part in parts])


def names_of(tools: Iterable[str]) -> str:
    """Return the first names of tools and how many more there are, as a sentence says it; "" for none."""
    names = list(dict.fromkeys(tools))
    shown = names[:_NAMED]
    if len(names) > _NAMED:
        shown.append(f"{len(names) - _NAMED} more")
    return "".join(shown) if len(shown) < 2 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def to_json(flow: Flow) -> dict[str, Any]:
    """Return a flow as JSON values."""
    return {
        "state": flow.state.value,
        "missing": [leg.value for leg in flow.missing],
        "legs": {leg.value: [_part(part) for part in parts] for leg, parts in flow.legs.items()},
        "says": list(sentences(flow)),
    }


def _part(part: Part) -> dict[str, Any]:
    words = [{"pointer": one.pointer, "quote": one.quote} for one in part.evidence if one.quote]
    return {
        "tool": part.tool,
        "occurrence": part.occurrence,
        "signal": part.signal,
        "certain": part.certain,
        "words": words,
    }
