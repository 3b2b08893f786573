"""The contexts of the list of hints that are milder than the words of their tools. Pure; knows no database."""

from __future__ import annotations

from dataclasses import dataclass

from catalogue.claims import MilderHint
from catalogue.site import urls
from catalogue.site.context import Crumb, Slice, counted, slice_of
from catalogue.site.gathered.index import Index
from catalogue.site.marks import inert
from catalogue.site.pages.evidence import place
from classifier.claims import Standing
from classifier.verdict import Category

PAGE = 100
"""Hints on one page of the list."""


@dataclass(frozen=True, slots=True)
class HintLine:
    """One of the protocol's hints, and how many tools' claims compare with our verdicts in which way.

    `claimed` are all that state it; `open` are those that nothing in a verdict tells.
    """

    hint: str
    claimed: int
    agrees: int
    milder: int
    stricter: int
    open: int
    absent: int


@dataclass(frozen=True, slots=True)
class ClaimEntry:
    """A hint that is milder than the words: the tool, the claim, what was found, and the words as (place, quote)."""

    path: str
    name: str
    server: str
    server_path: str
    hint: str
    claimed: bool
    category: Category
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ClaimsPage:
    """One page of the list."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    tools: int
    hinted: int  # tools with at least one hint
    declared: int  # of the tools, those that no server listed
    heading: str  # how many of which state a hint
    lines: tuple[HintLine, ...]
    entries: tuple[ClaimEntry, ...]
    slice: Slice


def claim_pages(index: Index) -> list[ClaimsPage]:
    """Make the contexts of the list, at least one page."""
    milder = index.claims.milder
    size = PAGE * index.addresses.others
    paths = [urls.claims(number + 1) for number in range(max(1, -(-len(milder) // size)))]
    lines = hint_lines(index)
    pages = []
    for path in paths:
        part = slice_of(len(milder), size, path, paths)
        pages.append(
            ClaimsPage(
                path=path,
                twin=urls.twin(path),
                crumbs=(Crumb("", "Hints"),),
                description=f"{counted(len(milder), 'hint')} of MCP servers that are milder than the words of their "
                "own tools.",
                tools=index.tools,
                hinted=index.claims.hinted,
                declared=index.claims.declared,
                heading=index.claims.heading(),
                lines=lines,
                entries=tuple(_entry(one, index) for one in milder[part.first - 1 : part.last]) if milder else (),
                slice=part,
            )
        )
    return pages


def hint_lines(index: Index) -> tuple[HintLine, ...]:
    """Return the figures of each hint."""
    return tuple(
        HintLine(
            hint=hint,
            claimed=index.tools - counts[Standing.ABSENT],
            agrees=counts[Standing.AGREES],
            milder=counts[Standing.MILDER],
            stricter=counts[Standing.STRICTER],
            open=counts[Standing.OPEN],
            absent=counts[Standing.ABSENT],
        )
        for hint, counts in index.claims.standings().items()
    )


def _entry(one: MilderHint, index: Index) -> ClaimEntry:
    return ClaimEntry(
        path=index.place(one.server, one.tool, one.occurrence),
        name=inert(one.tool, 120),
        server=inert(one.server, 120),
        server_path=urls.server(one.server),
        hint=one.hint,
        claimed=one.claimed,
        category=one.category,
        words=tuple((_place(words.pointer), inert(words.quote, 160)) for words in one.words if words.quote),
    )


def _place(pointer: str) -> str:
    """Say where words stand; a parameter goes by its own name, whatever it is a part of."""
    head, properties, tail = pointer.rpartition("/properties/")
    name, _, _ = tail.partition("/")
    return place(pointer, {f"{head}{properties}{name}": name} if properties else {})
