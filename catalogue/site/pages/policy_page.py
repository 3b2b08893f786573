"""The contexts of the page about a server's policy: what it does to each of its tools, and how to have it. Pure.

Decides nothing: what is recommended in each posture, what it does when run, and what a target can say of it, are asked
of `catalogue.policies`, as the command line does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from catalogue.policies.document import Policy
from catalogue.policies.effects import others
from catalogue.policies.placeholders import MEANINGS as BLANKS
from catalogue.policies.placeholders import Blank, unfilled
from catalogue.policies.recommend import Posture
from catalogue.policies.targets.needs import MEANINGS as NEEDS
from catalogue.policies.targets.needs import Need
from catalogue.policies.targets.suitability import needs_of, suited
from catalogue.policies.treatment import MEANINGS, Treatment, treatment
from catalogue.site import urls
from catalogue.site.command import command
from catalogue.site.context import WHOLE, Crumb, Entry, Link, Slice, listed, tools_in_words
from catalogue.site.marks import inert
from catalogue.site.pages.advice import ServerAdvice
from catalogue.site.pages.paging import paged
from catalogue.values import ServerRow
from classifier.verdict import Category

PAGE = 300
"""Tools on one page: with the longest names, about 90 kB of HTML."""

_INLINE = 40_000
"""Characters of a policy that the page has in it; a longer one is only linked."""

_MOST_NAMED = 12
"""Tools that are named for one argument which is to be filled in."""

_USUAL: Posture = "recommended"
POSTURES: tuple[Posture, ...] = ("strict", _USUAL, "permissive")
"""Each allows what the one before it allows, and more."""
_OURS = POSTURES.index(_USUAL)

TITLES: Mapping[Treatment, str] = {
    Treatment.HIDDEN: "Hidden",
    Treatment.DENIED: "Denied",
    Treatment.ASKED: "Waits for a person",
    Treatment.HELD: "Only under conditions",
    Treatment.LIMITED: "So many times a minute",
    Treatment.OPEN: "Open",
}
_SHORT: Mapping[Treatment, str] = {
    Treatment.HIDDEN: "hidden",
    Treatment.DENIED: "denied",
    Treatment.ASKED: "waiting for a person",
    Treatment.HELD: "allowed under conditions",
    Treatment.LIMITED: "allowed so many times a minute",
    Treatment.OPEN: "open",
}
"""Words that follow a number of tools."""


class Ruled(NamedTuple):
    """A tool under its server's policy: its name, as lists show it, and what the policy does to it when run."""

    name: str
    entry: Entry
    does: tuple[str, ...]


class RuledTool(NamedTuple):
    """A tool in a statement."""

    path: str
    name: str
    category: Category
    declared: bool


