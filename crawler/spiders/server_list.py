"""Reads a decoded document that names servers, whichever of the known kinds it is. Knows no file and no address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from crawler.records import Dropped, Listing, SourceError
from crawler.spiders.client_config import read_configuration
from crawler.spiders.client_shapes import sections
from crawler.spiders.record import Origin
from crawler.spiders.server_json import read_server


def read_document(document: Any, origin: Origin) -> Iterator[Listing | Dropped]:
    """The servers of a client's configuration, of an array or page of server.json records, or of one such record.

    Raises `SourceError` for a document that is none of these.
    """
    if isinstance(document, list):
        yield from read_servers(document, origin)
    elif not isinstance(document, dict):
        raise SourceError(f"{origin.fetched_from} holds {_named(document)}, expected an object or an array of servers")
    elif configured := [section for section in sections(document) if not section.fault]:
        for section in configured:
            yield from read_configuration(section, origin)
    elif isinstance(document.get("servers"), list):
        yield from read_servers(document["servers"], origin)
    elif "name" in document or "server" in document:
        yield read_server(document, origin)
    else:
        raise SourceError(
            f"{origin.fetched_from} names no servers: expected mcpServers, servers or server.json records"
        )


def read_servers(records: Iterable[object], origin: Origin) -> Iterator[Listing | Dropped]:
    """One listing or reason a record."""
    return (read_server(record, origin, f"record {number}") for number, record in enumerate(records, 1))


def _named(document: Any) -> str:
    return "null" if document is None else f"a {type(document).__name__}"
