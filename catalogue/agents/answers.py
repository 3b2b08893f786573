"""What the tools answer: one type for each, from which its output schema is made. Knows no database.

What third parties wrote stands in `server`, `tool` and in fields whose name begins with `quoted`; sentences of ours
that repeat their words count as theirs. Everything else is ours, or a value of a closed list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from catalogue.audit.report import Kind, Known
from catalogue.drift import Grade
from catalogue.flows import State
from catalogue.policies.recommend import Posture
from catalogue.values import Standing
from classifier.verdict import Category, Confidence, Severity

Cursor: TypeAlias = Annotated[str | None, Field(description="Ask again with this cursor for more; null at the end.")]
Counts: TypeAlias = Mapping[str, int]


def counted(names: Iterable[str]) -> Counts:
    """How often each name is there, by name."""
    return dict(sorted(Counter(names).items()))


@dataclass(frozen=True, slots=True)
class ToolFound:
    """A tool of a server, and what the rules say of it in short.

    confirmed: the server itself listed it. declared: a record about the server names it.
    """

    server: str
    tool: str
    occurrence: int
    standing: Standing
    category: Category
    severity: Severity
    confidence: Confidence
    signals: Sequence[str]
    quoted_title: str
    quoted_description: str


@dataclass(frozen=True, slots=True)
class ToolsFound:
    """Tools by server and name."""

    tools: Sequence[ToolFound]
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class ListingFound:
    """Where a server is listed, and when that was read."""

    source: str
    status: str
    quoted_version: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class TargetFound:
    """One way to reach a server, and how the last attempt to list its tools ended."""

    kind: str
    transport: str
    quoted_address: str
    quoted_version: str
    outcome: Annotated[str, Field(description="introspected, untried, or why its tools could not be listed.")]
    asked_at: datetime | None
    complete: Annotated[bool, Field(description="Whether that attempt brought the whole list.")]


@dataclass(frozen=True, slots=True)
class ToolCounts:
    """How many tools a server has, of one standing where it has several."""

    tools: int
    categories: Counts
    severities: Counts
    signals: Counts


@dataclass(frozen=True, slots=True)
class ServerFound:
    """A server, where it is listed, how it is reached, and what its tools can do."""

    server: str
    quoted_title: str
    quoted_description: str
    quoted_version: str
    quoted_repository: str
    quoted_website: str
    withdrawn: Annotated[bool, Field(description="Whether every source that named it has deleted it.")]
    first_seen: datetime
    last_seen: datetime
    listings: Sequence[ListingFound]
    targets: Sequence[TargetFound]
    confirmed: ToolCounts
    declared: ToolCounts
    flow: Annotated[State, Field(description="Whether its tools together can carry private data out; see get_flow.")]
    omitted: Annotated[int, Field(description="Listings and targets that are left out for length.")]


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a definition that a rule matched, where they stand (a JSON pointer), or what was looked for."""

    rule: str
    quoted_pointer: str
    quoted_words: str
    quoted_note: str


@dataclass(frozen=True, slots=True)
class SignalFound:
    """A named risk property, what it says of the tool, and its evidence."""

    signal: str
    says: str
    words: Sequence[Words]


@dataclass(frozen=True, slots=True)
class MatchFound:
    """A rule that fired for a category."""

    rule: str
    category: Category
    strength: str
    quoted_says: str
    words: Sequence[Words]


@dataclass(frozen=True, slots=True)
class ValueFound:
    """What the tool does when an argument has one value; the parameter is "" where only the description lists it."""

    quoted_parameter: str
    quoted_value: str
    category: Category


@dataclass(frozen=True, slots=True)
class ArgumentFound:
    """An argument that changes the effect of a call."""

    quoted_parameter: str
    effect: str
    values: Sequence[ValueFound]


@dataclass(frozen=True, slots=True)
class VerdictFound:
    """What the rules say of a tool, and why: what speaks for it (support) and against (dissent)."""

    server: str
    tool: str
    occurrence: int
    standing: Standing
    first_seen: datetime
    last_seen: datetime
    definition: Annotated[str, Field(description="The SHA-256 of the definition that was judged.")]
    ruleset: Annotated[str, Field(description="The SHA-256 of the rules: same definition and rules, same verdict.")]
    category: Category
    severity: Severity
    severity_reason: str
    confidence: Confidence
    quoted_rationale: str
    quoted_title: str
    quoted_description: str
    signals: Sequence[SignalFound]
    support: Sequence[MatchFound]
    dissent: Sequence[MatchFound]
    actions: Annotated[Sequence[ValueFound], Field(description="The tool's actions, of which a call chooses one.")]
    arguments: Sequence[ArgumentFound]
    omitted: Annotated[int, Field(description="Entries left out for length; `catalogue explain` shows all.")]


