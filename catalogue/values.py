"""The plain values that the repository returns and everything above it reads. Knows no database and no page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import orjson

from classifier.verdict import Verdict, from_wire
from crawler.records import SignIn, Target, Validator


class Standing(StrEnum):
    """Who says that a tool exists: the server itself (confirmed) or a record about it (declared)."""

    CONFIRMED = "confirmed"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class ListingRow:
    """Where a server is listed."""

    source: str
    source_id: str
    version: str | None
    status: str
    fetched_from: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class IntrospectionRow:
    """One attempt to list a target's tools, as remembered.

    `outcome` is "introspected" or a `crawler.records.Reason`. `duration` is in seconds. `malformed` holds
    (index, why, excerpt) of list entries that are no tools. `command` is what ran ("" for a remote), `installed` what
    was installed for it, as in `crawler.records.Attempt`. `private` says that the listing may hold for us alone,
    `sign_in` what the server says of the sign-in that it wants.
    """

    target: str
    started_at: datetime
    duration: float
    outcome: str
    detail: str
    protocol_version: str | None
    server_info: Mapping[str, Any]
    instructions: str | None
    tools: int
    pages: int
    complete: bool
    attempt: str
    command: str
    resolved: str | None
    malformed: tuple[tuple[int, str, str], ...]
    private: bool = False
    sign_in: SignIn | None = None
    installed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One way to reach a server, and how the last attempt went (`None`: never tried)."""

    target: Target
    latest: IntrospectionRow | None


class ToolRow(NamedTuple):
    """A definition's place on a server now.

    `occurrence` counts from 0 over tools of one name on one server (a server may list a name twice); (server, name,
    occurrence) identifies a tool. `introspection` is where the definition was last confirmed (`None` when declared);
    `declared_by` names the file or source that declares it. `verdict` is `None` only before `catalogue classify`.
    """

    server: str
    name: str
    occurrence: int
    standing: Standing
    definition: Mapping[str, Any]
    digest: str
    first_seen: datetime
    last_seen: datetime
    introspection: IntrospectionRow | None
    declared_by: str | None
    verdict: Verdict | None


class StoredTool(NamedTuple):
    """A `ToolRow` whose definition and verdict are still the compact ASCII JSON that is stored.

    Reading, passing on and writing out many of them costs little. `changed_at` is since when it has this definition,
    `None` where that was not asked for.
    """

    server: str
    name: str
    occurrence: int
    standing: Standing
    definition: str
    digest: str
    first_seen: datetime
    last_seen: datetime
    introspection: IntrospectionRow | None
    declared_by: str | None
    verdict: str | None
    changed_at: datetime | None = None

    def decoded(self) -> ToolRow:
        """Return the tool with its JSON read."""
        return ToolRow(
            server=self.server,
            name=self.name,
            occurrence=self.occurrence,
            standing=self.standing,
            definition=json.loads(self.definition),
            digest=self.digest,
            first_seen=self.first_seen,
            last_seen=self.last_seen,
            introspection=self.introspection,
            declared_by=self.declared_by,
            verdict=None if self.verdict is None else from_wire(_decoded(self.verdict)),
        )


def _decoded(verdict: str) -> Any:
    """Read JSON whose numbers are all small, which those of a definition need not be."""
    try:
        return orjson.loads(verdict)
    except orjson.JSONDecodeError:  # of a lone surrogate
        return json.loads(verdict)


class ToolHead(NamedTuple):
    """A tool of a server, without its definition and evidence: enough to name it, and to see whether it is as it was.

    `category` and `severity` are those of its verdict, `None` before `catalogue classify`. `state` differs when
    anything of the tool does; the verdict is the ruleset's and the definition's, and so known too.
    """

    id: int
    name: str
    occurrence: int
    declared: bool
    category: str | None
    severity: str | None
    state: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A definition, and what one ruleset says of it (`None`: not judged yet)."""

    definition: Mapping[str, Any]
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class ToolEvent:
    """A step in the history of a tool: it appeared (`before` is `None`), changed, or went (`after` is `None`).

    `other_name` is the name under which the same definition came when this one went, or went when this one came.
    """

    server: str
    tool: str
    occurrence: int
    at: datetime
    standing: Standing
    before: Snapshot | None
    after: Snapshot | None
    other_name: str | None = None


@dataclass(frozen=True, slots=True)
class ServerRow:
    """A server with its listings and targets, without its tools. `withdrawn` is true when a registry deleted it."""

    name: str
    title: str | None
    description: str
    version: str | None
    repository_url: str | None
    website_url: str | None
    withdrawn: bool
    first_seen: datetime
    last_seen: datetime
    listings: tuple[ListingRow, ...]
    targets: tuple[TargetRow, ...]


@dataclass(frozen=True, slots=True)
class PassRow:
    """One reading of a source, as it ended. `address` is as it was asked for ("": the source's default one).

    `complete`: it reached the end, without an error and without a limit, so that the next one may ask for changes only.
    `validator` is what the source said of its document, for the next one to ask whether that has changed; `not_before`
    is until when it asked to be left alone.
    """

    source: str
    address: str
    started_at: datetime
    finished_at: datetime
    listings: int
    dropped: Mapping[str, int]
    error: str | None
    complete: bool
    validator: Validator | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What the catalogue holds. Counts leave out withdrawn servers and removed tools, except `withdrawn` itself.

    `listings` counts by source, and `candidates` what sources name that nobody can ask; `targets` by the last attempt's
    outcome ("untried": none yet), those that a listing still names. Of them, `due` are to be asked now, `due_later` by
    how soon, and `in_reserve` are asked when a better target of their server no longer answers; `private` last listed
    tools that may hold for us alone. `tools` counts by category within each standing, by the verdicts of one ruleset
    ("unjudged": none yet). `unjudged` counts definitions, removed ones included.
    """

    servers: int
    withdrawn: int
    listings: Mapping[str, int]
    targets: Mapping[str, int]
    due: int
    due_later: Mapping[str, int]
    in_reserve: int
    private: int
    tools: Mapping[Standing, Mapping[str, int]]
    definitions: int
    unjudged: int
    passes: tuple[PassRow, ...]
    candidates: Mapping[str, int]


Clock: TypeAlias = Callable[[], datetime]
"""Tells the time; whoever tests what happens over days brings his own."""


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What one source names, under the name that its listings give it.

    `listed` and `withdrawn` count its listings, `servers` those with a listing that stands, `candidates` what nobody
    can ask. `first_seen` and `last_read` are of its listings and candidates. `passes` are its latest readings, one for
    each address.
    """

    name: str
    listed: int
    withdrawn: int
    servers: int
    candidates: int
    first_seen: datetime | None
    last_read: datetime | None
    passes: tuple[PassRow, ...]


@dataclass(frozen=True, slots=True)
class Statistic:
    """What a named query gave: `rows` are (key, count), by key. Its parameter is `:ruleset`, the ruleset's digest."""

    name: str
    sql: str
    rows: tuple[tuple[str, int], ...]


Report: TypeAlias = Callable[[str, int, int | None], None]
"""Takes the progress of long work: what is being done, how many are done, how many there are (`None`: unknown)."""
