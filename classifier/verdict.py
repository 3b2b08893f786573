"""What the rules say of a definition: the types, and the decision from matches to a verdict. Knows no rule file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Evidence:
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


@dataclass(frozen=True, slots=True)
class Match:
    """One rule that fired for a category. `says` is its rationale with the captures filled in."""

    rule: str
    category: Category
    strength: Strength
    says: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """A named risk property that a definition has, with the rules' evidence. `id` is one of DESIGN's list."""

    id: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """What one value of an action parameter does: `parameter` is its dotted path, `value` the enum's value."""

    parameter: str
    value: str
    category: Category
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one ruleset says of one definition. Same definition and ruleset: the same verdict, byte for byte.

    `support` are the matches for the category, strongest first; `dissent` all other matches. `rationale` is plain text
    of one to three sentences. `severity_reason` says why the severity is what it is.
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
    "money-amount": "takes an amount of money",
    "irreversible": "cannot be undone",
    "many-parameters": "has ten or more parameters",
    "open-arguments": "accepts any property",
    "multi-action": "is one tool with several actions",
    "no-description": "has no description",
    "annotation-conflict": "its server's own hint disagrees with what we found",
    "name-mismatch": "its name says one thing and its description another",
    "hidden-text": "carries invisible or bidirectional characters, or escape sequences",
    "instructs-model": "carries text that addresses the model",
    "references-other-tools": "tells the model what to do with other tools",
}
"""Every signal, with words that complete "The tool ..."."""
