"""When two strangers' strings mean the same thing: the identity of names, listings and targets, as digests."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.addresses import normalise

if TYPE_CHECKING:
    from tldextract import TLDExtract

    from crawler.records import TargetKind


def digest(*parts: str) -> str:
    """Return the SHA-256 of strings, in hexadecimal digits; ("ab", "c") and ("a", "bc") differ."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


def target_key(kind: TargetKind, address: str) -> str:
    """Return what is equal for two targets exactly if they are one, whatever the version, needs and transport."""
    return digest(kind.value, normalise(kind, address))


def site(address: str) -> str:
    """Return the registrable domain of a URL's host ("example.co.uk"), whose servers have one owner.

    Tenants of a platform ("a.workers.dev") have sites of their own; an address by number is its own site, and so is a
    URL that cannot be taken apart.
    """
    try:
        host = (urlsplit(address).hostname or address).rstrip(".")
    except ValueError:
        return address
    found = _suffixes()(host)
    if found.suffix or found.ipv4 or found.ipv6:
        return found.top_domain_under_public_suffix or host
    return ".".join(host.split(".")[-2:])  # under a suffix that the list does not have


@cache
def _suffixes() -> TLDExtract:
    """Return the public suffix list that travels with the library; it is not fetched."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
