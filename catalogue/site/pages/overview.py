"""The contexts of the home page, the method page and the page for a wrong address. Pure; knows no database."""

from __future__ import annotations

from dataclasses import dataclass

from catalogue.attacks.read import packaged_patterns
from catalogue.flows import State
from catalogue.site import urls
from catalogue.site.context import (
    CATEGORY_ABOUT,
    CATEGORY_NOT,
    CONFIDENCE_ABOUT,
    SEVERITIES,
    Bar,
    Crumb,
    Entry,
    Link,
    Standings,
    bars,
    category_bars,
    day,
    label,
    tools_in_words,
)
from catalogue.site.gathered.entries import Entries
from catalogue.site.gathered.index import Index
from catalogue.site.grade import GRADE_ABOUT
from catalogue.site.outcomes import outcome_words
from catalogue.site.pages.change_page import ChangeEntry, change_entries
from catalogue.site.pages.list_page import ServerEntry, server_entry
from catalogue.site.pages.measurement import Measurement, measurement
from catalogue.site.pages.survey import Survey
from classifier.verdict import BASE_SEVERITY, SIGNALS, Category, Confidence, Severity

_SHOWN = 12
"""Servers and tools that the home page names."""

_CHANGES = 6
"""Changes that it names."""


@dataclass(frozen=True, slots=True)
class SignalLine:
    """A signal, what it says, and which tools have it; `relative` is in per cent of the most frequent one."""

    link: Link
    about: str
    tools: Standings
    relative: float


@dataclass(frozen=True, slots=True)
class StandingBars:
    """The tools of one standing, by category and by risk level. `title` says which, `count` how many."""

    title: str
    count: int
    categories: tuple[Bar, ...]
    severities: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class HomePage:
    """Everything on the home page."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]  # none
    description: str  # of the page, for search engines
    format: str  # of the site, see `SiteFormat`
    confirmed: int  # tools that their servers listed
    declared: int  # tools that are known from records only
    known: str  # both in words
    servers: int
    withdrawn: int  # servers beside those, which are gone
    as_of: str  # the day of the latest time in the data; "" without any
    listed: int  # servers of which at least one tool is known
    standings: tuple[StandingBars, ...]  # confirmed and declared tools, as far as there are any
    outcomes: tuple[Bar, ...]  # the latest attempt on every target
    targets: int  # all of them
    signals: tuple[SignalLine, ...]  # those that occur, most frequent first
    largest: tuple[ServerEntry, ...]  # servers with the most tools of critical risk
    watch: tuple[Entry, ...]  # tools whose definitions hide text or address the model
    changes: tuple[ChangeEntry, ...]  # the latest
    attacks: int  # patterns
    closed: int  # servers whose tools together close a toxic flow
    milder: int  # hints that are milder than the words of their tools


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A category as the method page defines it. `severity` is the level before signals raise it."""

    link: Link
    category: Category
    severity: Severity
    about: str
    is_not: str
    tools: Standings


