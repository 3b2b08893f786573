"""The context of a tool's page. Pure: made from values, knows no database and no template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from catalogue.attacks.read import patterns_for
from catalogue.site import urls
from catalogue.site.command import command
from catalogue.site.context import CONFIDENCE_ABOUT, Crumb, Entry, Link, Mention, day, label, minute
from catalogue.site.gathered.names import Namesakes
from catalogue.site.marks import Quoted, inert
from catalogue.site.outcomes import attempt_words
from catalogue.site.pages import words
from catalogue.site.pages.action_table import ActionRow, ArgumentRow, action_rows, argument_rows
from catalogue.site.pages.advice import Advice
from catalogue.site.pages.evidence import Case, Proof, make_case
from catalogue.site.pages.schema import Hint, Row, hint_rows, parameter_rows
from catalogue.values import Standing, StoredTool, ToolRow
from classifier.tool import Tool
from classifier.verdict import Category, Confidence, Severity, Verdict

_SERVERS = Crumb(urls.servers(), "Servers")

_NAME = 160
"""Characters of a name that a page shows; the definition on the page has it whole."""


class SignalView(NamedTuple):
    """A signal of this tool: its page, what it says, and the rules that found it."""

    id: str
    path: str
    about: str
    proofs: tuple[Proof, ...]


class Related(NamedTuple):
    """A group of tools worth a look beside this one; `more` leads to all of them."""

    title: str
    entries: tuple[Entry | Mention, ...]
    more: Link | None


class Fact(NamedTuple):
    """One line of the provenance table."""

    label: str
    value: str


class ToolPage(NamedTuple):
    """Everything on a tool's page, in the page's order."""

    path: str  # of the HTML page
    policy_path: str  # of the policy's own file
    crumbs: tuple[Crumb, ...]
    name: str  # one safe line
    server: str  # one safe line
    description: str  # of the page, for search engines
    category: Category
    severity: Severity
    confidence: Confidence
    declared: bool  # true: only a record says that the tool exists
    title: Quoted | None  # as claimed by the server
    claim: str  # the first sentence of its own description; "" if it has none
    plain: tuple[str, ...]  # sentences: what it does
    rationale: str
    support: tuple[Proof, ...]
    dissent: tuple[Proof, ...]
    signals: tuple[SignalView, ...]
    quoted_name: Quoted  # the definition, with the evidence marked, from here to `elsewhere`
    quoted_description: Quoted
    parameters: tuple[Row, ...]
    parameters_more: int  # left out of `parameters`
    parameters_marked: bool  # whether evidence stands in them
    actions: tuple[ActionRow, ...]
    actions_more: int  # left out of `actions`
    arguments: tuple[ArgumentRow, ...]
    hints: tuple[Hint, ...]
    elsewhere: tuple[tuple[str, Quoted], ...]  # (pointer, text) of evidence that stands in no part above
    reasons: tuple[str, ...]  # sentences: why it needs a policy
    advice: Advice
    questions: tuple[words.Question, ...]
    related: tuple[Related, ...]
    facts: tuple[Fact, ...]  # provenance
    tokens: int  # estimated cost of the definition in a model's context
    explain: str  # the command that reproduces the verdict from the database
    reproduce: str  # the command that reproduces it offline, from the twin
    stored: StoredTool  # for the twin

    @property
    def card(self) -> str:
        """The picture for links to the page: its server's."""
        return urls.server_card(self.stored.server)

    @property
    def twin(self) -> str:
        """The JSON twin."""
        return urls.twin(self.path)

    @property
    def attacks(self) -> tuple[tuple[Link, str], ...]:
        """The attack patterns whose signals it has, each with a sentence."""
        return _attacks(self.category, frozenset(signal.id for signal in self.signals))

    @property
    def server_path(self) -> str:
        """The page of its server."""
        return urls.server(self.stored.server)

    @property
    def category_path(self) -> str:
        """The list of its category."""
        return urls.category(self.category.value)

    @property
    def severity_path(self) -> str:
        """The list of its risk level."""
        return urls.severity(self.severity.value)

    @property
    def confidence_about(self) -> str:
        """What its confidence rests on."""
        return CONFIDENCE_ABOUT[self.confidence]


@lru_cache(maxsize=4096)
def _attacks(category: Category, signals: frozenset[str]) -> tuple[tuple[Link, str], ...]:
    found = patterns_for(category, signals)
    return tuple((Link(urls.attack(one.id), one.name), one.summary) for one in found)


class Neighbours(NamedTuple):
    """Tools to compare with: those of the server, and those of the same name anywhere, this one among both."""

    server: Sequence[Entry]
    name: Namesakes


class Judged(NamedTuple):
    """A tool that has a verdict: as it is stored, and decoded."""

    stored: StoredTool
    row: ToolRow
    verdict: Verdict


