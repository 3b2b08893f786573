"""The files beside a server's page, for machines: badge, picture, Markdown, feeds, its tools as open data. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalogue.drift import Drift
from catalogue.open_data import recommended_rule, tool_line
from catalogue.policies.recommend import Recommendation
from catalogue.site import urls
from catalogue.site.context import Entry, Site
from catalogue.site.machine.badge import badge
from catalogue.site.machine.card import Card, draw
from catalogue.site.machine.collection_files import compressed
from catalogue.site.machine.feeds import Feed, Item, atom, items_of, json_feed
from catalogue.site.machine.markdown import server_markdown
from catalogue.site.marks import inert
from catalogue.site.pages.advice import Advice
from catalogue.site.pages.server_page import ServerPage
from catalogue.site.pages.tool_page import Judged
from catalogue.values import ServerRow


def server_companions(
    pages: Sequence[ServerPage], entries: Sequence[Entry], past: Sequence[Drift], site: Site
) -> Iterator[tuple[str, bytes]]:
    """Yield the files (path, content) beside the pages of a server; `past` is what became of it, newest first."""
    first = pages[0]
    yield first.beside.badge, badge(first.grade, first.bars, first.declared_bars)
    yield first.beside.card, draw(_card(first))
    for page in pages:
        yield urls.markdown_twin(page.path), server_markdown(page, site)
    feed = _feed(first.row, items_of(past, entries, site.addresses))
    yield feed.atom, atom(feed, site)
    yield feed.json, json_feed(feed, site)


def server_data(
    server: str, tools: Sequence[Judged], advices: Sequence[Advice], recommended: Sequence[tuple[str, Recommendation]]
) -> tuple[str, bytes]:
    """Return the file with a server's tools as open data; each has its policy, and what is recommended by its name."""
    lines = (
        tool_line(tool.stored, tool.row, recommended_rule(name, advice.document, own.reasons))
        for tool, advice, (name, own) in zip(tools, advices, recommended, strict=True)
    )
    return urls.server_data(server), compressed(b"".join(lines))


def _card(page: ServerPage) -> Card:
    return Card(page.name, page.summary, page.grade.value if page.grade else "", [bar.percent for bar in page.bars])


def _feed(row: ServerRow, items: Sequence[Item]) -> Feed:
    return Feed(
        title=f"Changes of {inert(row.name, 160)}",
        page=urls.server(row.name),
        atom=urls.server_atom(row.name),
        json=urls.server_feed(row.name),
        since=row.first_seen,
        items=items,
    )
