"""All files of a server where its tools are sections of its page, and its pieces of the files of many. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from markupsafe import Markup

from catalogue.ascii_json import compact
from catalogue.site import urls
from catalogue.site.building.render import render_section
from catalogue.site.building.server_files import Advised, Files, Work, advised, flow_among
from catalogue.site.context import CATEGORY_ABOUT, Entry, Site
from catalogue.site.machine.companions import server_data
from catalogue.site.machine.feeds import items_of
from catalogue.site.machine.pieces import PIECES, piece_name
from catalogue.site.machine.twins import whole_server
from catalogue.site.pages.server_page import Known, ServerPage, server_pages
from catalogue.site.pages.server_whole import page_of, whole_pages
from catalogue.site.pages.tool_page import tokens_of
from catalogue.site.pages.tool_section import shortened, tool_section

_LARGEST = 60_000
"""Letters of a section; a larger one is shortened. A page has some 370 of them at most, so it stays below 25 MiB."""


def whole_files(work: Work, site: Site, titles: Mapping[str, str]) -> Files:
    """Render the pages of a server with its tools, and make its pieces."""
    known = advised(work, site)
    pages, data = _pages(work, known, site), _data(work, site)
    sections: dict[str, list[Markup]] = {}
    for entry, section in _sections(work.row.name, known, data, titles):
        sections.setdefault(page_of(entry), []).append(section)
    made = Files(pieces=_pieces(work, known, pages[0], site), facts=known.facts)
    for page in whole_pages(pages, known.entries, data):
        made.page(replace(page, sections=tuple(sections.get(page.path, ()))), site)
    return made


def server_pieces(work: Work, site: Site) -> Files:
    """Make the pieces alone."""
    known = advised(work, site)
    return Files(pieces=_pieces(work, known, _pages(work, known, site)[0], site))


def _pages(work: Work, known: Advised, site: Site) -> list[ServerPage]:
    weights = [tokens_of(tool) for tool in known.tools]
    flow = flow_among(known.tools)
    return server_pages(Known(work.row, known.entries, weights, known.for_all, flow, site.addresses))


def _data(work: Work, site: Site) -> str:
    """Return the file with the server's tools as open data; "" without any."""
    return site.addresses.server_data(work.row.name) if work.tools else ""


def _sections(server: str, known: Advised, data: str, titles: Mapping[str, str]) -> Iterator[tuple[Entry, Markup]]:
    """Yield the tools with their sections, the gravest first."""
    root = urls.root(urls.server(server))
    order = list(CATEGORY_ABOUT)
    together = zip(known.entries, known.tools, known.advices, strict=True)
    for entry, tool, advice in sorted(together, key=lambda one: order.index(one[0].category)):
        section = tool_section(tool, advice, data, titles)
        whole = render_section(section, root)
        yield entry, whole if len(whole) <= _LARGEST else render_section(shortened(section), root)


def _pieces(work: Work, known: Advised, page: ServerPage, site: Site) -> list[tuple[str, bytes]]:
    """Return what the files about many servers say of this one, each piece with its name."""
    document = known.for_all.document if known.for_all else None
    said = whole_server(page, known.entries, document, items_of(work.past, known.entries, site.addresses))
    lines = server_data(work.row.name, known.tools, known.advices, known.recommended)[1]
    contents = (compact(said).encode("ascii"), lines)
    return [(piece_name(work.seed, kind), content) for kind, content in zip(PIECES, contents, strict=True)]
