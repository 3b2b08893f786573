"""What the rules say of a definition: the types, and the decision from matches to a verdict. Knows no rule file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Category(StrEnum):
    """The most severe effect a definition says its tool can have. Declared from mildest to most severe."""

    UNCLASSIFIED = "unclassified"
    READ = "read"
    WRITE = "write"
    EXECUTE = "execute"
    DESTRUCTIVE = "destructive"
    FINANCIAL = "financial"


class Severity(StrEnum):
    """Declared from lowest to highest."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Strength(StrEnum):
    """How far a rule's match can be trusted alone. Declared from weakest to strongest."""

    WEAK = "weak"
    STRONG = "strong"
    DECISIVE = "decisive"


class Confidence(StrEnum):
    """The tier that decided, one lower if the same tier dissents; `NONE` where nothing matched."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Evidence(NamedTuple):
    """The exact words of a definition that one leaf of a rule matched.

    `pointer` is an RFC 6901 pointer into the wire JSON ("" is the whole definition). `quote` is the exact substring
    `text[start:end]` of the string at `pointer` (or of the property name that the pointer ends in), in code points;
    for an absence it is "" and `note` says what was looked for.
    """

    rule: str
    leaf: str
    pointer: str
    quote: str
    span: tuple[int, int]
    note: str = ""


class Match(NamedTuple):
    """One rule that fired for a category. `says` is its rationale with the captures filled in."""

    rule: str
    category: Category
    strength: Strength
    says: str
    evidence: tuple[Evidence, ...]


class Signal(NamedTuple):
    """A named risk property that a definition has, with the rules' evidence. `id` is one of DESIGN's list."""

    id: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """What a tool does when one argument has one value.

    `parameter` is the dotted path of the parameter ("operations[].type"), or "" for an action that only the description
    lists. `value` is spelled as JSON spells it, a string without its quotation marks. The first of `evidence` shows
    the value, the others what else the category rests on; its rule is "" where no rule knows what the value does.
    """

    parameter: str
    value: str
    category: Category
    evidence: tuple[Evidence, ...]


class Effect(StrEnum):
    """What an argument does to the effect of a call."""

    PREVIEW = "preview"
    READ_ONLY = "read-only"
    CONFIRM = "confirm"
    PERMANENT = "permanent"
    FORCE = "force"
    CASCADE = "cascade"
    OVERWRITE = "overwrite"
    HTTP_METHOD = "http-method"
    STATEMENT = "statement"


EFFECTS: Mapping[Effect, str] = {
    Effect.PREVIEW: "shows what would happen, and does nothing",
    Effect.READ_ONLY: "keeps the call from changing anything",
    Effect.CONFIRM: "confirms that the call is meant",
    Effect.PERMANENT: "puts what it deletes beyond recovery",
    Effect.FORCE: "goes ahead where the tool would stop",
    Effect.CASCADE: "takes in everything below",
    Effect.OVERWRITE: "replaces what is there",
    Effect.HTTP_METHOD: "is the HTTP method of the call",
    Effect.STATEMENT: "is run as a statement or query",
}
"""Every effect, with words that complete "The argument ..."."""


@dataclass(frozen=True, slots=True)
class EffectArgument:
    """An argument that changes the effect of a call.

    `parameter` is its dotted path. `dangerous` is the value of a switch with which the call does more (`None` for what
    is no switch). `values` say what the tool does with each value of which that is known. `evidence` has no rule: it
    is the parameter's name, by the word list of that effect, and what is said of it.
    """

    parameter: str
    effect: Effect
    dangerous: bool | None
    values: tuple[ActionVerdict, ...]
    evidence: tuple[Evidence, ...]


class Verdict(NamedTuple):
    """What one ruleset says of one definition. Same definition and ruleset: the same verdict, byte for byte.

    `support` are the matches for the category, strongest first; `dissent` all other matches. `rationale` is plain text
    of one to four sentences. `severity_reason` says why the severity is what it is. `actions` are the tool's
    actions, of which a call chooses one, in the schema's order; `arguments` those that change the effect of a call.
    """

    definition: str
    ruleset: str
    category: Category
    severity: Severity
    confidence: Confidence
    signals: tuple[Signal, ...]
    support: tuple[Match, ...]
    dissent: tuple[Match, ...]
    rationale: str
    severity_reason: str
    actions: tuple[ActionVerdict, ...] = ()
    arguments: tuple[EffectArgument, ...] = ()


SIGNALS: Mapping[str, str] = {
    "bulk": "affects many targets in one call",
    "admin": "administers a system or its permissions",
    "credentials-in": "takes a secret as an argument",
    "credentials-out": "returns a secret",
    "code": "runs the caller's code or commands",
    "query-language": "takes raw SQL or another query language",
    "filesystem": "takes file system paths",
    "network": "fetches a URL of the caller's choice",
    "markup": "takes raw HTML or a template",
    "sends-outside": "messages or publishes to third parties",
    "untrusted-content": "returns text that strangers wrote",
    "private-data": "returns private or personal data",
    "toxic-flow": "lets a stranger's text carry private data out, all by itself",
    "money-amount": "takes an amount of money",
    "irreversible": "cannot be undone",
    "many-parameters": "has ten or more parameters",
    "open-arguments": "accepts any property",
    "multi-action": "is one tool with several actions",
    "no-description": "has no description",
    "annotation-conflict": "contradicts a hint of its own server",
    "name-mismatch": "is named one thing and described as another",
    "hidden-text": "carries invisible or bidirectional characters, or escape sequences",
    "instructs-model": "carries text that addresses the model",
    "references-other-tools": "tells the model what to do with other tools",
}
"""Every signal, with words that complete "The tool ..."."""

_RANKS: Mapping[Category, int] = {category: rank for rank, category in enumerate(Category)}
_TIERS: Mapping[Strength, int] = {strength: tier for tier, strength in enumerate(Strength)}

BASE_SEVERITY: Mapping[Category, Severity] = {
    Category.UNCLASSIFIED: Severity.HIGH,
    Category.READ: Severity.LOW,
    Category.WRITE: Severity.MEDIUM,
    Category.EXECUTE: Severity.HIGH,
    Category.DESTRUCTIVE: Severity.CRITICAL,
    Category.FINANCIAL: Severity.CRITICAL,
}
"""The severity of a category by itself; what no rule knows counts as high until one does."""

_BASE_REASONS: Mapping[Category, str] = {
    category: f"{severity.value.capitalize()} is the base severity of {category.value.capitalize()}."
    for category, severity in BASE_SEVERITY.items()
}
_LEVELS: Mapping[Severity, int] = {severity: level for level, severity in enumerate(Severity)}

RAISED: Mapping[tuple[Category, str], Severity] = {
    (Category.READ, "private-data"): Severity.MEDIUM,
    (Category.READ, "network"): Severity.MEDIUM,
    (Category.READ, "filesystem"): Severity.MEDIUM,
    (Category.READ, "credentials-out"): Severity.HIGH,
    (Category.READ, "toxic-flow"): Severity.HIGH,
    (Category.WRITE, "admin"): Severity.HIGH,
    (Category.WRITE, "bulk"): Severity.HIGH,
    (Category.WRITE, "irreversible"): Severity.HIGH,
    (Category.WRITE, "credentials-out"): Severity.HIGH,
    (Category.WRITE, "toxic-flow"): Severity.HIGH,
    (Category.EXECUTE, "code"): Severity.CRITICAL,
    (Category.EXECUTE, "admin"): Severity.CRITICAL,
}
"""The one table of signals that raise a severity; nothing ever lowers it."""


def more_severe(category: Category) -> int:
    """Order categories: Financial > Destructive > Execute > Write > Read > Unclassified."""
    return _RANKS[category]


def judge_severity(category: Category, signals: Iterable[str]) -> tuple[Severity, str]:
    """Return the severity and the sentence that says why."""
    severity = BASE_SEVERITY[category]
    reason = _BASE_REASONS[category]
    for signal in signals:
        raised = RAISED.get((category, signal))
        if raised and _LEVELS[raised] > _LEVELS[severity]:
            severity = raised
            reason = f"Raised to {raised.value}, because the tool {SIGNALS[signal]}."
    return severity, reason


def decide(matches: Iterable[Match]) -> tuple[Category, Confidence, tuple[Match, ...], tuple[Match, ...]]:
    """Weigh the matches of all category rules; return category, confidence, support and dissent, each strongest first.

    The strongest tier that has a match decides; in it, the most severe category. Confidence is the tier, one lower if
    the same tier holds a match for another category.
    """
    ranked = sorted(matches, key=_rank)
    if not ranked:
        return Category.UNCLASSIFIED, Confidence.NONE, (), ()
    tier = [match for match in ranked if match.strength is ranked[0].strength]  # the most severe first
    category = tier[0].category
    levels = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
    level = _TIERS[ranked[0].strength] - any(match.category is not category for match in tier)
    support = tuple([match for match in ranked if match.category is category])
    dissent = tuple([match for match in ranked if match.category is not category])
    return category, levels[max(level, 0)], support, dissent


def _rank(match: Match) -> tuple[int, int, str]:
    return -_TIERS[match.strength], -_RANKS[match.category], match.rule


def to_wire(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON values, in the order of its fields."""
    return {
        "definition": verdict.definition,
        "ruleset": verdict.ruleset,
        "category": verdict.category.value,
        "severity": verdict.severity.value,
        "confidence": verdict.confidence.value,
        "signals": list(map(signal_to_wire, verdict.signals)),
        "support": [_match(one) for one in verdict.support],
        "dissent": [_match(one) for one in verdict.dissent],
        "rationale": verdict.rationale,
        "severity_reason": verdict.severity_reason,
        "actions": list(map(_action, verdict.actions)),
        "arguments": [
            {
                "parameter": one.parameter,
                "effect": one.effect.value,
                "dangerous": one.dangerous,
                "values": list(map(_action, one.values)),
                "evidence": _evidence_list(one.evidence),
            }
            for one in verdict.arguments
        ],
    }


