"""The contexts of a server's pages where its tools are sections of them. Pure; knows no database and no template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from markupsafe import Markup

from catalogue.site import urls
from catalogue.site.context import CATEGORY_ABOUT, Entry, Slice, tools_in_words
from catalogue.site.pages.server_page import Beside, ServerPage
from classifier.verdict import Category

_CONTENTS = 1_000
"""Tools that the table of contents of a server's first page names; it has those of all pages, the gravest first."""

_POLICY = 200_000
"""Characters of a server's policy that its page holds; that of a thousand tools is half as long."""


@dataclass(frozen=True, slots=True)
class Line:
    """A tool in the table of contents: where it leads to from the page, and what it is."""

    href: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Contents:
    """The tools of one category in the table of contents; `known` says how many the server has in all."""

    category: Category
    about: str
    known: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class WholeServerPage(ServerPage):
    """A page of a server with tools of it: `sections` are rendered, so that the size of each is known.

    What is about the server stands on the first page only. `left_out` counts the tools that `contents` does not name.
    """

    contents: tuple[Contents, ...]
    left_out: int
    sections: tuple[Markup, ...]
    policy_inline: bool
    data: str  # the file with its tools as open data; "" without any
    reproduce: str  # the command that judges what is in that file again, offline


def whole_pages(pages: Sequence[ServerPage], entries: Sequence[Entry], data: str) -> list[WholeServerPage]:
    """Make the pages, their sections still empty, of the pages of the server and of its tools, in their order.

    `data` is where its tools are as open data.
    """
    order = list(CATEGORY_ABOUT)
    ordered = sorted(entries, key=lambda entry: order.index(entry.category))
    groups = {page.path: [entry for entry in ordered if page_of(entry) == page.path] for page in pages}
    made, first = [], 1
    for page in pages:
        own = groups[page.path]
        part = replace(page.slice, first=min(first, len(entries)), last=first + len(own) - 1)
        named = ordered[:_CONTENTS] if page is pages[0] else own
        made.append(_page(page, part, ordered, named, data))
        first += len(own)
    return made


def page_of(entry: Entry) -> str:
    """Return the page that a tool's section is on."""
    return entry.path.partition("#")[0]


def _page(
    page: ServerPage, part: Slice, entries: Sequence[Entry], named: Sequence[Entry], data: str
) -> WholeServerPage:
    given = {field.name: getattr(page, field.name) for field in fields(page)}
    given |= {"slice": part, "beside": Beside(page.twin, urls.CARD, "", "", "", ""), "groups": ()}
    return WholeServerPage(
        **given,
        contents=tuple(_contents(page.path, named, entries)),
        left_out=len(entries) - len(named) if part.number == 1 else 0,
        sections=(),
        policy_inline=page.advice is not None and len(page.advice.text) <= _POLICY,
        data=data,
        reproduce=f"gunzip -c {data} | jq -c .definition > tools.jsonl\ncatalogue classify --tools tools.jsonl",
    )


def _contents(page: str, named: Sequence[Entry], entries: Iterable[Entry]) -> Iterable[Contents]:
    counts = Counter((entry.category, entry.declared) for entry in entries)
    for category, about in CATEGORY_ABOUT.items():
        lines = tuple(Line(_href(page, entry), entry) for entry in named if entry.category is category)
        if lines:
            yield Contents(category, about, tools_in_words(counts[category, False], counts[category, True]), lines)


def _href(page: str, entry: Entry) -> str:
    place, mark, anchor = entry.path.partition("#")
    return mark + anchor if place == page else urls.root(page) + entry.path
