"""What the catalogue holds, for whoever publishes it: servers, tools, names, counts. Writes nothing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import ColumnElement, Select, Text, and_, exists, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalogue import models
from catalogue.identity import digest
from catalogue.repository.rows import to_introspection_row, to_listing_row, to_pass_row, to_target
from catalogue.repository.statements import batches
from catalogue.repository.turns import is_active, is_claimed, is_due, is_in_reserve, later
from catalogue.values import (
    IntrospectionRow,
    PassRow,
    ServerRow,
    Standing,
    Status,
    StoredTool,
    TargetRow,
    ToolHead,
    ToolRow,
)
from crawler.records import ListingStatus

BARE = "bare"
"""The `crawler.records.Attempt` with nothing filled in."""


def is_listed() -> ColumnElement[bool]:
    """Say of a server that an active listing names it; one without is withdrawn."""
    return exists().where(models.Listing.server_id == models.Server.id, is_active())


def lists_all() -> ColumnElement[bool]:
    """Say of an attempt that what it did not bring is not there.

    That takes all pages, no made-up values, and nothing in the list that cannot be read: that may be it.
    """
    attempt = models.Introspection
    return and_(attempt.complete, attempt.attempt == BARE, attempt.malformed == [])


def is_current() -> ColumnElement[bool]:
    """Say of a tool, joined with its server, that the server has it now and is not withdrawn."""
    return and_(models.Tool.removed_at.is_(None), is_listed())


def _listed_privately() -> ColumnElement[bool]:
    """Say of a target that its latest attempt brought a listing that may hold for us alone."""
    attempt = models.Introspection
    latest = select(func.max(attempt.id)).where(attempt.target_id == models.Target.id).correlate(models.Target)
    return exists().where(attempt.id == latest.scalar_subquery(), attempt.private)


class Repository:
    """Reads the catalogue within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's: it is neither committed nor closed here."""
        self._session = session

    def servers(self) -> Iterator[ServerRow]:
        """Return all servers, withdrawn ones too, by name."""
        ids = self._session.scalars(select(models.Server.id).order_by(models.Server.name)).all()
        for batch in batches(ids):
            yield from self._load_servers(batch)

    def count_tools(self) -> int:
        """Return how many tools there are or were."""
        return self._count(select(func.count()).select_from(models.Tool))

    def holdings(self, ruleset: str) -> Iterator[tuple[ServerRow, list[ToolHead]]]:
        """Yield all servers by name, each with the heads of the tools it has now, by name and occurrence."""
        ids = self._session.scalars(select(models.Server.id).order_by(models.Server.name)).all()
        for batch in batches(ids):
            heads = self._load_heads(batch, ruleset)
            for server_id, row in zip(batch, self._load_servers(batch), strict=True):
                yield row, [] if row.withdrawn else heads.get(server_id, [])

    def tools_by_id(self, ids: Sequence[int], ruleset: str) -> Iterator[StoredTool]:
        """Yield the tools of these heads, in their order."""
        for batch in batches(ids):
            yield from self._load_tools(batch, ruleset)

    def server(self, name: str) -> ServerRow | None:
        """Return the server of exactly this public name."""
        found = self._session.scalar(select(models.Server.id).where(models.Server.name_digest == digest(name)))
        return None if found is None else next(self._load_servers([found]))

    def servers_of(self, targets: Iterable[str]) -> Mapping[str, str]:
        """Return the server's name for each of these targets (keys of `catalogue.identity`) that a listing names."""
        query = select(models.Target.key, models.Server.name).join(
            models.Server, models.Server.id == models.Target.server_id
        )
        rows = (
            self._session.execute(query.where(models.Target.key.in_(keys), is_claimed())) for keys in batches(targets)
        )
        return {key: name for batch in rows for key, name in batch}

    def tools(self, ruleset: str, server: str | None = None) -> Iterator[ToolRow]:
        """Return the tools that servers have now, by server, name and occurrence, judged by `ruleset` (its digest)."""
        return (tool.decoded() for tool in self.stored_tools(ruleset, server))

    def stored_tools(self, ruleset: str, server: str | None = None) -> Iterator[StoredTool]:
        """Return the same as `tools`, in the same order, with the JSON as it is stored."""
        order = (models.Server.name, models.Tool.name, models.Tool.occurrence)
        query = select(models.Tool.id).join(models.Server, models.Server.id == models.Tool.server_id).order_by(*order)
        query = query.where(is_current())
        if server is not None:
            query = query.where(models.Server.name_digest == digest(server))
        for batch in batches(self._session.scalars(query).all()):
            yield from self._load_tools(batch, ruleset)

    def tool_counts(self) -> Mapping[str, Mapping[Standing, int]]:
        """Return how many tools each server has now, by standing; servers without tools are absent."""
        query = (
            select(models.Server.name, models.Tool.standing, func.count())
            .join(models.Tool, models.Tool.server_id == models.Server.id)
            .where(is_current())
            .group_by(models.Server.id, models.Server.name, models.Tool.standing)
        )
        counts: dict[str, dict[Standing, int]] = defaultdict(dict)
        for name, standing, count in self._session.execute(query):
            counts[name][Standing(standing)] = count
        return counts

    def closest_servers(self, name: str, n: int = 3) -> tuple[str, ...]:
        """Return the names of servers that someone who typed `name` may have meant, best first."""
        return _closest(name, self._session.scalars(select(models.Server.name).order_by(models.Server.name)).all(), n)

    def closest_tools(self, server: str, name: str, n: int = 3) -> tuple[str, ...]:
        """Return the names of the server's tools that someone who typed `name` may have meant, best first."""
        query = (
            select(models.Tool.name)
            .distinct()
            .join(models.Server, models.Server.id == models.Tool.server_id)
            .where(models.Server.name_digest == digest(server), is_current())
            .order_by(models.Tool.name)
        )
        return _closest(name, self._session.scalars(query).all(), n)

    def status(self, ruleset: str, now: datetime) -> Status:
        """Count what the catalogue holds; categories are those of the verdicts of `ruleset` (its digest)."""
        listed = self._count(select(func.count()).select_from(models.Server).where(is_listed()))
        everything = self._count(select(func.count()).select_from(models.Server))
        targets = select(func.count()).select_from(models.Target)
        definitions = self._count(select(func.count()).select_from(models.Definition))
        judged = select(func.count()).select_from(models.Verdict).where(models.Verdict.ruleset == ruleset)
        return Status(
            servers=listed,
            withdrawn=everything - listed,
            listings=self._by_source(
                select(models.Listing.source, func.count()).where(is_active()), models.Listing.source
            ),
            targets=self._targets_by_outcome(),
            due=self._count(targets.where(is_due(now))),
            due_later={span: self._count(targets.where(comes)) for span, comes in later(now).items()},
            in_reserve=self._count(targets.where(is_in_reserve(now))),
            private=self._count(targets.where(is_claimed(), _listed_privately())),
            tools=self._tools_by_category(ruleset),
            definitions=definitions,
            unjudged=definitions - self._count(judged),
            passes=self.latest_passes(),
            candidates=self._by_source(select(models.Candidate.source, func.count()), models.Candidate.source),
        )

    def latest_passes(self) -> tuple[PassRow, ...]:
        """Return the latest reading of each source, by source and address."""
        latest = select(func.max(models.Pass.id)).group_by(models.Pass.source, models.Pass.address)
        query = select(models.Pass).where(models.Pass.id.in_(latest)).order_by(models.Pass.source, models.Pass.address)
        return tuple(to_pass_row(row) for row in self._session.scalars(query))

    def _count(self, query: object) -> int:
        return int(self._session.scalar(query) or 0)  # type: ignore[call-overload]

    def _by_source(self, counted: Select[str, int], source: InstrumentedAttribute[str]) -> Mapping[str, int]:
        return dict(sorted((name, count) for name, count in self._session.execute(counted.group_by(source))))

    def _targets_by_outcome(self) -> Mapping[str, int]:
        query = select(models.Target.outcome, func.count()).where(is_claimed()).group_by(models.Target.outcome)
        return dict(sorted((outcome or "untried", count) for outcome, count in self._session.execute(query)))

    def _tools_by_category(self, ruleset: str) -> Mapping[Standing, Mapping[str, int]]:
        verdict_of_tool = and_(models.Verdict.definition == models.Tool.definition, models.Verdict.ruleset == ruleset)
        query = (
            select(models.Tool.standing, models.Verdict.category, func.count())
            .join(models.Server, models.Server.id == models.Tool.server_id)
            .join(models.Verdict, verdict_of_tool, isouter=True)
            .where(is_current())
            .group_by(models.Tool.standing, models.Verdict.category)
        )
        counts: dict[Standing, Counter[str]] = {standing: Counter() for standing in Standing}
        for standing, category, count in self._session.execute(query):
            counts[Standing(standing)][category or "unjudged"] = count
        return {standing: dict(found) for standing, found in counts.items()}

    def _load_servers(self, ids: Sequence[int]) -> Iterator[ServerRow]:
        servers = {row.id: row for row in self._session.scalars(select(models.Server).where(models.Server.id.in_(ids)))}
        listings: dict[int, list[models.Listing]] = defaultdict(list)
        query = select(models.Listing).where(models.Listing.server_id.in_(ids)).order_by(models.Listing.id)
        for listing in self._session.scalars(query):
            listings[listing.server_id].append(listing)
        targets = self._load_targets(ids)
        for server_id in ids:
            yield _to_server_row(servers[server_id], listings[server_id], targets[server_id])

    def _load_targets(self, servers: Sequence[int]) -> Mapping[int, list[TargetRow]]:
        query = select(models.Target).where(models.Target.server_id.in_(servers), is_claimed())
        rows = self._session.scalars(query.order_by(models.Target.rank, models.Target.id)).all()
        latest = select(func.max(models.Introspection.id)).where(
            models.Introspection.target_id.in_([row.id for row in rows])
        )
        attempts = self._load_introspections(
            self._session.scalars(latest.group_by(models.Introspection.target_id)).all()
        )
        by_target = {attempt.target_id: value for attempt, value in attempts.values()}
        found: dict[int, list[TargetRow]] = defaultdict(list)
        for row in rows:
            found[row.server_id].append(TargetRow(to_target(row), by_target.get(row.id)))
        return found

    def _load_introspections(self, ids: Iterable[int]) -> Mapping[int, tuple[models.Introspection, IntrospectionRow]]:
        query = (
            select(models.Introspection, models.Target)
            .join(models.Target, models.Target.id == models.Introspection.target_id)
            .where(models.Introspection.id.in_(list(ids)))
        )
        return {
            row.id: (row, to_introspection_row(row, str(to_target(target))))
            for row, target in self._session.execute(query)
        }

    def _load_heads(self, servers: Sequence[int], ruleset: str) -> Mapping[int, list[ToolHead]]:
        tool, verdict = models.Tool, models.Verdict
        state = (tool.occurrence, tool.standing, tool.definition, tool.introspection_id, tool.declared_by)
        seen = (type_coerce(tool.first_seen, Text), type_coerce(tool.last_seen, Text))  # read as stored, to compare
        query = (
            select(tool.server_id, tool.id, tool.name, verdict.category, verdict.severity, *state, *seen)
            .join(verdict, and_(verdict.definition == tool.definition, verdict.ruleset == ruleset), isouter=True)
            .where(tool.server_id.in_(servers), tool.removed_at.is_(None))
            .order_by(tool.server_id, tool.name, tool.occurrence)
        )
        heads: dict[int, list[ToolHead]] = defaultdict(list)
        for server_id, tool_id, name, category, severity, *rest in self._session.execute(query):
            declared = rest[1] == Standing.DECLARED.value
            heads[server_id].append(ToolHead(tool_id, name, rest[0], declared, category, severity, tuple(rest)))
        return heads

    def _load_tools(self, ids: Sequence[int], ruleset: str) -> Iterator[StoredTool]:
        verdict_of_tool = and_(models.Verdict.definition == models.Tool.definition, models.Verdict.ruleset == ruleset)
        tool, change = models.Tool, models.Change
        since = select(func.max(change.since)).where(change.tool_id == tool.id, change.until.is_(None))
        query = (
            select(
                tool.id,
                since.scalar_subquery().label("since"),
                models.Server.name.label("server"),
                *(tool.name, tool.occurrence, tool.standing, tool.definition, tool.first_seen, tool.last_seen),
                *(tool.introspection_id, tool.declared_by),
                type_coerce(models.Definition.wire, Text).label("wire"),
                type_coerce(models.Verdict.body, Text).label("body"),
            )
            .join(models.Server, models.Server.id == tool.server_id)
            .join(models.Definition, models.Definition.digest == tool.definition)
            .join(models.Verdict, verdict_of_tool, isouter=True)
            .where(tool.id.in_(ids))
        )
        found = {row.id: row for row in self._session.execute(query)}
        attempts = self._load_introspections({row.introspection_id for row in found.values()} - {None})
        for tool_id in ids:
            row = found[tool_id]
            yield StoredTool(
                server=row.server,
                name=row.name,
                occurrence=row.occurrence,
                standing=Standing(row.standing),
                definition=row.wire,
                digest=row.definition,
                first_seen=row.first_seen,
                last_seen=row.last_seen,
                introspection=attempts[row.introspection_id][1] if row.introspection_id is not None else None,
                declared_by=row.declared_by,
                verdict=row.body,
                changed_at=row.since,
            )