_CATEGORIES: Mapping[str, Category] = {one.value: one for one in Category}
_SEVERITIES: Mapping[str, Severity] = {one.value: one for one in Severity}
_CONFIDENCES: Mapping[str, Confidence] = {one.value: one for one in Confidence}
_STRENGTHS: Mapping[str, Strength] = {one.value: one for one in Strength}
"""To look a word up costs a tenth of what `Category(word)` does, and every verdict has a handful."""


def from_wire(data: Mapping[str, Any]) -> Verdict:
    """Read back what `to_wire` wrote. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    return Verdict(
        definition=data["definition"],
        ruleset=data["ruleset"],
        category=_CATEGORIES[data["category"]],
        severity=_SEVERITIES[data["severity"]],
        confidence=_CONFIDENCES[data["confidence"]],
        signals=tuple([signal_from_wire(one) for one in data["signals"]]),
        support=tuple([_read_match(one) for one in data["support"]]),
        dissent=tuple([_read_match(one) for one in data["dissent"]]),
        rationale=data["rationale"],
        severity_reason=data["severity_reason"],
        actions=tuple([_read_action(one) for one in data["actions"]]),
        arguments=tuple([_read_argument(one) for one in data["arguments"]]),
    )


def signal_to_wire(signal: Signal) -> dict[str, Any]:
    """Return one signal as JSON values."""
    return {"id": signal.id, "evidence": _evidence_list(signal.evidence)}


def signal_from_wire(data: Mapping[str, Any]) -> Signal:
    """Read back one signal of what `to_wire` wrote."""
    return Signal(data["id"], _read_evidence(data["evidence"]))


def _match(match: Match) -> dict[str, Any]:
    return {
        "rule": match.rule,
        "category": match.category.value,
        "strength": match.strength.value,
        "says": match.says,
        "evidence": _evidence_list(match.evidence),
    }


def _action(one: ActionVerdict) -> dict[str, Any]:
    return {
        "parameter": one.parameter,
        "value": one.value,
        "category": one.category.value,
        "evidence": _evidence_list(one.evidence),
    }


def _evidence_list(evidence: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    return [
        {
            "rule": one.rule,
            "leaf": one.leaf,
            "pointer": one.pointer,
            "quote": one.quote,
            "span": list(one.span),
            "note": one.note,
        }
        for one in evidence
    ]


def _read_match(data: Mapping[str, Any]) -> Match:
    return Match(
        data["rule"],
        _CATEGORIES[data["category"]],
        _STRENGTHS[data["strength"]],
        data["says"],
        _read_evidence(data["evidence"]),
    )


def _read_action(data: Mapping[str, Any]) -> ActionVerdict:
    return ActionVerdict(
        data["parameter"], data["value"], _CATEGORIES[data["category"]], _read_evidence(data["evidence"])
    )


def _read_argument(data: Mapping[str, Any]) -> EffectArgument:
    return EffectArgument(
        data["parameter"],
        Effect(data["effect"]),
        data["dangerous"],
        tuple([_read_action(one) for one in data["values"]]),
        _read_evidence(data["evidence"]),
    )


def _read_evidence(data: list[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(
        [
            Evidence(
                one["rule"], one["leaf"], one["pointer"], one["quote"], (one["span"][0], one["span"][1]), one["note"]
            )
            for one in data
        ]
    )
