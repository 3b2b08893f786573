"""The contexts of pages with many publishers each, for a site of few files. Pure; knows no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalogue.site import urls
from catalogue.site.context import Crumb
from catalogue.site.gathered.index import Index
from catalogue.site.pages.list_page import ServerEntry, server_entry
from catalogue.site.pages.publisher_page import PublisherLink, found_publishers, known_tools, link_to
from catalogue.site.pages.publishers import DERIVED_ABOUT, Publisher, publishers_of
from catalogue.values import ServerRow

_SHOWN = 100
"""Servers of a publisher that the page names; the others are found by searching for their publisher's name."""


@dataclass(frozen=True, slots=True)
class PublisherSection:
    """A publisher: which record names it, and its servers. `known` is about all its servers."""

    anchor: str
    name: str
    about: str
    known: str  # how many tools
    servers: int
    others: tuple[PublisherLink, ...]  # publishers that the same servers name by other records
    entries: tuple[ServerEntry, ...]
    more: int  # servers that `entries` leaves out


@dataclass(frozen=True, slots=True)
class PublishersWholePage:
    """Publishers whose names fall together."""

    path: str  # of the HTML page
    twin: str  # "": there is none
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    sections: tuple[PublisherSection, ...]


def publishers_whole(index: Index) -> Iterator[PublishersWholePage]:
    """Make the contexts of all publishers, by page and by name."""
    pages: dict[str, list[PublisherSection]] = defaultdict(list)
    for publisher, rows in found_publishers(index).items():
        page, _, anchor = link_to(publisher, index.addresses).link.path.partition("#")
        pages[page].append(_section(publisher, rows, anchor, index))
    for path, sections in sorted(pages.items()):
        yield PublishersWholePage(
            path=path,
            twin="",
            crumbs=(Crumb(urls.publishers(), "Publishers"), Crumb("", "Some of them")),
            description="Publishers of MCP servers, with what the tools of their servers can do.",
            sections=tuple(sections),
        )


def _section(publisher: Publisher, rows: Sequence[ServerRow], anchor: str, index: Index) -> PublisherSection:
    others = dict.fromkeys(other for row in rows for other in publishers_of(row) if other != publisher)
    return PublisherSection(
        anchor=anchor,
        name=publisher.name,
        about=DERIVED_ABOUT[publisher.derived],
        known=known_tools(rows, index),
        servers=len(rows),
        others=tuple(link_to(one, index.addresses) for one in list(others)[:20]),
        entries=tuple(server_entry(row, index.by_server[row.name]) for row in rows[:_SHOWN]),
        more=max(0, len(rows) - _SHOWN),
    )