def tool_page(judged: Judged, advice: Advice, neighbours: Neighbours, titles: Mapping[str, str]) -> ToolPage:
    """Make the context of one tool's page. `titles` are those of the rules, by id."""
    row, verdict = judged.row, judged.verdict
    path = urls.tool(row.server, row.name, row.occurrence)
    name, server = inert(row.name, _NAME), inert(row.server, _NAME)
    tool = Tool.from_wire(row.definition)
    case, located = make_case(verdict, tool, titles)
    parameters, more = parameter_rows(tool, verdict, located)
    actions, actions_more = action_rows(tool, verdict)
    hints = hint_rows(tool, verdict, located)
    subject = words.Subject(name, server, tool, verdict, case, hints, advice, row.standing, neighbours.name.count - 1)
    plain = words.plain_words(subject)
    return ToolPage(
        path=path,
        policy_path=urls.policy_beside(path),
        crumbs=_crumbs(row, server, name),
        name=name,
        server=server,
        description=f"{plain[0]} Risk {verdict.severity.value}, with the evidence and a policy to put in front of it.",
        category=verdict.category,
        severity=verdict.severity,
        confidence=verdict.confidence,
        declared=row.standing is Standing.DECLARED,
        title=located.quote(tool.title, tool.title_pointer) if tool.title else None,
        claim=words.claim(tool),
        plain=plain,
        rationale=inert(verdict.rationale, 1000),
        support=case.support,
        dissent=case.dissent,
        signals=_signals(case),
        quoted_name=located.quote(row.name, "/name"),
        quoted_description=located.quote(tool.description, "/description"),
        parameters=parameters,
        parameters_more=more,
        parameters_marked=located.marks("/inputSchema"),
        actions=actions,
        actions_more=actions_more,
        arguments=argument_rows(verdict),
        hints=hints,
        elsewhere=tuple(located.remaining(tool)),
        reasons=words.reasons_for_policy(subject),
        advice=advice,
        questions=words.questions(subject),
        related=_related(row, path, verdict.category, neighbours),
        facts=_facts(row, verdict),
        tokens=tokens_of(judged),
        explain=command("explain", row.server, row.name),
        reproduce=_reproduce(path),
        stored=judged.stored,
    )


def tokens_of(judged: Judged) -> int:
    """Estimate the tokens of a definition in a model's context: characters of its compact JSON, divided by four."""
    text = judged.stored.definition
    if "\\u" in text:  # a letter of another script is one character and not six
        text = json.dumps(judged.row.definition, separators=(",", ":"), ensure_ascii=False)
    return -(-len(text) // 4)


def _crumbs(row: ToolRow, server: str, name: str) -> tuple[Crumb, ...]:
    return (_SERVERS, Crumb(urls.server(row.server), server), Crumb("", name))


def _signals(case: Case) -> tuple[SignalView, ...]:
    return tuple(
        [
            SignalView(signal_id, urls.signal(signal_id), words.about_signal(signal_id), proofs)
            for signal_id, proofs in case.signals.items()
        ]
    )


_SHOWN = 6
"""Tools in a group of related ones."""


def _related(row: ToolRow, path: str, category: Category, neighbours: Neighbours) -> tuple[Related, ...]:
    alike: list[Entry] = []
    others: list[Entry] = []
    for entry in neighbours.server:
        group = alike if entry.category is category else others
        if len(group) < _SHOWN and entry.path != path:
            group.append(entry)
        if len(alike) == len(others) == _SHOWN:
            break
    elsewhere = [mention for mention in neighbours.name.first if mention.path != path]
    everything = Link(urls.server(row.server), f"All {len(neighbours.server):,} tools of this server")
    groups = (
        Related(f"Also {label(category)} on this server", tuple(alike), everything),
        Related("Other tools of this server", tuple(others), everything),
        Related("The same name elsewhere", tuple(elsewhere[:_SHOWN]), None),
    )
    return tuple([group for group in groups if group.entries])


def _facts(row: ToolRow, verdict: Verdict) -> tuple[Fact, ...]:
    facts = [("Standing", _standing(row))]
    seen = row.introspection
    if seen is not None:
        facts += [
            ("Target", inert(seen.target, 300)),
            ("Protocol revision", inert(seen.protocol_version or "not stated", 40)),
            ("Listed at", minute(seen.started_at)),
            ("Attempt", attempt_words(seen.attempt)),
            ("Command", inert(seen.command, 400)),
            ("Installed version", inert(seen.resolved or "", 80)),
            ("Listing", f"complete, {seen.tools:,} tools" if seen.complete else "incomplete: more tools may exist"),
        ]
    facts += [
        ("First seen", day(row.first_seen)),
        ("Last seen", day(row.last_seen)),
        ("Definition", f"SHA-256 {row.digest}"),
        ("Ruleset", f"SHA-256 {verdict.ruleset}"),
    ]
    return tuple([Fact(name, value) for name, value in facts if value])


def _standing(row: ToolRow) -> str:
    if row.standing is Standing.CONFIRMED:
        return "confirmed: the server listed it itself"
    by = f" by {inert(row.declared_by, 120)}" if row.declared_by else ""
    return f"declared{by}, not confirmed by asking the server"


def _reproduce(path: str) -> str:
    file = urls.twin(path)
    return f"jq -c .definition {file} > tool.jsonl\ncatalogue classify --tools tool.jsonl"
