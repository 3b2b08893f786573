"""The context of the search page: what can be filtered by, and the lists for whoever goes without. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalogue.site import urls
from catalogue.site.context import CATEGORY_ABOUT, SEVERITIES, Crumb, Link, label
from catalogue.site.gathered.entries import Entries
from catalogue.site.gathered.index import Index
from catalogue.site.gathered.search_layout import SERVER
from classifier.verdict import SIGNALS


@dataclass(frozen=True, slots=True)
class Option:
    """A value to filter by, and what people read for it."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter. `name` is that of its parameter in the address."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of one kind, each with the number of its entries; after a + are tools that only records declare."""

    title: str
    links: tuple[tuple[Link, str], ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Everything on the search page but the results."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    choices: tuple[Choice, ...]
    lists: tuple[Lists, ...]


def search_page(index: Index) -> SearchPage:
    """Make the context of the search page."""
    return SearchPage(
        path=urls.SEARCH,
        twin=urls.twin(urls.SEARCH),
        crumbs=(Crumb("", "Search"),),
        description="Search the tools of MCP servers by names, titles, descriptions and servers.",
        choices=_choices(index),
        lists=_lists(index),
    )


def _choices(index: Index) -> tuple[Choice, ...]:
    categories = [Option(category.value, label(category)) for category in CATEGORY_ABOUT]
    return (
        Choice("category", "Category", (*categories, Option(SERVER, "Servers only"))),
        Choice("risk", "Risk", tuple(Option(severity.value, label(severity)) for severity in SEVERITIES)),
        Choice("signal", "Signal", _same(_values(index, "signal"))),
        Choice("source", "Source", _same(_values(index, "source"))),
        Choice("transport", "Transport", _same(_values(index, "transport"))),
        Choice("since", "Changed since", _same(reversed(_values(index, "changed")))),
    )


def _values(index: Index, kind: str) -> list[str]:
    """Return the values of a facet that occur."""
    beginning = f":{kind}:"
    return sorted(facet.removeprefix(beginning) for facet in index.search.facets if facet.startswith(beginning))


def _same(values: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(value, value) for value in values)


def _lists(index: Index) -> tuple[Lists, ...]:
    return (
        Lists("Servers", ((Link(urls.servers(), "All servers"), f"{len(index.servers):,}"),)),
        Lists("Categories", tuple(_list(urls.category(c), label(c), index.by_category[c]) for c in CATEGORY_ABOUT)),
        Lists("Risk levels", tuple(_list(urls.severity(s), label(s), index.by_severity[s]) for s in SEVERITIES)),
        Lists("Signals", tuple(_list(urls.signal(signal), signal, index.by_signal[signal]) for signal in SIGNALS)),
    )


def _list(path: str, title: str, tools: Entries) -> tuple[Link, str]:
    return Link(path, title), tools.standings().short
