"""The contexts of the attack patterns and of their index. Pure; knows no database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from catalogue.attacks.pattern import Incident, Need, Pattern, Stops
from catalogue.attacks.proof import Decided, Proof, prove
from catalogue.attacks.read import packaged_patterns
from catalogue.policies.evaluate import Outcome
from catalogue.site import urls
from catalogue.site.context import CATEGORY_ABOUT, Crumb, Entry, Link, label
from catalogue.site.encode import readable
from catalogue.site.gathered.entries import Entries
from catalogue.site.gathered.index import EXAMPLES, Index
from classifier.ruleset import RuleSet

STOPS_ABOUT: Mapping[Stops, str] = {
    Stops.YES: "The recommended policy stops it",
    Stops.PARTLY: "A policy stops a part of it",
    Stops.NO: "No policy stops it",
}


@dataclass(frozen=True, slots=True)
class IncidentView:
    """Something that happened; `references` are (address, the site it stands on)."""

    date: str
    what: str
    references: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CallView:
    """A call that was decided: `arguments` as JSON, `times` in a row, and what the evaluator said of the last one."""

    tool: str
    arguments: str
    times: int
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True)
class AttackPage:
    """Everything on the page of an attack pattern."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    id: str
    name: str
    description: str  # of the page, for search engines
    summary: str
    happens: str
    works: tuple[str, ...]  # its steps
    incidents: tuple[IncidentView, ...]
    references: tuple[tuple[str, str], ...]
    needs: tuple[tuple[Link, ...], ...]  # alternatives, each a group of signals and categories; none: nothing shows it
    flow: bool  # tools of one server may have together what it needs
    stops: Stops
    verdict: str  # the same in words
    policy: str  # what a policy does about it
    beyond: tuple[str, ...]  # what that leaves open, and what helps there
    document: str  # the policy that was run, "" for none
    calls: tuple[CallView, ...]  # that it decided
    tools: int  # of this catalogue, that have what it needs
    known: str  # the same in words, by whether a server listed them
    entries: Sequence[Entry]  # the first of them


@dataclass(frozen=True, slots=True)
class AttackLine:
    """An attack pattern in the index; `signals` show it, `known` says how many tools have them."""

    path: str
    name: str
    summary: str
    incidents: int
    signals: tuple[str, ...]
    known: str


@dataclass(frozen=True, slots=True)
class AttacksPage:
    """The index of all patterns, by how far a policy stops them."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    count: int
    checked: int  # patterns of which it was run that a policy stops them
    groups: tuple[tuple[Stops, str, tuple[AttackLine, ...]], ...]


def attack_pages(index: Index, ruleset: RuleSet) -> list[AttackPage]:
    """Make the contexts of all patterns. Raises `AttackError` for one that says of a policy what is not so."""
    patterns = packaged_patterns()
    proofs = prove(patterns, ruleset)
    return [_page(one, proofs.get(one.id), index.by_attack[one.id]) for one in patterns]


def attacks_page(index: Index) -> AttacksPage:
    """Make the context of the index."""
    patterns = packaged_patterns()
    return AttacksPage(
        path=urls.ATTACKS,
        twin=urls.twin(urls.ATTACKS),
        crumbs=(Crumb("", "Attacks"),),
        description="How MCP servers and their agents are attacked, what shows it, and which policy stops it.",
        count=len(patterns),
        checked=sum(one.check is not None for one in patterns),
        groups=tuple(
            (stops, about, tuple(_line(one, index) for one in patterns if one.stops is stops))
            for stops, about in STOPS_ABOUT.items()
        ),
    )


def _page(pattern: Pattern, proof: Proof | None, tools: Entries) -> AttackPage:
    path = urls.attack(pattern.id)
    return AttackPage(
        path=path,
        twin=urls.twin(path),
        crumbs=(Crumb(urls.ATTACKS, "Attacks"), Crumb("", pattern.name)),
        id=pattern.id,
        name=pattern.name,
        description=pattern.summary,
        summary=pattern.summary,
        happens=pattern.happens,
        works=pattern.works,
        incidents=tuple(_incident(one) for one in sorted(pattern.incidents, key=lambda one: one.date)),
        references=_references(pattern.references),
        needs=tuple(_need(one) for one in pattern.needs),
        flow=pattern.flow,
        stops=pattern.stops,
        verdict=STOPS_ABOUT[pattern.stops],
        policy=pattern.policy,
        beyond=pattern.beyond,
        document=readable(proof.document) if proof else "",
        calls=tuple(_call(one) for one in proof.decided) if proof else (),
        tools=len(tools),
        known=tools.standings().known,
        entries=tools[:EXAMPLES],
    )


def _line(pattern: Pattern, index: Index) -> AttackLine:
    signals = dict.fromkeys(signal for need in pattern.needs for signal in sorted(need.signals))
    return AttackLine(
        path=urls.attack(pattern.id),
        name=pattern.name,
        summary=pattern.summary,
        incidents=len(pattern.incidents),
        signals=tuple(signals),
        known=index.by_attack[pattern.id].standings().known,
    )


def _need(need: Need) -> tuple[Link, ...]:
    signals = tuple(Link(urls.signal(signal), signal) for signal in sorted(need.signals))
    categories = (category for category in CATEGORY_ABOUT if category in need.categories)
    return (*signals, *(Link(urls.category(category.value), label(category)) for category in categories))


def _incident(incident: Incident) -> IncidentView:
    return IncidentView(incident.date, incident.what, _references(incident.references))


def _references(addresses: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((address, urlsplit(address).netloc.removeprefix("www.")) for address in addresses)


def _call(one: Decided) -> CallView:
    arguments = json.dumps(one.call.arguments, ensure_ascii=False)
    return CallView(one.call.tool, arguments, one.call.times, one.decision.outcome, one.decision.message)
