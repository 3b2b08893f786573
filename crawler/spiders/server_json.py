"""Reads server.json, the record of the MCP registries, in each shape that is still in the wild.

Three shapes: 2025-12-11 (camelCase, wrapped in `{server, _meta}` by the registry's API), 2025-07 to 2025-09
(snake_case, `status` inside the record), and the one before July 2025 (`version_detail`, `registry_name`,
`transport_type`). They differ in spelling and not in meaning, so one reader takes any mixture. Reference:
https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from crawler.records import Dropped, DropReason, Listing, ListingStatus, Need, Target, TargetKind, Transport, Wire
from crawler.spiders.fields import (
    ENTRY_LIMIT,
    NAME_LIMIT,
    mapping,
    objects,
    remote_address,
    remote_transport,
    scalar,
    text,
)
from crawler.spiders.packages import package
from crawler.spiders.record import Origin, RecordError, distinct, make_listing, server_name

_REGISTRY = "io.modelcontextprotocol.registry"
_KINDS: dict[str, TargetKind] = {
    **{kind.value: kind for kind in TargetKind if kind is not TargetKind.REMOTE},
    "docker": TargetKind.OCI,
}
_KIND_OF_RUNTIME: dict[str, TargetKind] = {
    "npx": TargetKind.NPM,
    "uvx": TargetKind.PYPI,
    "docker": TargetKind.OCI,
    "dnx": TargetKind.NUGET,
}
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def read_server(record: object, origin: Origin, place: str = "") -> Listing | Dropped:
    """The listing of one server.json record, bare or wrapped as the registry's API wraps it.

    `place` is where the record stood: what a record without a name is called by.
    """
    if not isinstance(record, dict):
        return origin.drop(
            place, DropReason.NOT_AN_OBJECT, f"expected a server.json object, got {type(record).__name__}"
        )
    server = record["server"] if isinstance(record.get("server"), dict) else record
    return origin.listed(server.get("name") or place, lambda: _listing(record, server, origin))


def _listing(record: Wire, server: Wire, origin: Origin) -> Listing:
    name, registry = server_name(server.get("name")), _registry_words(record, server)
    if _field(registry, "isLatest") is False:
        raise RecordError(DropReason.SUPERSEDED, "the registry calls another version of this server its latest")
    details = {
        "name": name,
        "title": server.get("title"),
        "description": server.get("description"),
        "version": server.get("version") or mapping(server.get("version_detail")).get("version"),
        "repository_url": mapping(server.get("repository")).get("url"),
        "website_url": _field(server, "websiteUrl"),
    }
    targets, status = _targets(server), _status(registry, server)
    if not targets and status is not ListingStatus.DELETED:  # a deleted record is there to withdraw its server
        raise RecordError(DropReason.NO_TARGET, f"no remote URL or package that can be asked: {_named(server)}")
    return make_listing(origin, record, targets, details, status, _declared_tools(server))


def _declared_tools(server: Wire) -> Iterator[object]:
    """The definitions that a publisher adds to a record, as ToolHive does: below its own name, for each package."""
    provided = mapping(mapping(server.get("_meta")).get(f"{_REGISTRY}/publisher-provided"))
    for publisher in provided.values():
        for package_words in mapping(publisher).values():
            definitions = mapping(package_words).get("tool_definitions")
            yield from definitions if isinstance(definitions, list) else ()


def _field(record: Mapping[str, Any], name: str) -> Any:
    """A field by its camelCase name, or by the snake_case one that it had before 2025-09-29."""
    return record[name] if name in record else record.get(_WORD_START.sub("_", name).lower())


def _registry_words(record: Wire, server: Wire) -> Mapping[str, Any]:
    """What the registry itself says of the record, wherever its shape keeps that."""
    for holder in (record, server):
        for words in (mapping(holder.get("_meta")).get(f"{_REGISTRY}/official"), holder.get(f"x-{_REGISTRY}")):
            if isinstance(words, dict):
                return words
    return mapping(server.get("version_detail"))


def _status(registry: Mapping[str, Any], server: Wire) -> ListingStatus:
    """The gravest status that the registry or the record states; a word that we do not know changes nothing."""
    stated = (registry.get("status"), server.get("status"))
    grave = (status for status in (ListingStatus.DELETED, ListingStatus.DEPRECATED) if status in stated)
    return next(grave, ListingStatus.ACTIVE)


def _targets(server: Wire) -> tuple[Target, ...]:
    remotes = (_remote(entry) for entry in objects(server.get("remotes")))
    packages = (_package(entry) for entry in objects(server.get("packages")))
    return distinct(target for targets in (remotes, packages) for target in targets if target)


def _named(server: Wire) -> str:
    """What the record names instead of something usable."""
    entries = [*objects(server.get("remotes")), *objects(server.get("packages"))]
    named = [
        f"{_kind_word(entry)} {entry.get('identifier') or entry.get('name') or entry.get('url')}" for entry in entries
    ]
    return ", ".join(named) or "it names none"


def _remote(entry: Mapping[str, Any]) -> Target | None:
    nested = mapping(entry.get("transport"))
    address = remote_address(entry.get("url") or nested.get("url"))
    if not address:
        return None
    transport = remote_transport(entry.get("type") or entry.get("transport_type") or nested.get("type"), address)
    if not transport:
        return None
    needs = (*_needs("header", entry.get("headers")), *_variables(entry))
    return Target(TargetKind.REMOTE, transport, address, None, needs[:ENTRY_LIMIT])


def _package(entry: Mapping[str, Any]) -> Target | None:
    kind = _KINDS.get(_kind_word(entry))
    kind = kind or _KIND_OF_RUNTIME.get(str(_field(entry, "runtimeHint")).lower())
    if not kind:
        return None
    declared = mapping(entry.get("transport")).get("type")
    needs = (
        *_checksum(kind, _field(entry, "fileSha256")),  # first, so that no number of others crowds it out
        *_needs("env", _field(entry, "environmentVariables")),
        *_needs("argument", _field(entry, "packageArguments")),
    )
    return package(
        kind,
        entry.get("identifier") or entry.get("name"),
        entry.get("version"),
        transport=next((known for known in Transport if known == declared), Transport.STDIO),
        needs=needs[:ENTRY_LIMIT],
    )


def _checksum(kind: TargetKind, stated: object) -> Iterator[Need]:
    """The checksum of a file; other packages are held to those of their own registries."""
    if kind is TargetKind.MCPB and isinstance(stated, str) and _SHA256.fullmatch(stated):
        yield Need("checksum", "SHA-256", required=True, value=stated.lower())


def _kind_word(entry: Mapping[str, Any]) -> str:
    return str(_field(entry, "registryType") or entry.get("registry_name") or entry.get("type") or "").lower()


_NeedKind = Literal["env", "header", "argument", "variable"]


def _needs(kind: _NeedKind, entries: object) -> Iterator[Need]:
    for entry in objects(entries):
        name = text(entry.get("name"), NAME_LIMIT) or ""
        if name or kind == "argument":
            yield _need(kind, name, entry)
            yield from _variables(entry)


def _variables(entry: Mapping[str, Any]) -> Iterator[Need]:
    """The variables that a value or a URL template is filled with."""
    for name, variable in [*mapping(entry.get("variables")).items()][:ENTRY_LIMIT]:
        yield _need("variable", text(name, NAME_LIMIT) or "", mapping(variable))


def _need(kind: _NeedKind, name: str, entry: Mapping[str, Any]) -> Need:
    """One declared input. What is declared a secret keeps no value: a public record may still hold somebody's key."""
    secret = _field(entry, "isSecret") is True
    choices = entry["choices"] if isinstance(entry.get("choices"), list) else []
    return Need(
        kind=kind,
        name=name,
        description=text(entry.get("description")) or text(_field(entry, "valueHint")) or "",
        required=_field(entry, "isRequired") is True,
        secret=secret,
        value=None if secret else scalar(entry.get("value")),
        default=None if secret else scalar(entry.get("default")),
        choices=tuple(word for choice in choices[:ENTRY_LIMIT] if (word := scalar(choice))),
        format=text(entry.get("format"), NAME_LIMIT) or "string",
    )
