"""The context of the state of the ecosystem: figures with pictures, each with the query that gave it.

Pure; knows no database. The queries' names and the keys they count by are the same in every build, so that the twins of
two builds can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catalogue.site import urls
from catalogue.site.context import CATEGORY_ABOUT, SEVERITIES, Bar, Crumb, Standings, label
from catalogue.site.marks import inert
from catalogue.site.outcomes import outcome_words
from catalogue.site.pages.survey import Survey
from catalogue.values import Statistic
from classifier.verdict import SIGNALS, Category, Severity

_WALLS = ("sign-in-required", "payment-required", "forbidden")
"""Outcomes of targets that answer and let nobody in."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One query's numbers: what they count, a sentence about them, and a bar for each.

    `total` is what a share is a share of. `rows` are the query's own (key, count), the same from build to build.
    """

    id: str
    title: str
    says: str
    total: int
    unit: str  # what the total counts
    known: str  # the total in words; of tools, by whether a server listed them
    bars: tuple[Bar, ...]
    sql: str
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class EcosystemPage:
    """Everything on the page; `ruleset` is the parameter of the queries."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    ruleset: str
    highlights: tuple[tuple[str, str], ...]  # (number, what it counts)
    figures: tuple[Figure, ...]


class _Shown(NamedTuple):
    """A key as it is shown: the colour of its bar, its words, and the page that lists it ("" for none)."""

    kind: str
    words: str
    path: str


class _Picture(NamedTuple):
    """How a query is shown; `order` gives the keys in the order of the picture."""

    title: str
    says: str
    unit: str
    show: Callable[[str], _Shown]
    order: Callable[[Mapping[str, int]], Sequence[str]]
    of_tools: bool = False


def _plain(key: str) -> _Shown:
    """Show a key by itself, without the number that only orders it ("1: under 100")."""
    head, colon, tail = key.partition(": ")
    return _Shown("signal", inert(tail if colon and head.isdigit() else key, 60), "")


def _category(key: str) -> _Shown:
    return _Shown(key, label(Category(key)), urls.category(key))


def _severity(key: str) -> _Shown:
    return _Shown(f"risk-{key}", label(Severity(key)), urls.severity(key))


def _signal(key: str) -> _Shown:
    return _Shown("signal", key, urls.signal(key) if key in SIGNALS else "")


def _hints(key: str) -> _Shown:
    kind = {"contradicted": "failed", "stated": "listed"}.get(key, "never")
    words = {"contradicted": "contradicted by the tool’s own words", "stated": "stated", "missing": "none stated"}
    return _Shown(kind, words.get(key, key), urls.claims() if key == "contradicted" else "")


def _outcome(key: str) -> _Shown:
    kind = {"introspected": "listed", "never-tried": "never"}.get(key, "failed")
    return _Shown(kind, outcome_words(key), "")


def _state(key: str) -> _Shown:
    return _Shown({"listed": "listed", "confirmed": "listed"}.get(key, "never"), key, "")


def _by_key(counts: Mapping[str, int]) -> Sequence[str]:
    return sorted(counts)


def _largest(counts: Mapping[str, int]) -> Sequence[str]:
    return sorted(counts, key=lambda key: (-counts[key], key))


def _as_in(keys: Sequence[str]) -> Callable[[Mapping[str, int]], Sequence[str]]:
    return lambda counts: [key for key in keys if key in counts]


