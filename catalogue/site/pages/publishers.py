"""Who publishes a server, by what records say of it and by nothing else. Pure.

Three records name somebody: the name under which a registry lists it, the scope of an npm package, and the owner of the
repository. They are kept apart: that a scope and an owner are spelled alike does not make them one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from catalogue.values import ServerRow
from crawler.records import TargetKind


class Derived(StrEnum):
    """Which record names the publisher."""

    NAMESPACE = "namespace"
    SCOPE = "scope"
    OWNER = "owner"


DERIVED_ABOUT: Mapping[Derived, str] = {
    Derived.NAMESPACE: "the namespace of the name that the official registry lists it by; the registry gives a name "
    "only to who proves to hold the domain or the account in it",
    Derived.SCOPE: "the scope of its npm package, in which only the scope's holders can publish",
    Derived.OWNER: "the owner of the repository that its listing names; a listing may name anybody's repository",
}
"""What each says, and how far it can be trusted."""

_PROVING = "official"
"""The source whose names are proven: modelcontextprotocol.io/registry/authentication."""

_NAMESPACE = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]{0,200})/[^/]+")
_SCOPE = re.compile(r"(@[a-z0-9-~][a-z0-9-._~]{0,200})/[^/]+")
_OWNER = re.compile(r"/([A-Za-z0-9][A-Za-z0-9._-]{0,100})/[^/]+")
_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org")
"""Hosts where the first step of a repository's address is its owner."""


class Publisher(NamedTuple):
    """A publisher: the record that names it, and the name there."""

    derived: Derived
    name: str


def publishers_of(row: ServerRow) -> tuple[Publisher, ...]:
    """Return the publishers that a server's records name, the best proven first; none for many."""
    return tuple(dict.fromkeys((*_namespaces(row), *_scopes(row), *_owners(row))))


def _namespaces(row: ServerRow) -> Iterator[Publisher]:
    for listing in row.listings:
        found = _NAMESPACE.fullmatch(listing.source_id) if listing.source == _PROVING else None
        if found:
            yield Publisher(Derived.NAMESPACE, found[1].lower())


def _scopes(row: ServerRow) -> Iterator[Publisher]:
    for target in row.targets:
        found = _SCOPE.fullmatch(target.target.address) if target.target.kind is TargetKind.NPM else None
        if found:
            yield Publisher(Derived.SCOPE, found[1])


def _owners(row: ServerRow) -> Iterator[Publisher]:
    try:
        parts = urlsplit(row.repository_url or "")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return
    found = _OWNER.match(parts.path) if host in _HOSTS else None
    if found:
        yield Publisher(Derived.OWNER, f"{host}/{found[1].lower()}")
