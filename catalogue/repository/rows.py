"""Turns rows into the plain values that leave the repository, and targets into rows. Asks the database nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from catalogue import models
from catalogue.values import IntrospectionRow, ListingRow, PassRow
from crawler.records import Need, SignIn, Target, TargetKind, Transport, Validator


def to_target(row: models.Target) -> Target:
    """Return the target as the crawler knows it."""
    needs = tuple(Need(**{**need, "choices": tuple(need["choices"])}) for need in row.needs)
    return Target(TargetKind(row.kind), Transport(row.transport), row.address, row.version, needs)


def needs_to_json(target: Target) -> list[dict[str, Any]]:
    """Return a target's needs as they are stored."""
    return [{**asdict(need), "choices": list(need.choices)} for need in target.needs]


def to_listing_row(row: models.Listing) -> ListingRow:
    """Return where a server is listed."""
    return ListingRow(row.source, row.source_id, row.version, row.status, row.fetched_from, row.fetched_at)


def to_pass_row(row: models.Pass) -> PassRow:
    """Return one reading of a source."""
    return PassRow(
        source=row.source,
        address=row.address,
        started_at=row.started_at,
        finished_at=row.finished_at,
        listings=row.listings,
        dropped=row.dropped,
        error=row.error,
        complete=row.complete,
        validator=Validator(row.etag, row.last_modified) if row.etag or row.last_modified else None,
        not_before=row.not_before,
    )


def to_introspection_row(row: models.Introspection, target: str) -> IntrospectionRow:
    """Return one attempt; `target` is its target in words."""
    return IntrospectionRow(
        target=target,
        started_at=row.started_at,
        duration=row.duration,
        outcome=row.outcome,
        detail=row.detail,
        protocol_version=row.protocol_version,
        server_info=row.server_info,
        instructions=row.instructions,
        tools=row.tools,
        pages=row.pages,
        complete=row.complete,
        attempt=row.attempt,
        command=row.command,
        resolved=row.resolved,
        malformed=tuple((index, why, excerpt) for index, why, excerpt in row.malformed),
        private=row.private,
        sign_in=to_sign_in(row.sign_in) if row.sign_in else None,
        installed=tuple(row.installed or ()),
    )


def to_sign_in(stored: Mapping[str, Any]) -> SignIn:
    """Return what a server says of its sign-in, from its stored form."""
    servers, scopes = tuple(stored["authorization_servers"]), tuple(stored["scopes"])
    return SignIn(stored["scheme"], stored["metadata_url"], servers, scopes)