_PICTURES: Mapping[str, _Picture] = {
    "tools-by-category": _Picture(
        "What tools can do",
        "One tool, one category: the most severe effect that its definition says it can have.",
        "tools",
        _category,
        _as_in([category.value for category in CATEGORY_ABOUT]),
    ),
    "tools-by-severity": _Picture(
        "Risk levels",
        "The level of the category, raised where a signal raises it.",
        "tools",
        _severity,
        _as_in([severity.value for severity in SEVERITIES]),
    ),
    "tools-by-signal": _Picture(
        "Signals",
        "Properties that make a tool risky whatever its category. A tool may have several.",
        "tools",
        _signal,
        _largest,
        of_tools=True,
    ),
    "tools-by-hints": _Picture(
        "Hints of the servers",
        "A server may state four hints about a tool. Many clients decide by them whom to ask.",
        "tools",
        _hints,
        _as_in(["contradicted", "stated", "missing"]),
    ),
    "tools-by-standing": _Picture(
        "Who says that the tools exist",
        "Confirmed by the server itself, or declared by a record about it.",
        "tools",
        _state,
        _by_key,
    ),
    "servers-by-state": _Picture(
        "Servers", "Listed by a source, or withdrawn by all that named them.", "servers", _state, _by_key
    ),
    "targets-by-outcome": _Picture(
        "How servers answer",
        "The latest attempt on each way to reach a server. A sign-in wall is no fault; it only means that nobody else "
        "can check the tools behind it.",
        "ways to reach a server",
        _outcome,
        _largest,
    ),
    "targets-by-protocol-revision": _Picture(
        "Protocol revisions",
        "What the servers that listed their tools speak.",
        "ways to reach a server",
        _plain,
        _by_key,
    ),
    "targets-by-kind": _Picture(
        "Where servers run",
        "Remote, or a package of one of the registries.",
        "ways to reach a server",
        _plain,
        _largest,
    ),
    "definitions-by-tokens": _Picture(
        "What a tool’s definition costs",
        "Tokens that a definition takes in a model’s context before the first question, estimated as characters of its "
        "stored JSON divided by four. Letters outside ASCII are stored as six characters.",
        "tools",
        _plain,
        _by_key,
    ),
    "servers-by-tokens": _Picture(
        "What a server’s definitions cost",
        "The same for all tools of a server together.",
        "servers with tools",
        _plain,
        _by_key,
    ),
    "changes-by-month": _Picture(
        "Changes",
        "Tools that appeared or changed after their server was first listed, by month.",
        "changes",
        _plain,
        _by_key,
    ),
}
"""Every query of the repository, in the order of the page."""


def ecosystem_page(survey: Survey, ruleset: str) -> EcosystemPage:
    """Make the context; `ruleset` is the digest that the queries were run with."""
    found = {one.name: one for one in survey.statistics}
    tools = _total(found, "tools-by-category")
    standings = Standings(*(_count(found, "tools-by-standing", one) for one in ("confirmed", "declared")))
    figures = (_figure(found[name], picture, tools, standings) for name, picture in _PICTURES.items() if name in found)
    return EcosystemPage(
        path=urls.ECOSYSTEM,
        twin=urls.twin(urls.ECOSYSTEM),
        crumbs=(Crumb("", "Ecosystem"),),
        description="The state of the MCP ecosystem in numbers: what tools can do, hints, revisions, cost, changes.",
        ruleset=ruleset,
        highlights=_highlights(found, tools),
        figures=tuple(figures),
    )


def _figure(statistic: Statistic, picture: _Picture, tools: int, standings: Standings) -> Figure:
    counts = dict(statistic.rows)
    whole = tools if picture.of_tools else sum(counts.values())
    shown = [(picture.show(key), counts[key]) for key in picture.order(counts)]
    return Figure(
        id=statistic.name,
        title=picture.title,
        says=picture.says,
        total=whole,
        unit=picture.unit,
        known=standings.known if picture.unit == "tools" and whole == sum(standings) else f"{whole:,} {picture.unit}",
        bars=_bars(shown, whole),
        sql=statistic.sql,
        rows=statistic.rows,
    )


def _bars(shown: Sequence[tuple[_Shown, int]], whole: int) -> tuple[Bar, ...]:
    """Return a bar for each; unlike the parts of a whole, they may overlap."""
    most = max((count for _, count in shown), default=0) or 1
    return tuple(
        Bar(one.kind, one.words, count, round(100 * count / (whole or 1), 2), round(100 * count / most, 2), 0, one.path)
        for one, count in shown
    )


def _highlights(found: Mapping[str, Statistic], tools: int) -> tuple[tuple[str, str], ...]:
    """Return the numbers that the page opens with, each from a query below; those of nothing are left out."""
    targets = _total(found, "targets-by-outcome")
    asked = targets - _count(found, "targets-by-outcome", "never-tried")
    walls = sum(_count(found, "targets-by-outcome", wall) for wall in _WALLS)
    dangerous = sum(_count(found, "tools-by-category", one) for one in ("execute", "destructive", "financial"))
    shares = (
        (_share(dangerous, tools), "of the tools can execute, destroy or spend"),
        (_share(_count(found, "tools-by-hints", "missing"), tools), "state no hint at all"),
        (_share(_count(found, "tools-by-hints", "contradicted"), tools), "are contradicted by their own words"),
        (_share(walls, asked), "of the ways to a server that were asked want a sign-in, a payment or a permission"),
    )
    return tuple((share, words) for share, words in shares if share)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def _total(found: Mapping[str, Statistic], name: str) -> int:
    return sum(count for _, count in found[name].rows) if name in found else 0


def _count(found: Mapping[str, Statistic], name: str, key: str) -> int:
    return dict(found[name].rows).get(key, 0) if name in found else 0