@dataclass(frozen=True, slots=True)
class MethodPage:
    """The numbers and definitions of the method page; its prose is the template's."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    categories: tuple[CategoryLine, ...]
    confidences: tuple[tuple[str, str, Standings], ...]  # word, what it rests on, tools
    signals: tuple[SignalLine, ...]  # all of them, in the order of their definition
    grades: tuple[tuple[str, str], ...]  # of servers: the letter, and what it says
    measured: Measurement  # how often the rules are wrong


@dataclass(frozen=True, slots=True)
class NotFoundPage:
    """The page for a wrong address; its links are absolute when the site has a base address."""

    path: str  # of the HTML page
    crumbs: tuple[Crumb, ...]
    description: str


def home_page(index: Index, survey: Survey) -> HomePage:
    """Make the context of the home page."""
    return HomePage(
        path=urls.HOME,
        twin=urls.twin(urls.HOME),
        crumbs=(),
        description="What the tools of MCP servers can do, with the evidence, and policies to put in front of them.",
        format=index.addresses.format.value,
        confirmed=index.confirmed,
        declared=index.declared,
        servers=index.standing,
        withdrawn=index.withdrawn,
        as_of=day(index.as_of),
        known=tools_in_words(index.confirmed, index.declared),
        listed=sum(1 for row in index.servers if index.by_server[row.name]),
        standings=tuple(
            one for one in (_standing(index, declared=declared) for declared in (False, True)) if one.count
        ),
        outcomes=_outcomes(index),
        targets=index.outcomes.total(),
        signals=tuple(sorted((line for line in _signals(index) if any(line.tools)), key=lambda line: -sum(line.tools))),
        largest=_largest(index),
        watch=tuple(_watch(index)[:_SHOWN]),
        changes=tuple(change_entries(survey.changes[:_CHANGES], index)),
        attacks=len(packaged_patterns()),
        closed=sum(index.flow(row.name).state is State.CLOSED for row in index.servers),
        milder=len(index.claims.milder),
    )


def _standing(index: Index, *, declared: bool) -> StandingBars:
    def count(entries: Entries) -> int:
        return entries.declared() if declared else len(entries) - entries.declared()

    return StandingBars(
        title="Declared by a record, not confirmed by asking the server" if declared else "Listed by their servers",
        count=index.declared if declared else index.confirmed,
        categories=category_bars({category: count(index.by_category[category]) for category in CATEGORY_ABOUT}),
        severities=bars(
            [(f"risk-{s.value}", label(s), count(index.by_severity[s]), urls.severity(s.value)) for s in SEVERITIES]
        ),
    )


def method_page(index: Index, ruleset: str) -> MethodPage:
    """Make the context of the method page; `ruleset` is the digest of the rules of this build."""
    confirmed, declared = index.everything.count_apart(Confidence)
    return MethodPage(
        path=urls.METHOD,
        twin=urls.twin(urls.METHOD),
        crumbs=(Crumb("", "Method"),),
        description="How a verdict comes about: rules, evidence, categories, signals, confidence, blind spots.",
        categories=tuple(
            CategoryLine(
                link=Link(urls.category(category.value), label(category)),
                category=category,
                severity=BASE_SEVERITY[category],
                about=about,
                is_not=CATEGORY_NOT[category],
                tools=index.by_category[category].standings(),
            )
            for category, about in CATEGORY_ABOUT.items()
        ),
        confidences=tuple(
            (label(word), about, Standings(confirmed.get(word, 0), declared.get(word, 0)))
            for word, about in CONFIDENCE_ABOUT.items()
        ),
        signals=_signals(index),
        grades=tuple((grade.value, about) for grade, about in GRADE_ABOUT.items()),
        measured=measurement(ruleset),
    )


def not_found_page() -> NotFoundPage:
    """Make the context of the page for a wrong address."""
    return NotFoundPage(urls.NOT_FOUND, (Crumb("", "Not found"),), "There is no page at this address.")


def _signals(index: Index) -> tuple[SignalLine, ...]:
    most = max((len(index.by_signal[signal]) for signal in SIGNALS), default=0) or 1
    return tuple(
        SignalLine(
            link=Link(urls.signal(signal), signal),
            about=about,
            tools=index.by_signal[signal].standings(),
            relative=round(100 * len(index.by_signal[signal]) / most, 2),
        )
        for signal, about in SIGNALS.items()
    )


def _outcomes(index: Index) -> tuple[Bar, ...]:
    ordered = sorted(index.outcomes.items(), key=lambda pair: (pair[0] != "introspected", -pair[1], pair[0]))
    kinds = {"introspected": "listed", "never-tried": "never"}
    return bars([(kinds.get(outcome, "failed"), outcome_words(outcome), count, "") for outcome, count in ordered])


def _largest(index: Index) -> tuple[ServerEntry, ...]:
    def weight(name: str) -> tuple[int, int]:
        tools = index.by_server[name]
        return tools.by_severity().get(Severity.CRITICAL, 0), len(tools)

    rows = sorted(index.servers, key=lambda row: (*(-part for part in weight(row.name)), row.name))
    return tuple(server_entry(row, index.by_server[row.name]) for row in rows[:_SHOWN])


def _watch(index: Index) -> list[Entry]:
    found = {entry.path: entry for signal in ("hidden-text", "instructs-model") for entry in index.by_signal[signal]}
    return list(found.values())
