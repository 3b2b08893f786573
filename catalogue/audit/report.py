"""What an audit says: servers as configured, what the catalogue knows of them, and remarks. Knows no format.

Nothing in here is a secret, a value of the environment, or a path that is not below the folder asked for or "~": who
makes these values leaves them out (`reading`, `places`), so no format could let them through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from catalogue.flows import Flow
from classifier.verdict import Category, Severity
from crawler.records import Target
from crawler.spiders.standing_secrets import Standing

SEVERITIES = {severity: rank for rank, severity in enumerate(Severity)}
"""Every severity with its rank, the lowest first."""


class Known(StrEnum):
    """How far the catalogue knows a configured server."""

    EXACT = "exact"
    LIKELY = "likely"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a remark is about."""

    TOOL = "tool"
    SECRET = "secret"  # noqa: S105 - the word itself
    UNPINNED = "unpinned"
    UNKNOWN = "unknown"
    FLOW = "flow"
    HINT = "hint"
    CHANGE = "change"
    UNREADABLE = "unreadable"


ABOUT: dict[Kind, str] = {
    Kind.TOOL: "A tool that the server offers, by what the rules say of it",
    Kind.SECRET: "A secret stands in the configuration",
    Kind.UNPINNED: "A package is started in whichever version is the newest",
    Kind.UNKNOWN: "The catalogue does not know the server",
    Kind.FLOW: "Tools together can carry private data out",
    Kind.HINT: "The server's own hint is milder than the words of its tool",
    Kind.CHANGE: "Something changed since the audit compared with",
    Kind.UNREADABLE: "A configuration, or an entry of one, cannot be used",
}
"""Every kind of remark, with what it says."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target that a configured server may be: `why` is "" for the one that it names itself."""

    key: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Configured:
    """A server of a configuration. `scope` is the folder for which it holds, "" for all of the machine.

    `target` is what anyone could ask, `None` for a program of this machine; it is for asking, and `words` for showing.
    `fault` says why the entry cannot be used, "" when it can.
    """

    client: str
    scope: str
    place: str
    line: int
    name: str
    enabled: bool = True
    target: Target | None = None
    words: str = ""
    unpinned: str = ""
    candidates: tuple[Candidate, ...] = ()
    secrets: tuple[Standing, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A place that cannot be used, or not whole: one sentence."""

    client: str
    place: str
    says: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """Which server of the catalogue a configured one is; `why` says what makes it likely, or why it is unknown."""

    known: Known
    server: str
    why: str


@dataclass(frozen=True, slots=True)
class AuditedTool:
    """A tool and what the rules say of it. `digest` is its definition's, "" in an earlier report that has none."""

    name: str
    occurrence: int
    category: Category
    severity: Severity
    signals: tuple[str, ...]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AuditedServer:
    """A configured server, who it is, and its tools; `told_by` is "catalogue", "introspection" or "" for nobody.

    `note` says what came of asking it, "" when it was not asked or answered.
    """

    configured: Configured
    identity: Identity
    tools: tuple[AuditedTool, ...] = ()
    told_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClientFlow:
    """What the tools that one client has in one scope can do together; tools are named "server: tool"."""

    client: str
    scope: str
    place: str
    flow: Flow


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know. `words` are what `--fail-on` may name, beside a severity: the kind, a category, signals."""

    kind: Kind
    severity: Severity
    client: str
    place: str
    line: int
    server: str
    tool: str
    says: str
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A remark that the baseline suppresses, why, and until when."""

    remark: Remark
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The whole audit.

    `remarks` are those that no baseline suppresses, the most severe first, and `failed` the ones of them that
    `--fail-on` names. `notes` are about the audit itself: an entry of the baseline that expired, say.
    """

    servers: tuple[AuditedServer, ...]
    flows: tuple[ClientFlow, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[Remark, ...]
    accepted: tuple[Accepted, ...]
    failed: frozenset[Remark]
    notes: tuple[str, ...]
    ruleset: str


def worst(remarks: Sequence[Remark]) -> list[Remark]:
    """The remarks in the order in which they are told: the most severe first, and then as they came."""
    return sorted(remarks, key=lambda remark: -SEVERITIES[remark.severity])
