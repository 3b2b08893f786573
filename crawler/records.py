"""What crosses from the crawler to whoever runs it: listings, targets, introspections, and the sink that takes them.

Knows no database and no rule. Everything in here came from a stranger, except the times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias

Wire: TypeAlias = Mapping[str, Any]
"""A decoded JSON object exactly as its author sent it."""


class CrawlerError(Exception):
    """Root of the crawler's own errors: one sentence that names the thing and says what was expected."""


class SandboxError(CrawlerError):
    """A sandbox was asked for by name that does not work on this machine."""


class SourceError(CrawlerError):
    """A source as a whole could not be read: unreachable, not JSON, or of another shape than its API promises."""


class TargetKind(StrEnum):
    """How a server is delivered: a URL that runs already, or a package of one of the registries of server.json."""

    REMOTE = "remote"
    NPM = "npm"
    PYPI = "pypi"
    OCI = "oci"
    NUGET = "nuget"
    MCPB = "mcpb"


class Level(StrEnum):
    """How a package that runs is kept apart from this machine: by namespaces, or by a kernel of its own too."""

    BUBBLEWRAP = "bubblewrap"
    GVISOR = "gvisor"


class Transport(StrEnum):
    """The transports of the MCP specification, in server.json's spelling."""

    STREAMABLE_HTTP = "streamable-http"
    SSE = "sse"
    STDIO = "stdio"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a target declares that it wants before it starts.

    `name` is the variable's or header's name, or an argument's flag; a positional argument has the name "". An `extra`
    is an optional part of the package that is to be installed too, and the `value` of a `command` names the one of its
    programs that is to be started. The `value` of a `checksum` is the SHA-256 that the package's file is to have.
    `value` is what the declaration fixes (a client configuration's argument, server.json's `value`); it is never a
    secret: the readers of configurations drop the values of environment variables and headers.
    """

    kind: Literal["env", "header", "argument", "variable", "extra", "command", "checksum"]
    name: str
    description: str = ""
    required: bool = False
    secret: bool = False
    value: str | None = None
    default: str | None = None
    choices: tuple[str, ...] = ()
    format: str = "string"


@dataclass(frozen=True, slots=True)
class Target:
    """One way to reach a server. `address` is a URL (remote, mcpb) or a package's identifier, without its version."""

    kind: TargetKind
    transport: Transport
    address: str
    version: str | None = None
    needs: tuple[Need, ...] = ()

    def __str__(self) -> str:
        """`npm:@scope/name@1.2.3`, or the URL of a remote."""
        if self.kind is TargetKind.REMOTE:
            return self.address
        return f"{self.kind.value}:{self.address}" + (f"@{self.version}" if self.version else "")


class ListingStatus(StrEnum):
    """The registry's word on a server; `deleted` withdraws it from the catalogue."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Validator:
    """What a source said of a document or a record, to tell whether that has changed: RFC 9110 section 8.8."""

    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What one source says of one server.

    `source_id` identifies the server within its source. `raw` is the source's record, whole; `digest` is the SHA-256 of
    its JSON with sorted keys, so that an unchanged record is seen as such. `tools` are the definitions that the record
    declares, wire JSON as it stands there: the source's word, and not the server's. `validator` is what the source said
    of a record that has an address of its own.
    """

    source: str
    source_id: str
    name: str
    title: str | None
    description: str
    version: str | None
    repository_url: str | None
    website_url: str | None
    targets: tuple[Target, ...]
    fetched_from: str
    fetched_at: datetime
    digest: str
    status: ListingStatus
    raw: Wire
    tools: tuple[Wire, ...] = ()
    validator: Validator | None = None

    @property
    def is_candidate(self) -> bool:
        """Whether it says no more than that there may be a server: nothing to ask, no tool declared."""
        return self.status is not ListingStatus.DELETED and not self.targets and not self.tools


class DropReason(StrEnum):
    """Why a record of a source became no listing."""

    NOT_AN_OBJECT = "not-an-object"
    NO_NAME = "no-name"
    NO_TARGET = "no-usable-target"
    DUPLICATE_NAME = "duplicate-name"
    TOO_LARGE = "too-large"
    SUPERSEDED = "superseded"  # the registry calls another version of the server its latest
    UNAVAILABLE = "unavailable"  # the source names it and has no record of it


@dataclass(frozen=True, slots=True)
class Dropped:
    """A record that became no listing, and why; `source_id` names it as well as it can be named."""

    source: str
    source_id: str
    reason: DropReason
    detail: str


