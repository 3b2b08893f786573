"""The contexts of the publishers: the servers of each, and the list of all. Pure; knows no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from catalogue.site import urls
from catalogue.site.addresses import Addresses
from catalogue.site.context import Crumb, Link, Slice, counted, tools_in_words
from catalogue.site.gathered.index import Index
from catalogue.site.pages.list_page import ServerEntries
from catalogue.site.pages.paging import paged
from catalogue.site.pages.publishers import DERIVED_ABOUT, Derived, Publisher, publishers_of
from catalogue.values import ServerRow

PAGE = 100
"""Servers on one page of a publisher."""

_LINES = 300
"""Publishers on one page of the list of all: a line each."""


@dataclass(frozen=True, slots=True)
class PublisherLink:
    """A publisher of a server, and in words which record says so."""

    link: Link
    derived: str


@dataclass(frozen=True, slots=True)
class PublisherPage:
    """One page of a publisher."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    name: str
    derived: Derived
    about: str  # which record names it, and how far that can be trusted
    description: str  # of the page, for search engines
    known: str  # the tools of all its servers
    others: tuple[PublisherLink, ...]  # publishers that the same servers name by other records
    entries: ServerEntries
    slice: Slice


@dataclass(frozen=True, slots=True)
class PublisherLine:
    """A publisher in the list."""

    path: str
    name: str
    derived: Derived
    servers: int
    known: str


@dataclass(frozen=True, slots=True)
class PublishersPage:
    """One page of the list of all publishers, by name."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    about: tuple[tuple[str, str, int], ...]  # (kind of record, what it says, publishers named by it)
    nameless: int  # servers for which no record names a publisher
    entries: tuple[PublisherLine, ...]
    slice: Slice


def publisher_links(row: ServerRow, addresses: Addresses) -> tuple[PublisherLink, ...]:
    """Return links to the publishers of a server."""
    return tuple(link_to(one, addresses) for one in publishers_of(row))


def publisher_pages(index: Index) -> Iterator[PublisherPage]:
    """Make the contexts of all publishers, by name."""
    found = found_publishers(index)
    for one in found:
        yield from _pages(one, found[one], index)


def publishers_pages(index: Index) -> Iterator[PublishersPage]:
    """Make the contexts of the list of them, at least one page."""
    found = found_publishers(index)
    lines = [_line(one, rows, index) for one, rows in found.items()]
    named = {row.name for rows in found.values() for row in rows}
    yield from _list(lines, len(index.servers) - len(named), index.addresses)


def found_publishers(index: Index) -> dict[Publisher, list[ServerRow]]:
    """Return the servers of each publisher, by the publisher's name."""
    found: dict[Publisher, list[ServerRow]] = defaultdict(list)
    for row in index.servers:
        for one in publishers_of(row):
            found[one].append(row)
    return dict(sorted(found.items(), key=lambda pair: (pair[0].name, pair[0].derived)))


def _pages(publisher: Publisher, rows: Sequence[ServerRow], index: Index) -> Iterator[PublisherPage]:
    others = dict.fromkeys(other for row in rows for other in publishers_of(row) if other != publisher)
    for path, part, shown in paged(rows, PAGE, partial(_path, publisher, index.addresses)):
        yield PublisherPage(
            path=path,
            twin=urls.twin(path),
            crumbs=(Crumb(urls.publishers(), "Publishers"), Crumb("", publisher.name)),
            name=publisher.name,
            derived=publisher.derived,
            about=DERIVED_ABOUT[publisher.derived],
            description=f"{counted(len(rows), 'MCP server')} of {publisher.name}, with what their tools can do.",
            known=known_tools(rows, index),
            others=tuple(link_to(one, index.addresses) for one in list(others)[:20]),
            entries=ServerEntries(index, shown),
            slice=part,
        )


def _list(lines: Sequence[PublisherLine], nameless: int, addresses: Addresses) -> Iterator[PublishersPage]:
    about = tuple(
        (kind.value, words, sum(line.derived is kind for line in lines)) for kind, words in DERIVED_ABOUT.items()
    )
    for path, part, shown in paged(lines, _LINES * addresses.others, urls.publishers):
        yield PublishersPage(
            path=path,
            twin=urls.twin(path),
            crumbs=(Crumb("", "Publishers"),),
            description=f"Who publishes MCP servers: {counted(len(lines), 'publisher')}, as records name them.",
            about=about,
            nameless=nameless,
            entries=shown,
            slice=part,
        )


def _line(publisher: Publisher, rows: Sequence[ServerRow], index: Index) -> PublisherLine:
    path = _path(publisher, index.addresses)
    return PublisherLine(path, publisher.name, publisher.derived, len(rows), known_tools(rows, index))


def known_tools(rows: Iterable[ServerRow], index: Index) -> str:
    """Return in words how many tools of servers are confirmed and how many declared."""
    counts = [index.by_server[row.name].standings() for row in rows]
    return tools_in_words(sum(one.confirmed for one in counts), sum(one.declared for one in counts))


def link_to(publisher: Publisher, addresses: Addresses) -> PublisherLink:
    """Return a link to a publisher."""
    return PublisherLink(Link(_path(publisher, addresses), publisher.name), publisher.derived.value)


def _path(publisher: Publisher, addresses: Addresses, page: int = 1) -> str:
    return addresses.publisher(publisher.derived.value, publisher.name, page)
