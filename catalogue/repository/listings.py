"""Takes listings and decides whose each is: that of the same listing before, of the same target, else a new server's.

Never the same repository (a monorepo holds many servers), and never the same name on two sources (names are claims).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalogue import models
from catalogue.identity import digest, target_key
from catalogue.repository.merging import merge_servers
from catalogue.repository.rows import needs_to_json
from catalogue.repository.statements import batches
from catalogue.repository.turns import is_active
from catalogue.wire import is_shallow
from crawler.records import Listing, ListingStatus, Target, TargetKind

SAVED = "import"
"""The source that the servers of saved listings have."""
_RANKS = {kind: rank for rank, kind in enumerate(TargetKind)}
"""What runs already before packages, and those in the order in which this program can best run them."""


class ListingStore:
    """Writes batches of listings within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's, who commits."""
        self._session = session
        self._listings: dict[str, models.Listing] = {}
        self._targets: dict[str, models.Target] = {}
        self._names: set[str] = set()

    def take(self, listings: Sequence[Listing]) -> None:
        """Take a batch of a few hundred at most; of two listings with one identity the later counts."""
        self._load(listings)
        with self._session.no_autoflush:
            for listing in listings:
                self._take(listing)
        self._session.flush()

    def server_of(self, listing: Listing) -> int:
        """Return the identifier of the server of a listing of the batch taken last."""
        return self._listings[listing_key(listing.source, listing.source_id)].server_id

    def withdraw_unseen(self, source: str, since: datetime) -> list[tuple[int, str]]:
        """Let go what a source that names all it has did not name since it was read: each server, and who named it."""
        stands = (models.Listing.source == source, models.Listing.fetched_at < since, is_active())
        gone = self._session.scalars(select(models.Listing).where(*stands)).all()
        for row in gone:
            row.status, row.fetched_at = ListingStatus.DELETED.value, since
        self._session.flush()
        return [(row.server_id, declared_by(row.source, row.source_id)) for row in gone]

    def declare(self, names: Collection[str], fetched_from: str, now: datetime) -> Mapping[str, int]:
        """Return the identifiers of the servers of these public names; those that are missing are listed by a file."""
        found = self._ids(names)
        missing = [name for name in names if name not in found]
        if missing:
            self.take([_declared_listing(name, fetched_from, now) for name in sorted(missing)])
            found |= self._ids(missing)
        return found

    def _ids(self, names: Collection[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for batch in batches(names):
            wanted = [digest(name) for name in batch]
            query = select(models.Server.name, models.Server.id).where(models.Server.name_digest.in_(wanted))
            found.update((name, server_id) for name, server_id in self._session.execute(query))
        return found

    def _load(self, listings: Sequence[Listing]) -> None:
        """Fetch what the batch may touch, in a few queries."""
        keys = {listing_key(listing.source, listing.source_id) for listing in listings}
        query = select(models.Listing).where(models.Listing.key.in_(keys))
        query = query.options(selectinload(models.Listing.targets), joinedload(models.Listing.server))
        self._listings = {row.key: row for row in self._session.scalars(query)}
        wanted = {target_key(target.kind, target.address) for listing in listings for target in listing.targets}
        self._targets = {}
        for batch in batches(wanted):  # a listing may name any number of targets
            known = select(models.Target).where(models.Target.key.in_(batch)).options(joinedload(models.Target.server))
            self._targets |= {row.key: row for row in self._session.scalars(known)}
        candidates = {digest(name) for listing in listings for name in names_for(listing)}
        taken = select(models.Server.name_digest).where(models.Server.name_digest.in_(candidates))
        self._names = set(self._session.scalars(taken))

    def _take(self, listing: Listing) -> None:
        key = listing_key(listing.source, listing.source_id)
        row = self._listings.get(key)
        if row is not None and row.digest == listing.digest and row.status == listing.status.value:
            if listing.status is not ListingStatus.DELETED:  # that keeps the moment when it was first read as deleted
                _note_reading(row, listing)
            return
        server = self._choose_server(row, listing)
        if row is None:
            row = models.Listing(key=key, server=server, first_seen=listing.fetched_at)
            self._listings[key] = row
        _fill(row, listing)
        self._session.add(row)
        row.targets = self._claim(row, server, listing)

    def _choose_server(self, row: models.Listing | None, listing: Listing) -> models.Server:
        """Return the server that the listing belongs to; a listing that bridges several makes them one, the oldest."""
        keys = [target_key(target.kind, target.address) for target in listing.targets]
        known = {self._targets[key].server for key in keys if key in self._targets}
        if row is not None:
            known.add(row.server)
        if not known:
            return self._create_server(listing)
        if len(known) > 1:
            self._session.flush()  # the order is that of identifiers
        oldest, *others = sorted(known, key=lambda server: server.id)
        for other in others:
            merge_servers(self._session, oldest, other)
        return oldest

    def _create_server(self, listing: Listing) -> models.Server:
        name = next(name for name in names_for(listing) if digest(name) not in self._names)
        self._names.add(digest(name))
        server = models.Server(name=name, name_digest=digest(name), first_seen=listing.fetched_at)
        self._session.add(server)
        return server

    def _claim(self, row: models.Listing, server: models.Server, listing: Listing) -> list[models.Target]:
        """Return the rows of the listing's targets, each once; of two spellings of one target the first counts."""
        claimed: dict[str, models.Target] = {}
        for target in listing.targets:
            key = target_key(target.kind, target.address)
            if key in claimed:
                continue
            known = self._targets.get(key)
            if known is None:
                known = self._targets[key] = _new_target(key, server, target, listing.fetched_at)
            elif _differs(known, target) and self._speaks_for(row, known):
                _update_target(known, target, listing.fetched_at)
            claimed[key] = known
        return list(claimed.values())

    def _speaks_for(self, row: models.Listing, target: models.Target) -> bool:
        """Say whether no older listing that still stands names the target: two would undo each other's words."""
        self._session.flush()
        query = (
            select(func.min(models.Listing.id))
            .join(models.claims, models.claims.c.listing_id == models.Listing.id)
            .where(models.claims.c.target_id == target.id, is_active())
        )
        oldest = self._session.scalar(query)
        return oldest is None or oldest >= row.id


def listing_key(source: str, source_id: str) -> str:
    """Return the identity of a listing."""
    return digest(source, source_id)


def declared_by(source: str, source_id: str) -> str:
    """Return who declares the tools of a listing's record."""
    return f"{source}: {source_id}"


def names_for(listing: Listing) -> tuple[str, ...]:
    """Return the public names that the listing's server may get, best first; the last is never taken."""
    source, source_id = listing.source, listing.source_id
    name = listing.name
    return (
        name,
        f"{name} ({source})",
        f"{name} ({source}: {source_id})",
        f"{name} ({listing_key(source, source_id)})",
    )


def _declared_listing(name: str, fetched_from: str, now: datetime) -> Listing:
    """Return what a saved listing says of a server: that there is one of this name."""
    return Listing(
        source=SAVED,
        source_id=name,
        name=name,
        title=None,
        description="",
        version=None,
        repository_url=None,
        website_url=None,
        targets=(),
        fetched_from=fetched_from,
        fetched_at=now,
        digest=digest(SAVED, name),
        status=ListingStatus.ACTIVE,
        raw={},
    )


def _fill(row: models.Listing, listing: Listing) -> None:
    row.source, row.source_id = listing.source, listing.source_id
    row.status = listing.status.value
    row.name, row.title, row.description = listing.name, listing.title, listing.description
    row.version = listing.version
    row.repository_url, row.website_url = listing.repository_url, listing.website_url
    _note_reading(row, listing)
    row.digest = listing.digest
    row.raw = dict(listing.raw) if is_shallow(listing.raw) else {}


def _note_reading(row: models.Listing, listing: Listing) -> None:
    row.fetched_from, row.fetched_at = listing.fetched_from, listing.fetched_at
    said = listing.validator
    row.etag, row.last_modified = (said.etag, said.last_modified) if said else (None, None)


def _new_target(key: str, server: models.Server, target: Target, now: datetime) -> models.Target:
    return models.Target(
        key=key,
        server=server,
        kind=target.kind.value,
        rank=_RANKS[target.kind],
        transport=target.transport.value,
        address=target.address,
        version=target.version,
        needs=needs_to_json(target),
        due_at=now,
        failures=0,
    )


def _differs(row: models.Target, target: Target) -> bool:
    return (row.transport, row.version, row.needs) != (target.transport.value, target.version, needs_to_json(target))


def _update_target(row: models.Target, target: Target, now: datetime) -> None:
    """Take over what the source says now; a target that changed is due at once, whatever it did before."""
    row.transport, row.version, row.needs = target.transport.value, target.version, needs_to_json(target)
    row.due_at, row.failures = now, 0