def _to_server_row(server: models.Server, listings: Sequence[models.Listing], targets: list[TargetRow]) -> ServerRow:
    """Let the oldest listing that still stands speak for the server; for a withdrawn one its oldest does."""
    active = [listing for listing in listings if listing.status != ListingStatus.DELETED.value]
    voice = (active or list(listings))[0]
    return ServerRow(
        name=server.name,
        title=voice.title,
        description=voice.description,
        version=voice.version,
        repository_url=voice.repository_url,
        website_url=voice.website_url,
        withdrawn=not active,
        first_seen=server.first_seen,
        last_seen=max(listing.fetched_at for listing in listings),
        listings=tuple(to_listing_row(listing) for listing in listings),
        targets=tuple(targets),
    )


def _closest(name: str, known: Sequence[str], n: int) -> tuple[str, ...]:
    """Names that contain `name` come first, shortest first, then those that look like it, whole or in their last part.

    Letter case does not count.
    """
    wanted = name.casefold()
    containing = sorted((candidate for candidate in known if wanted and wanted in candidate.casefold()), key=len)
    spellings: dict[str, list[str]] = defaultdict(list)
    for candidate in known:
        folded = candidate.casefold()
        for spelling in {folded, re.split("[/:]", folded)[-1]}:
            spellings[spelling].append(candidate)
    similar = [candidate for match in get_close_matches(wanted, spellings, n=n) for candidate in spellings[match]]
    return tuple(dict.fromkeys([*containing, *similar]))[:n]
