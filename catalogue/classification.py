"""Judges what has no verdict yet: definitions of the catalogue, or tools of a file. Knows no rule in particular.

Judging a file starts without a database's libraries: nothing here imports them before they are needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogue.judging import judge_all
from catalogue.tool_files import Entry, read_entries, to_saved_tool
from catalogue.wire import check_wire
from classifier.tool import NotAToolError
from classifier.verdict import Category, Verdict

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from catalogue.values import Report
    from classifier.ruleset import RuleSet

_BATCH = 200
"""Definitions a transaction: what a kill can cost, and what is in memory at a time."""


@dataclass(frozen=True, slots=True)
class ClassifySummary:
    """What was judged: how many definitions, and how many of each category."""

    judged: int
    categories: Mapping[str, int]


def classify_new(engine: Engine, ruleset: RuleSet, report: Report) -> ClassifySummary:
    """Judge each definition that has no verdict of `ruleset` yet, once, however many servers carry it."""
    from catalogue.database import reading, writing
    from catalogue.repository import VerdictStore

    categories: Counter[str] = Counter()
    with reading(engine) as session:
        total = VerdictStore(session).count_unjudged(ruleset.digest)
    verdicts = judge_all(_unjudged(engine, ruleset.digest), _judge_wire, ruleset)
    while batch := list(islice(verdicts, _BATCH)):
        with writing(engine) as session:
            VerdictStore(session).save(batch)
        categories.update(verdict.category.value for verdict in batch)
        report("classifying", categories.total(), max(total, categories.total()))
    ordered = {one.value: categories[one] for one in reversed(Category) if one in categories}
    return ClassifySummary(categories.total(), ordered)


def _unjudged(engine: Engine, digest: str) -> Iterator[Mapping[str, Any]]:
    """Yield the definitions without a verdict in the order of their digests, some at a time."""
    from catalogue.database import reading
    from catalogue.repository import VerdictStore

    last = ""
    while True:
        with reading(engine) as session:
            batch = VerdictStore(session).unjudged(digest, after=last, limit=_BATCH)
        if not batch:
            return
        yield from batch.values()
        last = max(batch)


def _judge_wire(wire: Mapping[str, Any], ruleset: RuleSet) -> Verdict:
    return ruleset.judge(wire)


def classify_file(path: Path, ruleset: RuleSet) -> Iterator[dict[str, Any]]:
    """Judge the tools of a file; yield one JSON object an entry, in their order.

    An entry that is no tool yields `line` and `error`. Raises `CatalogueError` when the file cannot be read or is not
    JSON.
    """
    return judge_all(read_entries(path), _judge_entry, ruleset)


def _judge_entry(entry: Entry, ruleset: RuleSet) -> dict[str, Any]:
    if entry.error is not None:
        return {"line": entry.line, "error": entry.error}
    saved = to_saved_tool(entry.value)
    try:
        name = check_wire(saved.wire)
        verdict = ruleset.judge(saved.wire)
    except NotAToolError as error:
        return {"line": entry.line, "error": str(error)}
    return {"server": saved.server or None} | _to_line(name, verdict)


def _to_line(name: str, verdict: Verdict) -> dict[str, Any]:
    evidence = [one for match in verdict.support for one in match.evidence]
    evidence += [one for signal in verdict.signals for one in signal.evidence]
    return {
        "name": name,
        "category": verdict.category.value,
        "severity": verdict.severity.value,
        "confidence": verdict.confidence.value,
        "signals": [signal.id for signal in verdict.signals],
        "rationale": verdict.rationale,
        "evidence": [{"rule": one.rule, "pointer": one.pointer, "quote": one.quote} for one in evidence],
        "ruleset": verdict.ruleset,
    }
