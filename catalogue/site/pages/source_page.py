"""The contexts of the sources: what each names, under which terms, and when it was read. Pure; knows no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalogue.site import urls
from catalogue.site.context import Crumb, counted, day, minute
from catalogue.site.marks import inert
from catalogue.site.pages.server_page import web
from catalogue.site.pages.survey import SourceTerms, Survey
from catalogue.values import PassRow, SourceRow

_UNKNOWN = SourceTerms("a source that this version does not know", "its owner's", "", ())


@dataclass(frozen=True, slots=True)
class PassView:
    """The latest reading of one address. `dropped` are (why, how many records); `ended` says how it went."""

    address: str
    at: str
    listings: int
    ended: str
    dropped: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Everything on the page of a source."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    name: str
    description: str  # of the page, for search engines
    about: str
    licence: str
    address: str  # where it is asked: an http(s) address, or ""
    keys: tuple[str, ...]  # environment variables without which it is not read
    listed: int  # listings that stand
    withdrawn: int
    servers: int
    candidates: int  # of which nobody can be asked
    first_seen: str
    last_read: str
    passes: tuple[PassView, ...]


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """The index of all sources."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    sources: tuple[SourcePage, ...]
    unread: tuple[tuple[str, SourceTerms], ...]  # sources that the program knows and this catalogue does not read


def source_pages(survey: Survey) -> list[SourcePage]:
    """Make the contexts of all sources that this catalogue has read."""
    terms = dict(survey.terms)
    return [_page(row, terms) for row in survey.sources]


def sources_page(survey: Survey) -> SourcesPage:
    """Make the context of their index."""
    read = {row.name.partition(":")[0] for row in survey.sources}
    return SourcesPage(
        path=urls.SOURCES,
        twin=urls.twin(urls.SOURCES),
        crumbs=(Crumb("", "Sources"),),
        description="Where the catalogue learns of servers: each source with its licence, its terms and its counts.",
        sources=tuple(source_pages(survey)),
        unread=tuple((name, terms) for name, terms in survey.terms if name not in read),
    )


def _page(row: SourceRow, known: Mapping[str, SourceTerms]) -> SourcePage:
    path = urls.source(row.name)
    name = inert(row.name, 120)
    terms = known.get(row.name.partition(":")[0], _UNKNOWN)
    return SourcePage(
        path=path,
        twin=urls.twin(path),
        crumbs=(Crumb(urls.SOURCES, "Sources"), Crumb("", name)),
        name=name,
        description=f"The source {name}: {counted(row.servers, 'server')}, its licence and when it was read.",
        about=terms.about,
        licence=terms.licence,
        address=web(terms.address),
        keys=terms.keys,
        listed=row.listed,
        withdrawn=row.withdrawn,
        servers=row.servers,
        candidates=row.candidates,
        first_seen=day(row.first_seen),
        last_read=minute(row.last_read) if row.last_read else "",
        passes=tuple(_pass(one) for one in row.passes),
    )


def _pass(row: PassRow) -> PassView:
    if row.error:
        ended = f"ended early: {inert(row.error, 300)}"
    else:
        ended = "complete" if row.complete else "stopped at a limit"
    return PassView(
        address=inert(row.address, 300),
        at=minute(row.finished_at),
        listings=row.listings,
        ended=ended,
        dropped=tuple((inert(why, 80), count) for why, count in sorted(row.dropped.items())),
    )
