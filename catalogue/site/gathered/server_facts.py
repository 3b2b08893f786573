"""What the index needs to know of a server's tools together: the facts of each, counted and sorted into lists.

It is kept beside the site as JSON, so that of a server that has not changed nothing is counted or sorted again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import orjson

from catalogue import flows
from catalogue.attacks.read import patterns_for
from catalogue.site.gathered.entries import to_line
from catalogue.site.gathered.facts import Facts
from catalogue.site.gathered.search_files import Cut
from catalogue.site.gathered.search_index import Findable, findable
from catalogue.site.gathered.tally import counted
from catalogue.values import ServerRow

Places: TypeAlias = Mapping[str, Sequence[int]]
"""Places of tools in their server's list, from 0, by what they have."""


Hinted: TypeAlias = tuple[str, int, Mapping[str, bool] | None, Any, str, Sequence[str], bool]
"""A tool's name, occurrence, hints, conflict, category and signals, and whether it is declared only, as in `Facts`."""


class ServerFacts(NamedTuple):
    """The tools of a server, in JSON values; every list goes by name and occurrence.

    `lines` are their entries as `entries` stores them; `confidences` and `declared` are of each. `counts` are those of
    `tally`. `hinted` are the tools of which `claims` must know, with all it must; `legs` those that are legs of a flow,
    as (name, occurrence, signals).
    """

    names: Sequence[str]
    lines: Sequence[str]
    confidences: Sequence[str]
    declared: Sequence[bool]
    categories: Places
    severities: Places
    signals: Places
    attacks: Places
    rules: Places
    counts: Mapping[str, Mapping[str, int]]
    hinted: Sequence[Hinted]
    legs: Sequence[tuple[str, int, Sequence[str]]]
    findable: Findable


def server_facts(row: ServerRow, tools: Sequence[Facts], cut: Cut) -> ServerFacts:
    """Put the facts of a server's tools together, for a search index that is cut like this."""
    return ServerFacts(
        names=[tool.name for tool in tools],
        lines=[to_line(tool.entry).decode("ascii") for tool in tools],
        confidences=[tool.entry.confidence.value for tool in tools],
        declared=[tool.entry.declared for tool in tools],
        categories=_places(tools, lambda tool: [tool.entry.category.value]),
        severities=_places(tools, lambda tool: [tool.entry.severity.value]),
        signals=_places(tools, lambda tool: tool.entry.signals),
        attacks=_places(tools, _attacks),
        rules=_places(tools, lambda tool: tool.rules),
        counts=counted(tools),
        hinted=[_hinted(tool) for tool in tools if tool.hints or tool.conflict],
        legs=list(_legs(tools)),
        findable=findable(row, tools, cut),
    )


def written(facts: ServerFacts) -> bytes:
    """Return facts as JSON."""
    return json.dumps(facts, separators=(",", ":")).encode("ascii")


def read(text: bytes) -> ServerFacts:
    """Read back what `written` returned."""
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:  # of a lone surrogate
        fields = json.loads(text)
    return ServerFacts(*fields)._replace(findable=Findable(*fields[-1]))


def _places(tools: Sequence[Facts], keys: Callable[[Facts], Iterable[str]]) -> Places:
    found: dict[str, list[int]] = defaultdict(list)
    for place, tool in enumerate(tools):
        for key in keys(tool):
            found[key].append(place)
    return found


def _attacks(tool: Facts) -> Iterable[str]:
    return (pattern.id for pattern in patterns_for(tool.entry.category, frozenset(tool.entry.signals)))


def _hinted(tool: Facts) -> Hinted:
    entry = tool.entry
    return tool.name, tool.occurrence, tool.hints, tool.conflict, entry.category.value, entry.signals, entry.declared


def _legs(tools: Iterable[Facts]) -> Iterable[tuple[str, int, Sequence[str]]]:
    for tool in tools:
        legs = [signal for signal in tool.entry.signals if signal in flows.SIGNALS]
        if legs:
            yield tool.name, tool.occurrence, legs