@dataclass(frozen=True, slots=True)
class Blank:
    """What a person has to fill in; until then the policy denies the calls of these tools that need it."""

    name: str
    meaning: str
    quoted_tools: Sequence[str]
    omitted: int


@dataclass(frozen=True, slots=True)
class LossFound:
    """What a target cannot say, what happens instead, and to which tools; none: to those that are not named."""

    need: str
    meaning: str
    instead: str
    quoted_tools: Sequence[str]
    omitted: int


@dataclass(frozen=True, slots=True)
class ExportFound:
    """A policy in the words of a client or a gateway: the text for its file, where that lies, and what is lost."""

    target: str
    file: str
    quoted_text: str
    losses: Sequence[LossFound]


@dataclass(frozen=True, slots=True)
class PolicyFound:
    """A recommended policy, whole. Names and words of tools in it are third parties'."""

    server: str
    tool: str | None
    posture: Posture
    quoted_policy: Annotated[
        Mapping[str, Any] | None,
        Field(description="The policy.json, to be saved; null where a target was named."),
    ]
    exported: ExportFound | None
    hidden: Annotated[int, Field(description="How many tools the policy hides.")]
    blanks: Sequence[Blank]
    quoted_left_out: Annotated[
        Sequence[str],
        Field(description="Tools with hidden characters in their definition: not named, and so denied, by the policy."),
    ]


@dataclass(frozen=True, slots=True)
class PartFound:
    """A tool's part in a flow, by which signal; whether it is known to be one, and the words that say so."""

    tool: str
    occurrence: int
    signal: str
    certain: bool
    quoted_words: Sequence[str]


@dataclass(frozen=True, slots=True)
class FlowFound:
    """The three legs of a toxic flow: strangers' text comes in, private data comes in, and there is a way out."""

    server: str
    state: Annotated[State, Field(description="closed: all legs are there; possible: if code reaches the network.")]
    missing: Sequence[str]
    untrusted_content: Sequence[PartFound]
    private_data: Sequence[PartFound]
    way_out: Sequence[PartFound]
    quoted_says: Sequence[str]
    omitted: Annotated[int, Field(description="Tools left out for length.")]


@dataclass(frozen=True, slots=True)
class ChangeFound:
    """A change of a tool, graded by its effect; without a tool it is of the whole server."""

    server: str
    tool: str | None
    occurrence: int
    at: datetime
    standing: Standing | None
    kind: Literal["added", "removed", "changed", "withdrawn"]
    grade: Grade
    category_before: Category | None
    category_after: Category | None
    severity_before: Severity | None
    severity_after: Severity | None
    quoted_what: Sequence[str]


@dataclass(frozen=True, slots=True)
class ChangesFound:
    """Changes by server, tool and time. Both sides are judged by today's rules."""

    changes: Sequence[ChangeFound]
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class ConfiguredFound:
    """A server of a configuration, under the name that it has there, and what is known of it.

    exact: the catalogue has what it starts or reaches, as `quoted_known_as`. likely: it has something else of it.
    """

    client: str
    quoted_place: str
    line: int
    server: str
    enabled: bool
    quoted_starts: Annotated[str, Field(description="What it starts or reaches; of a URL, the host.")]
    known: Known
    quoted_known_as: Annotated[str, Field(description="Its name in the catalogue, to ask about; empty for unknown.")]
    quoted_why: Annotated[str, Field(description="What makes it likely, or why it is unknown.")]
    tools: ToolCounts
    unpinned: Annotated[bool, Field(description="Whether it starts whichever version is the newest.")]
    secrets: Annotated[int, Field(description="How many secrets stand in its entry.")]


@dataclass(frozen=True, slots=True)
class RemarkFound:
    """One thing to know of a configuration."""

    remark: Kind
    severity: Severity
    quoted_place: str
    line: int
    quoted_says: str


@dataclass(frozen=True, slots=True)
class AuditFound:
    """What a configuration's servers can do: in its order, and the remarks on them, the most severe first.

    `severities` counts all remarks; tools below high are among them alone.
    """

    servers: Sequence[ConfiguredFound]
    remarks: Sequence[RemarkFound]
    severities: Counts
    omitted: Annotated[int, Field(description="Servers and remarks left out for length; `catalogue audit` shows all.")]
