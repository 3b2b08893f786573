"""What a change of a tool amounts to, graded by its effect: a comma is not an alarm, and Read becoming Execute is.

Pure: knows no database and no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from catalogue.values import Snapshot, Standing, ToolEvent
from classifier.verdict import Category, Severity, Verdict, more_severe

_WORDS = re.compile(r"\w+")
_ATTACKS = frozenset({"hidden-text", "instructs-model"})
_DANGEROUS = frozenset({Category.EXECUTE, Category.DESTRUCTIVE, Category.FINANCIAL, Category.UNCLASSIFIED})
_LEVELS: Mapping[Severity, int] = {severity: level for level, severity in enumerate(Severity)}


class Grade(StrEnum):
    """How far a change matters. Declared from least to most."""

    FORM = "form"  # white space, punctuation, letter case, the order of keys
    TEXT = "text"  # words for people and models
    INTERFACE = "interface"  # what is called, with which arguments, and what the server claims of it
    EFFECT = "effect"  # what our rules say it can do


@dataclass(frozen=True, slots=True)
class Drift:
    """One change of one tool. `category` and `severity` are (before, after), `None` where the tool was not there.

    `what` are short sentences, the weightiest first; names in them are a stranger's. Where a whole server was withdrawn
    there is no tool, and no standing.
    """

    server: str
    tool: str | None
    occurrence: int
    at: datetime
    standing: Standing | None
    kind: Literal["added", "removed", "changed", "withdrawn"]
    grade: Grade
    category: tuple[Category | None, Category | None]
    severity: tuple[Severity | None, Severity | None]
    what: tuple[str, ...]


_GRADES: Mapping[Grade, int] = {grade: rank for rank, grade in enumerate(Grade)}


def reaches(grade: Grade, least: Grade) -> bool:
    """Tell whether a grade is at least another one."""
    return _GRADES[grade] >= _GRADES[least]


def grade(event: ToolEvent) -> Drift:
    """Say what an event amounts to."""
    graded = sorted(_sentences(event), key=lambda one: -_GRADES[one[0]])
    kind: Literal["added", "removed", "changed"] = (
        "added" if event.before is None else "removed" if event.after is None else "changed"
    )
    return Drift(
        server=event.server,
        tool=event.tool,
        occurrence=event.occurrence,
        at=event.at,
        standing=event.standing,
        kind=kind,
        grade=graded[0][0] if graded else Grade.FORM,
        category=(_category(event.before), _category(event.after)),
        severity=(_severity(event.before), _severity(event.after)),
        what=tuple(sentence for _, sentence in graded) or ("only its form changed",),
    )


def withdrawal(server: str, at: datetime) -> Drift:
    """Say that no source names a server any more."""
    what = ("every source that named it has deleted it",)
    return Drift(server, None, 0, at, None, "withdrawn", Grade.INTERFACE, (None, None), (None, None), what)


def _sentences(event: ToolEvent) -> Iterator[tuple[Grade, str]]:
    before, after = event.before, event.after
    if before is None or after is None:
        yield _comes_or_goes(before, after, event.other_name)
        return
    if before.verdict and after.verdict:
        yield from _effects(before.verdict, after.verdict)
    yield from _interface(before.definition, after.definition)
    for key in ("title", "description"):
        yield from _texts(key, before.definition.get(key), after.definition.get(key))


def _comes_or_goes(before: Snapshot | None, after: Snapshot | None, other_name: str | None) -> tuple[Grade, str]:
    there = after or before
    called = there.verdict.category.value.capitalize() if there and there.verdict else "not judged yet"
    if other_name is not None:
        return Grade.INTERFACE, f"renamed from {other_name}, {called}" if after else f"renamed to {other_name}"
    dangerous = after is not None and after.verdict is not None and after.verdict.category in _DANGEROUS
    what = f"a new tool, {called}" if after else f"removed; it was {called}"
    return (Grade.EFFECT if dangerous else Grade.INTERFACE), what


def _effects(before: Verdict, after: Verdict) -> Iterator[tuple[Grade, str]]:
    if before.category is not after.category:
        worse = more_severe(after.category) > more_severe(before.category)
        direction = "more severe" if worse else "milder"
        yield Grade.EFFECT, f"{before.category.value} became {after.category.value}, which is {direction}"
    if before.severity is not after.severity:
        direction = "rose" if _LEVELS[after.severity] > _LEVELS[before.severity] else "fell"
        yield Grade.EFFECT, f"severity {direction} from {before.severity.value} to {after.severity.value}"
    old, new = ({signal.id for signal in verdict.signals} for verdict in (before, after))
    for signal in sorted(new - old):
        yield (Grade.EFFECT if signal in _ATTACKS else Grade.INTERFACE), f"has the signal {signal} now"
    for signal in sorted(old - new):
        yield Grade.INTERFACE, f"no longer has the signal {signal}"


def _interface(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[Grade, str]]:
    old, new = _parameters(before), _parameters(after)
    for what, names in (("takes", new.keys() - old.keys()), ("no longer takes", old.keys() - new.keys())):
        if names:
            yield Grade.INTERFACE, f"{what} {', '.join(sorted(names))}"
    changed = sorted(name for name in old.keys() & new.keys() if _bare(old[name]) != _bare(new[name]))
    if changed:
        yield Grade.INTERFACE, f"the schema of {', '.join(changed)} changed"
    elif not old.keys() ^ new.keys() and _bare(before.get("inputSchema")) != _bare(after.get("inputSchema")):
        yield Grade.INTERFACE, "its input schema changed"
    elif _schema_texts(before) != _schema_texts(after):
        yield Grade.TEXT, "the description of a parameter changed"
    if _bare(before.get("outputSchema")) != _bare(after.get("outputSchema")):
        yield Grade.INTERFACE, "its output schema changed"
    if before.get("annotations") != after.get("annotations"):
        yield Grade.INTERFACE, "what its server claims of it changed (annotations)"


def _texts(key: str, before: Any, after: Any) -> Iterator[tuple[Grade, str]]:
    if before == after:
        return
    old, new = (_WORDS.findall(text.casefold()) if isinstance(text, str) else [] for text in (before, after))
    yield (Grade.FORM, f"the form of its {key} changed") if old == new else (Grade.TEXT, f"its {key} changed")


def _parameters(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = definition.get("inputSchema")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties if isinstance(properties, Mapping) else {}


def _bare(schema: Any) -> Any:
    """Return a schema without its words for people."""
    if isinstance(schema, Mapping):
        return {
            key: _bare(value)
            for key, value in schema.items()
            if not (key in ("description", "title") and isinstance(value, str))
        }
    return [_bare(item) for item in schema] if isinstance(schema, list) else schema


def _schema_texts(definition: Mapping[str, Any]) -> list[str]:
    """Return the words for people of the input schema, in no order."""
    texts: list[str] = []
    pending = [definition.get("inputSchema")]
    for node in pending:  # grows while it is walked
        if isinstance(node, Mapping):
            texts += [node[key] for key in ("description", "title") if isinstance(node.get(key), str)]
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    return sorted(" ".join(_WORDS.findall(text.casefold())) for text in texts)


def _category(side: Snapshot | None) -> Category | None:
    return side.verdict.category if side and side.verdict else None


def _severity(side: Snapshot | None) -> Severity | None:
    return side.verdict.severity if side and side.verdict else None