class Statement(NamedTuple):
    """What the policy does to some tools of this page: to all of them the same, and so do the other postures.

    `says` are words that follow a tool's name, then sentences. `postures` are those that do something else: what, in a
    word.
    """

    says: tuple[str, ...]
    postures: tuple[tuple[Posture, str], ...]
    tools: tuple[RuledTool, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The tools of this page that are treated in one way; `count` is how many the server has in all."""

    treatment: Treatment
    title: str
    about: str
    count: int
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """An argument that waits for a person to fill something in, and its tools; `more` are not named."""

    argument: str
    tools: tuple[Link, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Gap:
    """What a person has to fill in, under which name, and where."""

    blank: str
    meaning: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """How many tools are treated in one way by each of `POSTURES`."""

    treatment: Treatment
    title: str
    about: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """Clients and gateways that say the same of the policy.

    `losses` are (what they cannot say, what happens instead); `looser`: something may pass that the policy denies.
    """

    losses: tuple[tuple[str, str], ...]
    looser: bool
    targets: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """Everything on one page about a server's policy; what only the first page has is empty on the others."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    server: str  # one safe line
    server_path: str
    policy_file: str
    known: str  # how many tools it is about
    summary: str  # one sentence: how many are treated in which way
    unnamed: str  # what becomes of a tool that the policy does not name
    parts: tuple[Part, ...]
    slice: Slice
    gaps: tuple[Gap, ...]
    filling: str  # the command that fills something in
    compared: tuple[Compared, ...]
    commands: tuple[tuple[str, str], ...]  # posture, and what prints its policy
    asks: bool  # whether it uses `ask_if`
    text: str  # of the file, "" if it is long
    size: int  # characters of the file
    fits: tuple[Fit, ...]
    export: str  # the command that writes it for a client or gateway


_Ways: TypeAlias = tuple[Treatment, ...]
"""What is done with a tool in each of `POSTURES`, in a word."""
_Alike: TypeAlias = tuple[tuple[str, ...], _Ways]
"""What the recommended policy does with a tool in sentences, and each in a word: what tools are grouped by."""
_Groups: TypeAlias = dict[_Alike, list[Ruled]]


def policy_pages(
    row: ServerRow, tools: Sequence[Ruled], policies: Mapping[Posture, Policy], advice: ServerAdvice
) -> Iterator[PolicyPage]:
    """Make the contexts of all pages. `policies` are the server's in every posture; `advice` is the recommended one."""
    groups = _alike(tools, [policies[posture] for posture in POSTURES])
    counts = _counts(groups)
    whole = _whole(row, tools, counts, advice)
    for path, part, shown in paged(_ordered(groups), PAGE, lambda number: urls.policy_page(row.name, number)):
        first = part.number == 1
        yield replace(
            whole,
            path=path,
            twin=urls.twin(path),
            parts=_parts(shown, counts[_OURS]),
            slice=part,
            gaps=_gaps(tools, advice.policy) if first else (),
            compared=_compared(counts) if first else (),
            fits=_fits(advice.policy) if first else (),
        )


def _whole(
    row: ServerRow, tools: Sequence[Ruled], counts: Sequence[Counter[Treatment]], advice: ServerAdvice
) -> PolicyPage:
    """Return what all pages say."""
    name = inert(row.name, 160)
    declared = sum([tool.entry.declared for tool in tools])
    summary = listed([f"{counts[_OURS][way]:,} {_SHORT[way]}" for way in Treatment if counts[_OURS][way]])
    return PolicyPage(
        path="",
        twin="",
        crumbs=(Crumb(urls.servers(), "Servers"), Crumb(urls.server(row.name), name), Crumb("", "Policy")),
        description=f"The recommended policy of the MCP server {name}, read as what it does: {summary}.",
        server=name,
        server_path=urls.server(row.name),
        policy_file=urls.server_policy(row.name),
        known=tools_in_words(len(tools) - declared, declared),
        summary=summary,
        unnamed=others(advice.policy),
        parts=(),
        slice=WHOLE,
        gaps=(),
        filling=command("policy recommend --set NAME=VALUE", row.name),
        compared=(),
        commands=tuple((posture, _command(row.name, posture)) for posture in POSTURES),
        asks=advice.asks,
        text=advice.text if len(advice.text) <= _INLINE else "",
        size=len(advice.text),
        fits=(),
        export=command("policy recommend --target NAME", row.name),
    )


def _command(server: str, posture: Posture) -> str:
    return command("policy recommend" if posture == _USUAL else f"policy recommend --posture {posture}", server)


def _alike(tools: Sequence[Ruled], policies: Sequence[Policy]) -> _Groups:
    found: _Groups = defaultdict(list)
    for tool in tools:
        found[tool.does, tuple([treatment(policy, tool.name) for policy in policies])].append(tool)
    return found


def _counts(groups: _Groups) -> tuple[Counter[Treatment], ...]:
    """Return how many tools each of `POSTURES` treats in which way."""
    counts: tuple[Counter[Treatment], ...] = tuple(Counter() for _ in POSTURES)
    for (_, ways), group in groups.items():
        for count, way in zip(counts, ways, strict=True):
            count[way] += len(group)
    return counts


def _ordered(groups: _Groups) -> list[tuple[_Alike, Ruled]]:
    """Return the tools with what is done with them: first those that can do least, of these first what most have."""
    order = list(Treatment)
    ordered = sorted(
        groups.items(), key=lambda group: (order.index(group[0][1][_OURS]), -len(group[1]), group[1][0].name)
    )
    return [(alike, tool) for alike, group in ordered for tool in group]


def _parts(shown: Iterable[tuple[_Alike, Ruled]], counts: Counter[Treatment]) -> tuple[Part, ...]:
    """Put tools that stand in order together: by what is done with them in a word, then by all of it."""
    return tuple(
        Part(way, TITLES[way], MEANINGS[way], counts[way], _statements(group))
        for way, group in groupby(shown, key=lambda one: one[0][1][_OURS])
    )


def _statements(shown: Iterable[tuple[_Alike, Ruled]]) -> tuple[Statement, ...]:
    return tuple(
        [
            Statement(
                says=tuple([inert(sentence, 600) for sentence in does]),
                postures=_otherwise(ways),
                tools=tuple([_tool(tool.entry) for _, tool in group]),
            )
            for (does, ways), group in groupby(shown, key=itemgetter(0))
        ]
    )


@cache
def _otherwise(ways: _Ways) -> tuple[tuple[Posture, str], ...]:
    pairs = zip(POSTURES, ways, strict=True)
    return tuple((posture, TITLES[way].lower()) for posture, way in pairs if way is not ways[_OURS])


def _tool(entry: Entry) -> RuledTool:
    return RuledTool(entry.path, entry.name, entry.category, entry.declared)


def _gaps(tools: Sequence[Ruled], policy: Policy) -> tuple[Gap, ...]:
    """Return what a person has to fill in, by its name and by the argument that waits for it."""
    found: dict[Blank, dict[str, list[str]]] = {}
    for one in unfilled(policy):
        places = found.setdefault(one.blank, {})
        places.setdefault(one.path.removeprefix("args."), []).append(one.tool)
    if not found:
        return ()
    pages = {tool.name: Link(tool.entry.path, tool.entry.name) for tool in reversed(tools)}
    return tuple(Gap(blank, BLANKS[blank], _places(found[blank], pages)) for blank in Blank if blank in found)


def _places(found: Mapping[str, Sequence[str]], pages: Mapping[str, Link]) -> tuple[Place, ...]:
    return tuple(
        Place(
            inert(argument, 120), tuple(pages[name] for name in names[:_MOST_NAMED]), max(0, len(names) - _MOST_NAMED)
        )
        for argument, names in found.items()
    )


def _compared(counts: Sequence[Counter[Treatment]]) -> tuple[Compared, ...]:
    found = set().union(*counts)
    ways = [way for way in Treatment if way in found]
    return tuple(Compared(way, TITLES[way], MEANINGS[way], tuple(count[way] for count in counts)) for way in ways)


def _fits(policy: Policy) -> tuple[Fit, ...]:
    return _fits_of(needs_of(policy))


@lru_cache(maxsize=256)
def _fits_of(needs: frozenset[Need]) -> tuple[Fit, ...]:
    return tuple(
        Fit(
            tuple((NEEDS[loss.need], loss.instead.value) for loss in one.losses),
            any(loss.instead.is_looser for loss in one.losses),
            tuple(Link(urls.policy_target(target.name), target.title) for target in one.targets),
        )
        for one in suited(needs)
    )
