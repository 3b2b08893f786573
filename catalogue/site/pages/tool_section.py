"""The context of a tool as a section of its server's page. Pure: made from values, knows no database and no template.

It says what a tool's own page says of the verdict and of the policy, and leaves out what that page compares it with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from catalogue.site import urls
from catalogue.site.context import CONFIDENCE_ABOUT, day
from catalogue.site.marks import Quoted, inert
from catalogue.site.pages import words
from catalogue.site.pages.action_table import ActionRow, action_rows
from catalogue.site.pages.advice import Advice
from catalogue.site.pages.evidence import Proof, make_case
from catalogue.site.pages.schema import Hint, Row, hint_rows, parameter_rows
from catalogue.site.pages.tool_page import Judged, SignalView
from catalogue.values import Standing
from classifier.tool import Tool
from classifier.verdict import Category, Confidence, Severity


@dataclass(frozen=True, slots=True)
class ToolSection:
    """Everything in the section, in its order. `whole` is false for one that is cut to what is always short."""

    anchor: str  # of the section; those of its parts begin with it and ":"
    name: str  # one safe line
    category: Category
    category_path: str
    severity: Severity
    severity_path: str
    confidence: Confidence
    confidence_about: str
    declared: bool  # true: only a record says that the tool exists
    whole: bool
    rationale: str
    signals: tuple[SignalView, ...]
    quoted_name: Quoted
    title: Quoted | None
    quoted_description: Quoted
    elsewhere: tuple[tuple[str, Quoted], ...]  # (pointer, text) of evidence that stands in no part of the section
    support: tuple[Proof, ...]
    dissent: tuple[Proof, ...]
    parameters: tuple[Row, ...]
    parameters_more: int  # left out of `parameters`
    actions: tuple[ActionRow, ...]
    actions_more: int  # left out of `actions`
    hints: tuple[Hint, ...]  # those that its server states
    reasons: tuple[str, ...]  # why the policy says what it says
    effects: tuple[str, ...]  # what the policy does when run
    blanks: tuple[str, ...]  # sentences: what a person has to fill in
    policy: str
    facts: tuple[tuple[str, str], ...]
    data: str  # the file that has the definition and the verdict whole


def tool_section(judged: Judged, advice: Advice, data: str, titles: Mapping[str, str]) -> ToolSection:
    """Make the context. `data` is the file that has the tool whole, `titles` are those of the rules, by id."""
    row, verdict = judged.row, judged.verdict
    tool = Tool.from_wire(row.definition)
    case, located = make_case(verdict, tool, titles)
    parameters, more = parameter_rows(tool, verdict, located)
    actions, actions_more = action_rows(tool, verdict)
    return ToolSection(
        anchor=urls.tool_anchor(row.name, row.occurrence),
        name=inert(row.name, 160),
        category=verdict.category,
        category_path=urls.category(verdict.category.value),
        severity=verdict.severity,
        severity_path=urls.severity(verdict.severity.value),
        confidence=verdict.confidence,
        confidence_about=CONFIDENCE_ABOUT[verdict.confidence],
        declared=row.standing is Standing.DECLARED,
        whole=True,
        rationale=inert(verdict.rationale, 1000),
        signals=tuple(
            SignalView(signal, urls.signal(signal), words.about_signal(signal), proofs)
            for signal, proofs in case.signals.items()
        ),
        quoted_name=located.quote(row.name, "/name"),
        title=located.quote(tool.title, tool.title_pointer) if tool.title else None,
        quoted_description=located.quote(tool.description, "/description", _DESCRIPTION),
        support=case.support,
        dissent=case.dissent,
        parameters=parameters,
        parameters_more=more,
        actions=actions,
        actions_more=actions_more,
        hints=tuple(hint for hint in hint_rows(tool, verdict, located) if hint.claimed is not None),
        elsewhere=tuple(located.remaining(tool)),
        reasons=advice.reasons,
        effects=advice.effects,
        blanks=advice.blanks,
        policy=advice.text,
        facts=_facts(judged),
        data=data,
    )


_DESCRIPTION = 1500
"""Characters of a description where nothing is marked behind them: 19 of 20 real ones are shorter."""


def _facts(judged: Judged) -> tuple[tuple[str, str], ...]:
    row = judged.row
    by = f" by {inert(row.declared_by, 120)}" if row.declared_by else ""
    standing = "confirmed: the server listed it itself" if row.standing is Standing.CONFIRMED else f"declared{by}"
    seen = f"{day(row.first_seen)} to {day(row.last_seen)}"
    return ("Standing", standing), ("Seen", seen), ("Definition", f"SHA-256 {row.digest}")


def shortened(section: ToolSection) -> ToolSection:
    """Cut a section to what has bounds of its own: who floods a page with one tool shows less of it, not of others."""
    return replace(
        section,
        whole=False,
        quoted_name=Quoted(section.name),
        title=None,
        quoted_description=Quoted(""),
        elsewhere=(),
        signals=tuple(signal._replace(proofs=()) for signal in section.signals),
        support=(),
        dissent=(),
        parameters=(),
        parameters_more=0,
        actions=(),
        actions_more=0,
        hints=(),
        reasons=section.reasons[:_MOST],
        effects=section.effects[:_MOST],
        blanks=section.blanks[:_MOST],
        policy="",
    )


_MOST = 6
"""Sentences of each kind, of at most 600 characters, that a shortened section keeps."""
