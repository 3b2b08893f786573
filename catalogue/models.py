"""The tables, and nothing else: what each row says, what is unique, what is indexed. Knows no query.

Foreign strings are unbounded, and PostgreSQL refuses index entries above 2.7 kB: what must be unique or found by such
a string is so by the string's SHA-256 (`catalogue.identity`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, MetaData, String, Table, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from catalogue.columns import ForeignText, Instant, JsonText

DIGEST = String(64)
"""A SHA-256 in hexadecimal digits."""
WORD = String(32)
"""A value of one of our own closed lists."""


class Model(DeclarativeBase):
    """The declarative base; constraints have names, so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: ForeignText, datetime: Instant, Any: JsonText}  # noqa: RUF012 - SQLAlchemy's


claims = Table(
    "claims",
    Model.metadata,
    Column("listing_id", ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True),
    Column("target_id", ForeignKey("targets.id", ondelete="CASCADE"), primary_key=True, index=True),
)
"""Which listing names which target today. A target that no active listing names is history: it is not asked again."""


class Server(Model):
    """A server under its public name, which never changes. What it says of itself stands in its listings."""

    __tablename__ = "servers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_digest: Mapped[str] = mapped_column(DIGEST, unique=True)
    first_seen: Mapped[datetime]


class Listing(Model):
    """What one source says of one server, as last fetched. `key` is the identity of (source, source_id)."""

    __tablename__ = "listings"

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    key: Mapped[str] = mapped_column(DIGEST, unique=True)
    source: Mapped[str]
    source_id: Mapped[str]
    status: Mapped[str] = mapped_column(WORD)
    name: Mapped[str]
    title: Mapped[str | None]
    description: Mapped[str]
    version: Mapped[str | None]
    repository_url: Mapped[str | None]
    website_url: Mapped[str | None]
    fetched_from: Mapped[str]
    first_seen: Mapped[datetime]
    fetched_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(DIGEST)
    raw: Mapped[Any] = mapped_column(JsonText)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]

    server: Mapped[Server] = relationship()
    targets: Mapped[list[Target]] = relationship(secondary=claims, order_by="Target.id")


class Target(Model):
    """One way to reach a server, and its place in the work: when it is due and how it went so far.

    `key` is the identity of (kind, address). `rank` orders the targets of a server, best first. `failures` counts
    since the last success; `listed_at` is that success (`None`: never); `outcome` is the last attempt's.
    """

    __tablename__ = "targets"

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    key: Mapped[str] = mapped_column(DIGEST, unique=True)
    kind: Mapped[str] = mapped_column(WORD)
    rank: Mapped[int]
    transport: Mapped[str] = mapped_column(WORD)
    address: Mapped[str]
    version: Mapped[str | None]
    needs: Mapped[Any] = mapped_column(JsonText)
    due_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int]
    outcome: Mapped[str | None] = mapped_column(WORD)
    listed_at: Mapped[datetime | None]

    server: Mapped[Server] = relationship()


class Introspection(Model):
    """One attempt to list a target's tools. `duration` and `ttl` are in seconds; `outcome` as in `IntrospectionRow`.

    `private` says that the listing may hold for us alone; `sign_in` is `crawler.records.SignIn` as an object.
    """

    __tablename__ = "introspections"
    __table_args__ = (Index(None, "target_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("targets.id"))
    started_at: Mapped[datetime]
    duration: Mapped[float]
    outcome: Mapped[str] = mapped_column(WORD)
    detail: Mapped[str]
    protocol_version: Mapped[str | None]
    server_info: Mapped[Any] = mapped_column(JsonText)
    instructions: Mapped[str | None]
    tools: Mapped[int]
    pages: Mapped[int]
    complete: Mapped[bool]
    ttl: Mapped[float | None]
    private: Mapped[bool]
    sign_in: Mapped[Any | None] = mapped_column(JsonText)
    attempt: Mapped[str] = mapped_column(WORD)
    command: Mapped[str]
    resolved: Mapped[str | None]
    installed: Mapped[Any | None] = mapped_column(JsonText)
    malformed: Mapped[Any] = mapped_column(JsonText)


class Definition(Model):
    """A tool's wire JSON, once, however many servers carry it. The digest is of the canonical form.

    `wire` keeps the order of keys in which the definition was first listed: readers see parameters as their author
    ordered them.
    """

    __tablename__ = "definitions"

    digest: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    wire: Mapped[Any] = mapped_column(JsonText)


class Tool(Model):
    """A definition's place on a server: what it is now. `removed_at` is `None` while the server has it."""

    __tablename__ = "tools"
    __table_args__ = (UniqueConstraint("server_id", "name_digest", "occurrence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    name: Mapped[str]
    name_digest: Mapped[str] = mapped_column(DIGEST)
    occurrence: Mapped[int]
    standing: Mapped[str] = mapped_column(WORD)
    definition: Mapped[str] = mapped_column(DIGEST, ForeignKey("definitions.digest"), index=True)
    introspection_id: Mapped[int | None] = mapped_column(ForeignKey("introspections.id"))
    declared_by: Mapped[str | None]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    removed_at: Mapped[datetime | None]


_ENDED = "until IS NOT NULL"


class Change(Model):
    """A tool's history: which definition it had from when (`since`) to when (`until`; `None`: it still has it).

    `introspection_id` is the attempt that brought it (`None`: a declaration did). Drift is a query over two
    neighbours; a removal is an end without a successor.
    """

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_until", "until", sqlite_where=text(_ENDED), postgresql_where=text(_ENDED)),  # most have not
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tools.id"), index=True)
    definition: Mapped[str] = mapped_column(DIGEST, ForeignKey("definitions.digest"))
    standing: Mapped[str] = mapped_column(WORD)
    introspection_id: Mapped[int | None] = mapped_column(ForeignKey("introspections.id"))
    since: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[datetime | None]


class Verdict(Model):
    """What one ruleset says of one definition. The columns are for queries; `body` is the whole verdict."""

    __tablename__ = "verdicts"

    definition: Mapped[str] = mapped_column(DIGEST, ForeignKey("definitions.digest"), primary_key=True)
    ruleset: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    category: Mapped[str] = mapped_column(WORD)
    severity: Mapped[str] = mapped_column(WORD)
    confidence: Mapped[str] = mapped_column(WORD)
    body: Mapped[Any] = mapped_column(JsonText)


class Candidate(Model):
    """What a source says of something that may be a server, and that nobody can ask. `key` is as in `Listing`."""

    __tablename__ = "candidates"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(DIGEST, unique=True)
    source: Mapped[str]
    source_id: Mapped[str]
    name: Mapped[str]
    description: Mapped[str]
    repository_url: Mapped[str | None]
    website_url: Mapped[str | None]
    fetched_from: Mapped[str]
    first_seen: Mapped[datetime]
    fetched_at: Mapped[datetime]


class Pass(Model):
    """One reading of a source, as it ended; see `catalogue.values.PassRow`."""

    __tablename__ = "passes"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    address: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    listings: Mapped[int]
    dropped: Mapped[Any] = mapped_column(JsonText)
    error: Mapped[str | None]
    complete: Mapped[bool]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    not_before: Mapped[datetime | None]
