"""From the configuration of an MCP client to listings: one for each server that somebody else could ask, too.

A configuration is private: a person's keys stand in it. So the record that is kept (`raw`) is not what was in the file
but that without any value of an environment variable or header, and without each text that could be a secret.
"""

from __future__ import annotations

from collections.abc import Iterator

from crawler.records import Dropped, DropReason, Listing, ListingStatus
from crawler.spiders.client_shapes import Section
from crawler.spiders.configured import ConfiguredServer
from crawler.spiders.record import Origin, RecordError, make_listing


def read_configuration(section: Section, origin: Origin) -> Iterator[Listing | Dropped]:
    """A listing or a reason for each server; of two of one name the first is kept."""
    if section.fault:
        yield origin.drop(section.keys[-1], DropReason.NOT_AN_OBJECT, section.fault)
    for name, entry in section.servers.items():
        yield read_configured(name, entry, origin)
    for name in section.repeated:
        yield origin.drop(name, DropReason.DUPLICATE_NAME, "the configuration names it twice; the first is kept")


def read_configured(name: str, entry: object, origin: Origin) -> Listing | Dropped:
    """The listing of one configured server."""
    if not isinstance(entry, dict):
        detail = f"expected an object with a command or a URL, got {type(entry).__name__}"
        return origin.drop(name, DropReason.NOT_AN_OBJECT, detail)
    return origin.listed(name, lambda: _listing(name, ConfiguredServer(entry), origin))


def _listing(name: str, entry: ConfiguredServer, origin: Origin) -> Listing:
    target = entry.target()
    if target is None:
        what = " ".join(entry.command) or entry.url or "it has neither a command nor a URL"
        raise RecordError(DropReason.NO_TARGET, f"no package or remote URL that anyone could ask: {what}")
    # The key under which a configuration keeps a server is its owner's word for it: the target identifies the server.
    details = {"name": name, "source_id": f"{target.kind}:{target.address}"}
    return make_listing(origin, entry.raw(name), (target,), details, ListingStatus.ACTIVE)
