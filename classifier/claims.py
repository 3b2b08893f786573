"""Compares a server's hints with what the rules say of the same tool. Knows neither page nor database.

A hint is a claim in three states, and absent is one of them: a default of the protocol is nobody's claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from classifier.tool import Annotations
from classifier.verdict import Category, Evidence, Signal

HINTS: Mapping[str, str] = {
    "readOnlyHint": "read_only",
    "destructiveHint": "destructive",
    "idempotentHint": "idempotent",
    "openWorldHint": "open_world",
}
"""The protocol's hints, each with its field in `classifier.tool.Annotations`."""

TOLD = ("readOnlyHint", "destructiveHint")
"""The hints that a category tells something about; see `expected`."""

CONFLICT = "annotation-conflict"
"""The signal whose evidence has both sides of each hint that is milder than the words."""

OUTSIDE = frozenset({"network", "sends-outside", "untrusted-content"})
"""Signals of tools that reach beyond their own system."""

_MILD: Mapping[str, bool] = {
    "readOnlyHint": True,
    "destructiveHint": False,
    "idempotentHint": True,
    "openWorldHint": False,
}
"""The value of each hint that makes little of a tool."""


class Standing(StrEnum):
    """How a hint compares with the words of its tool. Absent: it is not claimed; open: nothing tells."""

    AGREES = "agrees"
    MILDER = "milder"
    STRICTER = "stricter"
    OPEN = "open"
    ABSENT = "absent"


class Claim(NamedTuple):
    """One hint of a tool, what it would be by our rules, and how the two compare; `None`: absent, and not known.

    `words` are what contradicts a milder one.
    """

    hint: str
    claimed: bool | None
    found: bool | None
    standing: Standing
    words: tuple[Evidence, ...]


def expected(hint: str, category: Category) -> bool | None:
    """Return what a hint would say of a tool of this category; `None` where the category does not tell.

    The protocol's `destructiveHint` asks whether changes do more than add. Code that a caller supplies may do either,
    and a payment is neither.
    """
    if category is Category.UNCLASSIFIED:
        return None
    if hint == "readOnlyHint":
        return category is Category.READ
    if hint == "destructiveHint" and category not in (Category.EXECUTE, Category.FINANCIAL):
        return category is Category.DESTRUCTIVE
    return None


def compare(annotations: Annotations, category: Category, signals: Iterable[Signal]) -> tuple[Claim, ...]:
    """Compare the four hints with a verdict's category and signals."""
    by_id = {signal.id: signal.evidence for signal in signals}
    return tuple(_claim(hint, getattr(annotations, field), category, by_id) for hint, field in HINTS.items())


def _claim(hint: str, claimed: bool | None, category: Category, signals: Mapping[str, tuple[Evidence, ...]]) -> Claim:
    words = _contradicting(hint, signals.get(CONFLICT, ())) if claimed is not None else ()
    found = not claimed if words else expected(hint, category)
    if hint == "openWorldHint" and claimed is not False and not OUTSIDE.isdisjoint(signals):
        found = True  # but of what belongs to its own system, strangers may write a part
    return Claim(hint, claimed, found, _standing(hint, claimed, found), words)


def _standing(hint: str, claimed: bool | None, found: bool | None) -> Standing:
    if claimed is None:
        return Standing.ABSENT
    if found is None:
        return Standing.OPEN
    if claimed is found:
        return Standing.AGREES
    return Standing.MILDER if claimed is _MILD[hint] else Standing.STRICTER


def _contradicting(hint: str, conflict: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the other side of what the rules that name this hint found."""
    evidence = tuple(conflict)
    pointer = f"/annotations/{hint}"
    rules = {one.rule for one in evidence if one.pointer == pointer}
    return tuple(one for one in evidence if one.rule in rules and one.pointer != pointer)
