"""Keeps what may be a server and cannot be asked: counted, shown as such, and never part of the catalogue itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.repository.listings import listing_key
from catalogue.repository.statements import batches
from crawler.records import Listing


class CandidateStore:
    """Writes batches of candidates within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's, who commits."""
        self._session = session

    def take(self, candidates: Sequence[Listing]) -> list[Listing]:
        """Take a batch of a few hundred; return those that named more before, whose listings have to change."""
        by_key = {listing_key(one.source, one.source_id): one for one in candidates}
        query = select(models.Listing.key).where(models.Listing.key.in_(by_key))
        listed = [by_key.pop(key) for key in self._session.scalars(query).all()]
        rows = self._session.scalars(select(models.Candidate).where(models.Candidate.key.in_(by_key)))
        known = {row.key: row for row in rows}
        for key, candidate in by_key.items():
            row = known.get(key) or models.Candidate(key=key, first_seen=candidate.fetched_at)
            _fill(row, candidate)
            self._session.add(row)
        return listed

    def forget(self, listings: Iterable[Listing]) -> None:
        """Drop the candidates that turned out to be more."""
        for batch in batches(listing_key(one.source, one.source_id) for one in listings):
            self._session.execute(delete(models.Candidate).where(models.Candidate.key.in_(batch)))

    def forget_unseen(self, source: str, since: datetime) -> None:
        """Drop what a source that names all that it has did not name since a moment."""
        gone = (models.Candidate.source == source, models.Candidate.fetched_at < since)
        self._session.execute(delete(models.Candidate).where(*gone))


def _fill(row: models.Candidate, candidate: Listing) -> None:
    row.source, row.source_id = candidate.source, candidate.source_id
    row.name, row.description = candidate.name, candidate.description
    row.repository_url, row.website_url = candidate.repository_url, candidate.website_url
    row.fetched_from, row.fetched_at = candidate.fetched_from, candidate.fetched_at
