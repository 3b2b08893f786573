"""Writes a verdict's rationale: the act, the words that say so, why not the neighbouring category, and how sure.

Plain text of two to four sentences, from the matches alone. Knows no rule file and no tool.
"""

from __future__ import annotations

from collections.abc import Mapping

from classifier.verdict import Category, Match, Strength

_UNSEEN: Mapping[Category, str] = {
    Category.READ: "No rule sees it change, run or delete anything, or move money.",
    Category.WRITE: "No rule sees it delete for good, run anything or move money.",
    Category.EXECUTE: "No rule sees it delete for good or move money.",
    Category.DESTRUCTIVE: "No rule sees a way to undo that.",
    Category.FINANCIAL: "No rule sees it only read, prepare or simulate that.",
}
"""What speaks for no other category, where no rule for one matched."""

_SURE: Mapping[Strength, str] = {
    Strength.DECISIVE: "High confidence: these words decide it, whatever else is said.",
    Strength.STRONG: "Medium confidence: these words mostly mean that.",
    Strength.WEAK: "Low confidence: these words are a hint.",
}
_CONTESTED = "{level} confidence: words as strong say otherwise."


def write_rationale(title: str, category: Category, support: tuple[Match, ...], dissent: tuple[Match, ...]) -> str:
    """Say what a tool does; `title` is that of the first rule of `support`, which completes "The tool ..."."""
    if not support:
        return "No rule recognises what it does from its name, description or schema, so it has no category."
    first = support[0]
    against = dissent[0] if dissent else None
    sentences = [f"The tool {title}: {first.says}.", _more(support), _why_not(category, first, against)]
    return " ".join([sentence for sentence in (*sentences, _how_sure(first, against)) if sentence])


def _more(support: tuple[Match, ...]) -> str:
    """Return the next sign that rests on other words than the first."""
    said = {(one.pointer, one.span) for one in support[0].evidence}
    for match in support[1:]:
        if not said >= {(one.pointer, one.span) for one in match.evidence}:
            return f"Also, {match.says}."
    return ""


def _why_not(category: Category, first: Match, against: Match | None) -> str:
    """Say what speaks for another category and why it does not win, or that nothing does."""
    if against is None:
        return _UNSEEN[category]
    weaker = against.strength is not first.strength
    why = "that is the weaker sign" if weaker else "of signs as strong, the more severe counts"
    other = against.category.value.capitalize()
    return f"Against it, {against.says}, which by itself would be {other}; {why}."


def _how_sure(first: Match, against: Match | None) -> str:
    if against is None or against.strength is not first.strength:
        return _SURE[first.strength]
    return _CONTESTED.format(level="Medium" if first.strength is Strength.DECISIVE else "Low")
