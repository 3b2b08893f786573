"""Whose turn it is: which targets are due, which come later, which wait behind a better one. Conditions, no query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from catalogue import models
from catalogue.schedule import PATIENCE
from crawler.records import ListingStatus

_HORIZONS: Mapping[str, timedelta] = {
    "within an hour": timedelta(hours=1),
    "within a day": timedelta(days=1),
    "within a week": timedelta(days=7),
    "within a month": timedelta(days=31),
    "later": timedelta(days=36_500),
}


def is_active() -> ColumnElement[bool]:
    """Say of a listing that its source still stands by it."""
    return models.Listing.status != ListingStatus.DELETED.value


def is_claimed(target: type[models.Target] = models.Target) -> ColumnElement[bool]:
    """Say of a target that an active listing names it."""
    return exists().where(
        models.claims.c.target_id == target.id, models.claims.c.listing_id == models.Listing.id, is_active()
    )


def is_due(now: datetime) -> ColumnElement[bool]:
    """Say of a target that it is to be asked.

    Of a server's targets only the best one that is due or has listed lately: the next is asked when that one fails.
    """
    return and_(models.Target.due_at <= now, is_claimed(), ~_has_a_better_one(now))


def is_in_reserve(now: datetime) -> ColumnElement[bool]:
    """Say of a target that its time has come, and that a better one speaks for its server."""
    return and_(models.Target.due_at <= now, is_claimed(), _has_a_better_one(now))


def later(now: datetime) -> Mapping[str, ColumnElement[bool]]:
    """Say of a target when its time will come, each span without the one before."""
    spans: dict[str, ColumnElement[bool]] = {}
    begins = now
    for name, length in _HORIZONS.items():
        ends = now + length
        spans[name] = and_(models.Target.due_at > begins, models.Target.due_at <= ends, is_claimed())
        begins = ends
    return spans


def _has_a_better_one(now: datetime) -> ColumnElement[bool]:
    better = aliased(models.Target)
    return exists().where(
        better.server_id == models.Target.server_id,
        or_(
            better.rank < models.Target.rank,
            and_(better.rank == models.Target.rank, better.id < models.Target.id),
        ),
        or_(better.due_at <= now, and_(better.listed_at.is_not(None), better.failures < PATIENCE)),
        is_claimed(better),
    )
