"""What the tools take: one type for each, from which its input schema is made. Knows no answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field

from catalogue.audit.places import clients
from catalogue.drift import Grade
from catalogue.policies.recommend import Posture
from catalogue.policies.targets.table import TARGETS
from classifier.verdict import SIGNALS, Category, Severity

_CONFIG = ConfigDict(extra="forbid")

LONGEST_NAME = 1_024
"""Characters of a name: as many as `catalogue import` takes of a server."""
LONGEST_CONFIGURATION = 100_000
"""Characters: as many as an answer has at the most. Clients' configurations have some thousands."""
MOST_ITEMS = 50
"""Entries of one answer: what a model reads at once."""


def _of_a_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_target(name: str) -> str:
    if name not in TARGETS:
        raise ValueError(f"no export target is called {name!r}; there are {', '.join(TARGETS)}")
    return name


def _is_signal(name: str) -> str:
    if name not in SIGNALS:
        raise ValueError(f"no signal is called {name!r}; there are {', '.join(SIGNALS)}")
    return name


def _is_client(name: str) -> str:
    if name not in clients():
        raise ValueError(f"no client is called {name!r}; there are {', '.join(clients())}")
    return name


ServerName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=LONGEST_NAME, description="The server's name, as answers give it.")
]
ToolName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=LONGEST_NAME, description="The tool's name, as answers give it.")
]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=MOST_ITEMS, description="At most so many entries.")]
# Nine digits: every database takes them for the number of a row.
Cursor: TypeAlias = Annotated[
    str | None,
    Field(pattern=r"^[0-9]{1,9}$", description="The cursor of the answer before, to go on from there."),
]


@dataclass(frozen=True, slots=True)
class ToolSearch:
    """Which tools of which servers."""

    __pydantic_config__ = _CONFIG

    query: Annotated[
        str,
        Field(
            max_length=200,
            description="Words that all occur in the tool's name, title or description, or in its server's name.",
        ),
    ] = ""
    server: ServerName | None = None
    category: Annotated[Category | None, Field(description="Only tools of this category.")] = None
    severity: Annotated[Severity | None, Field(description="Only tools of at least this severity.")] = None
    signal: Annotated[
        str | None,
        AfterValidator(lambda name: name and _is_signal(name)),
        Field(description=f"Only tools with this signal: {', '.join(SIGNALS)}."),
    ] = None
    limit: Limit = 20
    cursor: Cursor = None


@dataclass(frozen=True, slots=True)
class OneServer:
    """Which server."""

    __pydantic_config__ = _CONFIG

    server: ServerName


@dataclass(frozen=True, slots=True)
class OneTool:
    """Which tool of which server."""

    __pydantic_config__ = _CONFIG

    server: ServerName
    tool: ToolName
    occurrence: Annotated[
        int, Field(ge=0, description="Which of the server's tools of this name, counted from 0; one is usual.")
    ] = 0


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """Which policy."""

    __pydantic_config__ = _CONFIG

    server: ServerName
    tool: Annotated[ToolName | None, Field(description="Only the policy of this tool; else that of all.")] = None
    posture: Annotated[
        Posture,
        Field(
            description="strict shows only what reads; recommended adds what writes and runs, within limits; "
            "permissive leaves the limits out and asks a person before anything is destroyed."
        ),
    ] = "recommended"
    plain: Annotated[
        bool, Field(description="Write version 1 without the extension ask_if: what a person would be asked is denied.")
    ] = False
    target: Annotated[
        str | None,
        AfterValidator(lambda name: name and _is_target(name)),
        Field(description=f"In the words of this client or gateway instead: {', '.join(TARGETS)}."),
    ] = None
    known_as: Annotated[
        ServerName | None,
        Field(description="What the server is called in that target's configuration; else the last part of its name."),
    ] = None


@dataclass(frozen=True, slots=True)
class ChangesRequest:
    """Which changes."""

    __pydantic_config__ = _CONFIG

    server: Annotated[ServerName | None, Field(description="Only this server's tools; else since is needed.")] = None
    since: Annotated[
        datetime | None,
        AfterValidator(lambda moment: moment and _of_a_zone(moment)),
        Field(description="Only what changed at or after this date or time (ISO 8601; UTC unless it says otherwise)."),
    ] = None
    grade: Annotated[
        Grade,
        Field(description="Leave out what matters less; from least to most: form, text, interface, effect."),
    ] = Grade.TEXT
    limit: Limit = 20
    cursor: Cursor = None


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """Which configuration."""

    __pydantic_config__ = _CONFIG

    client: Annotated[
        str | None,
        AfterValidator(lambda name: name and _is_client(name)),
        Field(description=f"Whose configuration the text is: {', '.join(clients())}."),
    ] = None
    text: Annotated[
        str | None,
        Field(
            max_length=LONGEST_CONFIGURATION,
            description="The configuration's text, best without the values of its secrets. With neither client nor "
            "text the files are audited that this server was started for.",
        ),
    ] = None
