"""What all pages are made of: links, badges, entries of lists, and the words for what the classifier says.

Everything here is text that is ready to show: strangers' text has gone through `marks`. Knows no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from catalogue.site import urls
from catalogue.site.addresses import Addresses, PageATool
from classifier.verdict import Category, Confidence, Severity

CATEGORY_ABOUT: Mapping[Category, str] = {
    Category.FINANCIAL: "moves money, or obliges someone to pay",
    Category.DESTRUCTIVE: "deletes, purges, revokes or overwrites for good",
    Category.EXECUTE: "runs code, commands or open queries, drives a browser or device, starts or stops processes",
    Category.WRITE: "creates or changes data in a way that can be undone, or sends messages",
    Category.READ: "returns information and changes nothing",
    Category.UNCLASSIFIED: "matches no rule; it counts as high risk until one says otherwise",
}
"""Every category, most severe first, with words that complete "A tool that ..."."""

CATEGORY_NOT: Mapping[Category, str] = {
    Category.FINANCIAL: "reading balances, prices, quotes or invoices",
    Category.DESTRUCTIVE: "undo, unpublish to draft, removing a filter",
    Category.EXECUTE: "running a fixed lookup",
    Category.WRITE: "deleting for good",
    Category.READ: "silent side effects",
    Category.UNCLASSIFIED: "harmless",
}
"""What each category is not, in the same order."""

SEVERITIES: tuple[Severity, ...] = tuple(reversed(Severity))
"""Every risk level, highest first."""

CONFIDENCE_ABOUT: Mapping[Confidence, str] = {
    Confidence.HIGH: "a decisive rule matched, and none as strong disagrees",
    Confidence.MEDIUM: "a strong rule matched, or a decisive one with another as strong against it",
    Confidence.LOW: "only weak rules matched, or strong ones that disagree",
    Confidence.NONE: "no rule matched",
}
"""Every confidence, with what it rests on."""


@dataclass(frozen=True, slots=True)
class Site:
    """What every page shares, and nothing that differs between two builds of the same data.

    Nothing of the data is among it: a page that shows a number of the whole site would change with every tool of it.
    `base_url` ends in "/", or is `None` when links stay relative only. `ruleset` is the ruleset's digest and `rules`
    the number of its rules. `addresses` are those of the site's format.
    """

    base_url: str | None
    ruleset: str
    rules: int
    addresses: Addresses = field(default_factory=PageATool)


class Link(NamedTuple):
    """A link to a page of ours: its path from the site's root, and the text to show."""

    path: str
    text: str


class Crumb(NamedTuple):
    """A step on the way from the home page to this one; `path` is "" for the page itself."""

    path: str
    text: str


class Entry(NamedTuple):
    """A tool in a list.

    `path` is its page, `name` its name as one safe line, `server` and `server_path` where it belongs. `summary` is the
    start of its own description. `signals` are ids. `declared` is true when no server has confirmed it yet.
    """

    path: str
    name: str
    server: str
    server_path: str
    category: Category
    severity: Severity
    confidence: Confidence
    signals: tuple[str, ...]
    summary: str
    declared: bool


class Mention(NamedTuple):
    """A tool as the page of another names it: an `Entry` without what that does not show."""

    path: str
    name: str
    server: str
    category: Category
    severity: Severity
    declared: bool


class Standings(NamedTuple):
    """How many tools servers listed, and how many only records declare: the two are never added up."""

    confirmed: int
    declared: int

    @property
    def known(self) -> str:
        """Both in words."""
        return tools_in_words(*self)

    @property
    def short(self) -> str:
        """Both in figures: "29", "29 + 42"."""
        return f"{self.confirmed:,} + {self.declared:,}" if self.declared else f"{self.confirmed:,}"


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a longer list: `number` of `total` pages, from 1; `first` to `last` of `count` entries.

    `pages` are links to all pages near this one, `None` standing for a gap.
    """

    number: int
    total: int
    first: int
    last: int
    count: int
    previous: str | None
    following: str | None
    pages: tuple[tuple[int, str] | None, ...]


WHOLE = Slice(1, 1, 0, 0, 0, None, None, ())
"""Of a page that has yet to be cut into its parts."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a distribution: how many, in per cent of the whole and of the longest, and where it starts.

    `kind` names its colour and pattern in the style sheet; `path` is the page that lists it, "" for none.
    """

    kind: str
    label: str
    count: int
    percent: float
    relative: float
    start: float
    path: str


def bars(counts: Sequence[tuple[str, str, int, str]]) -> tuple[Bar, ...]:
    """Return the bars of (kind, label, count, path), in that order; parts of nothing are left out."""
    whole = sum(count for _, _, count, _ in counts)
    longest = max((count for _, _, count, _ in counts), default=0)
    made: list[Bar] = []
    start = 0.0
    for kind, label, count, path in counts:
        if count:
            percent = 100 * count / whole
            made.append(
                Bar(kind, label, count, round(percent, 2), round(100 * count / longest, 2), round(start, 2), path)
            )
            start += percent
    return tuple(made)


def category_bars(counts: Mapping[Category, int], *, linked: bool = True) -> tuple[Bar, ...]:
    """Return the bars of all categories, most severe first."""
    return bars(
        [
            (category.value, label(category), counts.get(category, 0), urls.category(category.value) if linked else "")
            for category in CATEGORY_ABOUT
        ]
    )


@cache
def label(value: Category | Severity | Confidence) -> str:
    """Return the word as it begins a sentence."""
    return value.value.capitalize()


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return "a", "a and b", or "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return "1 tool", "2 tools", "1,204 tools", "no tools"."""
    words = noun if count == 1 else plural or f"{noun}s"
    return f"{count:,} {words}" if count else f"no {words}"


def tools_in_words(confirmed: int, declared: int) -> str:
    """Return how many tools servers listed, and how many only records declare: the two are never added up."""
    if not declared:
        return f"{confirmed:,} tool{'' if confirmed == 1 else 's'}"
    if not confirmed:
        return f"{declared:,} declared tool{'' if declared == 1 else 's'}"
    return f"{tools_in_words(confirmed, 0)} and {declared:,} declared"


@lru_cache(maxsize=4096)
def day(time: datetime | None) -> str:
    """Return a date as everybody reads it alike: "2026-11-21"; "" for `None`."""
    return f"{time:%Y-%m-%d}" if time else ""


@lru_cache(maxsize=4096)
def minute(time: datetime) -> str:
    """Return a time for people, in UTC as it is stored: "2026-11-21 13:15 UTC"."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def slice_of(count: int, size: int, path: str, pages: Sequence[str]) -> Slice:
    """Return the slice whose page is `path`, of a list of `count` entries on `pages`, `size` on each."""
    number = pages.index(path) + 1
    near = range(max(1, number - 2), min(len(pages), number + 2) + 1)
    shown = sorted({1, *near, len(pages)})
    links: list[tuple[int, str] | None] = []
    for n in shown:
        if links and links[-1] is not None and links[-1][0] != n - 1:
            links.append(None)
        links.append((n, pages[n - 1]))
    return Slice(
        number=number,
        total=len(pages),
        first=min(count, (number - 1) * size + 1),
        last=min(count, number * size),
        count=count,
        previous=pages[number - 2] if number > 1 else None,
        following=pages[number] if number < len(pages) else None,
        pages=tuple(links),
    )
