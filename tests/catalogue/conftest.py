"""What the crawler would hand over, with everything filled in that a test does not care about."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from catalogue.database import reading, writing
from catalogue.identity import digest
from catalogue.repository import ListingStore, Repository, ToolStore, Work
from crawler.records import (
    Attempt,
    Introspected,
    Listing,
    ListingStatus,
    NotIntrospected,
    Reason,
    Target,
    TargetKind,
    Transport,
)

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def at() -> Callable[[float], datetime]:
    """Points in time: so many hours after the start."""
    return lambda hours: START + timedelta(hours=hours)


@pytest.fixture
def target() -> Callable[..., Target]:
    def make(address="https://example.com/mcp", kind=TargetKind.REMOTE, version=None, needs=()):
        transport = Transport.STREAMABLE_HTTP if kind is TargetKind.REMOTE else Transport.STDIO
        return Target(kind, transport, address, version, needs)

    return make


@pytest.fixture
def listing() -> Callable[..., Listing]:
    def make(name, *targets, source="official", source_id=None, status=ListingStatus.ACTIVE, hours=0.0, **fields):
        raw = {"name": name, "targets": [str(target) for target in targets], **fields}
        return Listing(
            source=source,
            source_id=source_id or name,
            name=name,
            title=fields.get("title"),
            description=fields.get("description", ""),
            version=fields.get("version"),
            repository_url=fields.get("repository_url"),
            website_url=None,
            targets=targets,
            fetched_from=f"https://{source}.example",
            fetched_at=START + timedelta(hours=hours),
            digest=digest(json.dumps(raw)),
            status=status,
            raw=raw,
        )

    return make


@pytest.fixture
def introspected() -> Callable[..., Introspected]:
    def make(target, *tools, hours=1.0, complete=True, attempt="bare", ttl=None):
        return Introspected(
            target=target,
            started_at=START + timedelta(hours=hours),
            duration=timedelta(seconds=0.25),
            protocol_version="2025-11-25",
            server_info={"name": "it", "version": "1"},
            instructions="Use it well.",
            tools=tuple({"name": tool, "inputSchema": {}} if isinstance(tool, str) else tool for tool in tools),
            pages=1,
            complete=complete,
            ttl=ttl,
            attempt=Attempt(attempt, "", None),
        )

    return make


@pytest.fixture
def failed() -> Callable[..., NotIntrospected]:
    def make(target, reason=Reason.TIMED_OUT, hours=1.0):
        return NotIntrospected(target, START + timedelta(hours=hours), timedelta(seconds=1), reason, "no answer")

    return make


class Store:
    """A catalogue as a test uses it: each call is a transaction."""

    def __init__(self, engine):
        self.engine = engine

    def take(self, *listings):
        with writing(self.engine) as session:
            ListingStore(session).take(listings)

    def record(self, *outcomes):
        """Record outcomes for the targets that they name."""
        with writing(self.engine) as session:
            ids = {str(target): key for key, (_, target) in Work(session).targets(self._all_targets(session)).items()}
            ToolStore(session).record([(ids[str(outcome.target)], outcome) for outcome in outcomes])

    def due(self, moment):
        with reading(self.engine) as session:
            return [due.address for due in Work(session).due(moment)]

    def servers(self):
        with reading(self.engine) as session:
            return list(Repository(session).servers())

    def server(self, name):
        with reading(self.engine) as session:
            return Repository(session).server(name)

    def tools(self, ruleset="", server=None):
        with reading(self.engine) as session:
            return list(Repository(session).tools(ruleset, server))

    def status(self, moment, ruleset=""):
        with reading(self.engine) as session:
            return Repository(session).status(ruleset, moment)

    @staticmethod
    def _all_targets(session):
        from sqlalchemy import select

        from catalogue.models import Target

        return session.scalars(select(Target.id)).all()


@pytest.fixture
def store(engine) -> Store:
    """An empty catalogue, once on SQLite and once on PostgreSQL."""
    return Store(engine)
