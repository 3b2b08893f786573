"""Reads the files of a published site, whichever format it has and whatever stands in them. Knows no network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogue.site.addresses import FORMATS, Addresses, SiteFormat


def addresses_of(home: Any) -> Addresses:
    """Return the addresses of a site, by the twin of its home page; older ones name no format."""
    named = home.get("format") if isinstance(home, Mapping) else None
    return FORMATS[SiteFormat(named)] if named in list(SiteFormat) else FORMATS[SiteFormat.HTML]


def server_among(shard: Any, server: str) -> Mapping[str, Any]:
    """Return what a list of whole servers says of one; nothing where it is not among them."""
    listed = shard.get("servers") if isinstance(shard, Mapping) else None
    servers = listed if isinstance(listed, list) else []
    return next((one for one in servers if isinstance(one, Mapping) and one.get("name") == server), {})
