"""Answers which tools there are, and why one has its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalogue.agents.answers import (
    ArgumentFound,
    MatchFound,
    SignalFound,
    ToolFound,
    ToolsFound,
    ValueFound,
    VerdictFound,
    Words,
)
from catalogue.agents.holdings import Holdings
from catalogue.agents.questions import OneTool, ToolSearch
from catalogue.agents.quoting import first, quoted, shown_name
from catalogue.errors import CatalogueError
from catalogue.lookup import judged
from catalogue.repository import Repository
from catalogue.repository.search import Search, Wanted
from catalogue.values import ToolRow
from classifier.verdict import EFFECTS, SIGNALS, ActionVerdict, EffectArgument, Evidence, Match, Severity, Verdict

_BATCH = 100
_MOST_READ = 2_000
"""Tools that one search looks at: under a second. A search that finds few goes on from its cursor."""

_LONGEST_TITLE = 120
_LONGEST_EXCERPT = 240
_LONGEST_DESCRIPTION = 2_000
_LONGEST_WORDS = 160
_MOST_MATCHES = 8
_MOST_WORDS = 5
_MOST_VALUES = 30
_MOST_ARGUMENTS = 15


def search_tools(holdings: Holdings, question: ToolSearch) -> ToolsFound:
    """Return a page of the tools that are wanted."""
    with holdings.reading() as session:
        repository = Repository(session)
        wanted = _wanted(holdings, repository, question)
        after = None if question.cursor is None else int(question.cursor)
        found: list[ToolFound] = []
        for _ in range(0, _MOST_READ, _BATCH):
            ids = Search(session).candidates(wanted, holdings.ruleset.digest, after, _BATCH)
            tools = repository.tools_by_id(ids, holdings.ruleset.digest)
            for after, tool in zip(ids, tools, strict=True):  # so that the cursor is the last one read
                row = judged(tool, holdings.ruleset).decoded()
                if row.verdict and _fits(row, row.verdict, wanted):
                    found.append(_tool_found(row, row.verdict))
                if len(found) == question.limit:
                    return ToolsFound(found, str(after))
            if len(ids) < _BATCH:
                return ToolsFound(found, None)
    return ToolsFound(found, str(after))


def _wanted(holdings: Holdings, repository: Repository, question: ToolSearch) -> Wanted:
    severities = list(Severity)
    least = severities.index(question.severity) if question.severity else 0
    return Wanted(
        words=tuple(dict.fromkeys(question.query.lower().split())),
        server=question.server and holdings.server(repository, question.server).name,
        categories=(question.category,) if question.category else (),
        severities=tuple(severities[least:]) if question.severity else (),
        signal=question.signal,
    )


def _fits(row: ToolRow, verdict: Verdict, wanted: Wanted) -> bool:
    """Tell whether a tool is as wanted: its words, and what the rules say of it."""
    if wanted.categories and verdict.category not in wanted.categories:
        return False
    if wanted.severities and verdict.severity not in wanted.severities:
        return False
    if wanted.signal is not None and wanted.signal not in {signal.id for signal in verdict.signals}:
        return False
    texts = (row.server, row.name, *(_text(row.definition, key) for key in ("title", "description")))
    text = "\n".join(texts).lower()
    return all(word in text for word in wanted.words)


def _text(definition: Mapping[str, Any], key: str) -> str:
    value = definition.get(key)
    return value if isinstance(value, str) else ""


def _title(definition: Mapping[str, Any]) -> str:
    """The tool's title, or else that among its hints, where older revisions have it."""
    annotations = definition.get("annotations")
    return _text(definition, "title") or (_text(annotations, "title") if isinstance(annotations, Mapping) else "")


def _tool_found(row: ToolRow, verdict: Verdict) -> ToolFound:
    return ToolFound(
        server=shown_name(row.server),
        tool=shown_name(row.name),
        occurrence=row.occurrence,
        standing=row.standing,
        category=verdict.category,
        severity=verdict.severity,
        confidence=verdict.confidence,
        signals=[signal.id for signal in verdict.signals],
        quoted_title=quoted(_title(row.definition), _LONGEST_TITLE),
        quoted_description=quoted(_text(row.definition, "description"), _LONGEST_EXCERPT),
    )


def get_verdict(holdings: Holdings, question: OneTool) -> VerdictFound:
    """Return the verdict of one tool, with its evidence."""
    with holdings.reading() as session:
        row = holdings.tool(Repository(session), question.server, question.tool, question.occurrence)
    if row.verdict is None:
        raise CatalogueError(f"tool {row.name!r} of {row.server!r} has no verdict", "`catalogue classify`")
    return _verdict_found(row, row.verdict)


def _verdict_found(row: ToolRow, verdict: Verdict) -> VerdictFound:
    left = _Left()
    return VerdictFound(
        server=shown_name(row.server),
        tool=shown_name(row.name),
        occurrence=row.occurrence,
        standing=row.standing,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        definition=verdict.definition,
        ruleset=verdict.ruleset,
        category=verdict.category,
        severity=verdict.severity,
        severity_reason=verdict.severity_reason,
        confidence=verdict.confidence,
        quoted_rationale=quoted(verdict.rationale, _LONGEST_DESCRIPTION),
        quoted_title=quoted(_title(row.definition), _LONGEST_TITLE),
        quoted_description=quoted(_text(row.definition, "description"), _LONGEST_DESCRIPTION),
        signals=[SignalFound(one.id, SIGNALS[one.id], left.words(one.evidence)) for one in verdict.signals],
        support=left.matches(verdict.support),
        dissent=left.matches(verdict.dissent),
        actions=left.values(verdict.actions),
        arguments=left.arguments(verdict.arguments),
        omitted=left.out,
    )


class _Left:
    """Takes the first of each kind of evidence, and counts what it leaves out."""

    def __init__(self) -> None:
        self.out = 0

    def words(self, evidence: Iterable[Evidence]) -> Sequence[Words]:
        taken, left = first(evidence, _MOST_WORDS)
        self.out += left
        return [Words(one.rule, *(quoted(text, _LONGEST_WORDS) for text in _texts(one))) for one in taken]

    def matches(self, matches: Iterable[Match]) -> Sequence[MatchFound]:
        taken, left = first(matches, _MOST_MATCHES)
        self.out += left
        return [
            MatchFound(
                one.rule, one.category, one.strength.value, quoted(one.says, _LONGEST_WORDS), self.words(one.evidence)
            )
            for one in taken
        ]

    def values(self, values: Iterable[ActionVerdict]) -> Sequence[ValueFound]:
        taken, left = first(values, _MOST_VALUES)
        self.out += left
        return [
            ValueFound(quoted(one.parameter, _LONGEST_WORDS), quoted(one.value, _LONGEST_WORDS), one.category)
            for one in taken
        ]

    def arguments(self, arguments: Iterable[EffectArgument]) -> Sequence[ArgumentFound]:
        taken, left = first(arguments, _MOST_ARGUMENTS)
        self.out += left
        return [
            ArgumentFound(quoted(one.parameter, _LONGEST_WORDS), EFFECTS[one.effect], self.values(one.values))
            for one in taken
        ]


def _texts(evidence: Evidence) -> tuple[str, str, str]:
    return evidence.pointer, evidence.quote, evidence.note
