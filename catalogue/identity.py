"""When two strangers' strings mean the same thing: the identity of names, listings and targets, as digests."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.records import TargetKind

if TYPE_CHECKING:
    from tldextract import TLDExtract

_DEFAULT_PORTS = {"http": 80, "https": 443}
_DOCKER_HUB = re.compile(r"^(?:https?://)?(?:(?:index\.|registry-1\.)?docker\.io/)(?:library/)?")


def digest(*parts: str) -> str:
    """Return the SHA-256 of strings, in hexadecimal digits; ("ab", "c") and ("a", "bc") differ."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


def target_key(kind: TargetKind, address: str) -> str:
    """Return what is equal for two targets exactly if they are one, whatever the version, needs and transport."""
    return digest(kind.value, normalise(kind, address))


def normalise(kind: TargetKind, address: str) -> str:
    """Return the address in the one spelling that its registry treats as the same."""
    if kind in (TargetKind.REMOTE, TargetKind.MCPB):
        return _normalise_url(address)
    if kind is TargetKind.PYPI:  # PEP 503
        return re.sub(r"[-_.]+", "-", address).lower()
    if kind is TargetKind.NUGET:
        return address.lower()
    if kind is TargetKind.OCI:
        return _DOCKER_HUB.sub("", address)
    return address  # npm: old names differ by case alone


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


def _normalise_url(address: str) -> str:
    """Lower the scheme and host, drop the default port, the fragment and slashes at the end of the path."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return address
    scheme = parts.scheme.lower()
    place = (parts.hostname or "").rstrip(".")
    if port is not None and port != _DEFAULT_PORTS.get(scheme):
        place += f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{place}{parts.path.rstrip('/')}{query}"