class Reason(StrEnum):
    """Why a target was not introspected: one closed list, stored and published under these words."""

    SIGN_IN = "sign-in-required"  # 401
    PAYMENT = "payment-required"  # 402
    FORBIDDEN = "forbidden"  # 403
    NOT_FOUND = "not-found"  # 404, 405 and 410, in both eras; a package that its registry does not have
    RATE_LIMITED = "rate-limited"  # 429
    SERVER_ERROR = "server-error"  # 5xx
    REDIRECTED = "redirected"  # to another origin; same-origin 307 and 308 are followed
    ADDRESS_REFUSED = "address-refused"  # not a public address, or not an address we ask
    UNREACHABLE = "unreachable"  # DNS, TCP or TLS failed
    TIMED_OUT = "timed-out"
    TOO_LARGE = "too-large"  # bytes, pages, tools or nesting over the budget
    NOT_MCP = "not-mcp"  # it answers, in another protocol
    PROTOCOL_ERROR = "protocol-error"  # it speaks MCP, and answered with an error or out of turn
    NEEDS_CONFIGURATION = "needs-configuration"  # variables in the URL, or it says what it lacks
    NEEDS_NETWORK = "needs-network"  # a package that reaches for its service before it lists its tools
    NO_SANDBOX = "no-sandbox"
    NO_RUNTIME = "no-runtime"  # node, say, is not on this machine, or older than what the package needs
    INSTALL_FAILED = "install-failed"
    NO_COMMAND = "no-command"  # a package that was installed and has no program to start
    START_FAILED = "start-failed"  # the process ended before it listed its tools
    DISALLOWED = "disallowed"  # by its robots.txt
    OPTED_OUT = "opted-out"  # its owner asked not to be asked
    UNSUPPORTED = "unsupported-target"  # a kind of package that is recorded and not run


@dataclass(frozen=True, slots=True)
class Malformed:
    """An entry of a tools list that is not a tool: its place in the list, why, and what was sent (shortened)."""

    index: int
    why: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a listing was brought about, so that anyone can repeat it.

    `name` is "bare" (as declared, nothing filled in), "dummy-values" (what the record requires and the process asked
    for is made up, so an empty listing is no fact) or "older-sdk" (filled in too, and installed with the SDK's first
    major version, since the package did not start with the one it asks for). `command` is what ran inside the sandbox
    ("" for a remote); `resolved` is the version that was installed, `None` for a remote. `installed` is all that was
    installed with it, itself included, each as its installer takes it ("name==1.0" of PyPI, "name@1.0.0" of npm).
    """

    name: Literal["bare", "dummy-values", "older-sdk"]
    command: str
    resolved: str | None
    installed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Introspected:
    """A target listed its tools.

    `tools` holds each definition's wire JSON verbatim, in the order listed; what was in the list and is no tool stands
    in `malformed`. `complete` says that the last page was reached within the budget. `ttl` is the server's own `ttlMs`,
    and `private` says that by its `cacheScope` the listing may hold for us alone. `declared` are the definitions that
    its bundle's manifest declares: its author's word, and never among `tools`.
    """

    target: Target
    started_at: datetime
    duration: timedelta
    protocol_version: str
    server_info: Wire
    instructions: str | None
    tools: tuple[Wire, ...]
    pages: int
    complete: bool
    ttl: timedelta | None
    attempt: Attempt
    malformed: tuple[Malformed, ...] = ()
    private: bool = False
    declared: tuple[Wire, ...] = ()


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a server that wants a sign-in says of it (RFC 9728); whatever it does not say is empty.

    `scheme` is that of its challenge ("Bearer"); `metadata_url` where its protected-resource metadata is;
    `authorization_servers` are the issuers that it trusts, `scopes` those that it asks for, or else supports.
    """

    scheme: str
    metadata_url: str
    authorization_servers: tuple[str, ...]
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotIntrospected:
    """A target did not list its tools. It has no `tools` attribute: a failed listing is not an empty one.

    `sign_in` is what the server says of the sign-in that it wants, when that is the reason; `retry_after` how long it
    asks to be left alone. `declared` are the definitions that its bundle's manifest declares.
    """

    target: Target
    started_at: datetime
    duration: timedelta
    reason: Reason
    detail: str
    sign_in: SignIn | None = None
    retry_after: timedelta | None = None
    declared: tuple[Wire, ...] = ()


class Sink(Protocol):
    """Takes what the spiders find. Each call is complete: a crawl that is killed loses nothing taken before."""

    def listing(self, listing: Listing) -> None:
        """Take one listing."""

    def dropped(self, dropped: Dropped) -> None:
        """Take note of a record that became no listing."""
