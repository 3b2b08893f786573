"""What is to be done: readings of sources, and targets that are due. Knows neither how to read nor how to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.repository.rows import to_pass_row, to_target
from catalogue.repository.statements import batches
from catalogue.repository.turns import is_active, is_claimed, is_due
from catalogue.values import PassRow
from crawler.records import Reason, Target, TargetKind, Validator


@dataclass(frozen=True, slots=True)
class Due:
    """A target whose time has come. `address` tells which host it is on.

    `outcome` is the last attempt's (`None`: it was never asked), `failures` counts those in a row.
    """

    id: int
    kind: TargetKind
    address: str
    outcome: str | None
    failures: int


class Work:
    """The work of a crawl, within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's, who commits."""
        self._session = session

    def add_pass(self, row: PassRow) -> None:
        """Note how a reading of a source ended."""
        self._session.add(
            models.Pass(
                source=row.source,
                address=row.address,
                started_at=row.started_at,
                finished_at=row.finished_at,
                listings=row.listings,
                dropped=dict(row.dropped),
                error=row.error,
                complete=row.complete,
                etag=row.validator.etag if row.validator else None,
                last_modified=row.validator.last_modified if row.validator else None,
                not_before=row.not_before,
            )
        )

    def last_complete_pass(self, source: str, address: str) -> PassRow | None:
        """Return the latest reading that reached its end."""
        query = (
            select(models.Pass)
            .where(models.Pass.source == source, models.Pass.address == address, models.Pass.complete)
            .order_by(models.Pass.started_at.desc())
        )
        row = self._session.scalar(query.limit(1))
        return None if row is None else to_pass_row(row)

    def validators(self, source: str) -> Mapping[str, Validator]:
        """Return what a source said of its records, by their addresses: of those of which nothing was withdrawn."""
        row = models.Listing
        said = or_(row.etag.is_not(None), row.last_modified.is_not(None))
        query = select(row.fetched_from, row.etag, row.last_modified).where(row.source == source, is_active(), said)
        return {address: Validator(etag, modified) for address, etag, modified in self._session.execute(query)}

    def asked_to_wait_until(self, source: str, address: str) -> datetime | None:
        """Return until when a source asked, at its latest reading, to be left alone."""
        same = (models.Pass.source == source, models.Pass.address == address)
        query = select(models.Pass.not_before).where(*same).order_by(models.Pass.id.desc())
        return self._session.scalar(query.limit(1))

    def packages(self, kind: TargetKind) -> tuple[str, ...]:
        """Return the packages of a kind that a listing names, in the order in which they were first named."""
        query = select(models.Target.address).where(models.Target.kind == kind.value, is_claimed())
        return tuple(self._session.scalars(query.order_by(models.Target.id)))

    def make_due(self, reason: Reason, now: datetime) -> None:
        """Let the targets whose last attempt ended with `reason` be asked again now."""
        ended_so = update(models.Target).where(models.Target.outcome == reason.value)
        self._session.execute(ended_so.values(due_at=now))

    def make_all_due(self, now: datetime) -> None:
        """Let all targets be asked again now, but for those that had too much and are to be left alone until later."""
        outcome = models.Target.outcome
        willing = or_(outcome.is_(None), outcome != Reason.RATE_LIMITED.value)
        self._session.execute(update(models.Target).where(models.Target.due_at > now, willing).values(due_at=now))

    def postpone(self, until: Mapping[int, datetime]) -> None:
        """Let targets (their identifiers) be left alone until a moment, without an attempt."""
        moments: dict[datetime, list[int]] = defaultdict(list)
        for target, moment in until.items():
            moments[moment].append(target)
        for moment, targets in moments.items():
            for batch in batches(targets):
                late = update(models.Target).where(models.Target.id.in_(batch), models.Target.due_at < moment)
                self._session.execute(late.values(due_at=moment))

    def due(self, now: datetime) -> list[Due]:
        """Return the targets to ask, longest due first."""
        return self._due(now, true())

    def still_due(self, ids: Sequence[int], now: datetime) -> list[Due]:
        """Return those of some targets that are to be asked."""
        batched = (self._due(now, models.Target.id.in_(batch)) for batch in batches(ids))
        return [target for found in batched for target in found]

    def due_beside(self, ids: Sequence[int], now: datetime) -> list[Due]:
        """Return the targets to ask of the servers that some targets are of."""
        found: dict[int, Due] = {}
        for batch in batches(ids):
            servers = select(models.Target.server_id).where(models.Target.id.in_(batch))
            found |= {target.id: target for target in self._due(now, models.Target.server_id.in_(servers))}
        return list(found.values())

    def _due(self, now: datetime, among: ColumnElement[bool]) -> list[Due]:
        row = models.Target
        query = (
            select(row.id, row.kind, row.address, row.outcome, row.failures)
            .where(among, is_due(now))
            .order_by(row.due_at, row.id)
        )
        found = self._session.execute(query)
        return [
            Due(id_, TargetKind(kind), address, outcome, failures) for id_, kind, address, outcome, failures in found
        ]

    def targets(self, ids: Sequence[int]) -> Mapping[int, tuple[str, Target]]:
        """Return each target with its server's name."""
        found: dict[int, tuple[str, Target]] = {}
        for batch in batches(ids):
            query = select(models.Target, models.Server.name).join(models.Target.server)
            for row, name in self._session.execute(query.where(models.Target.id.in_(batch))):
                found[row.id] = (name, to_target(row))
        return found
