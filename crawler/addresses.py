"""The one spelling of an address: two that its registry, or HTTP, treats as the same are the same. Knows no target."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.records import TargetKind

_DEFAULT_PORTS = {"http": 80, "https": 443}
_DOCKER_HUB = re.compile(r"^(?:https?://)?(?:(?:index\.|registry-1\.)?docker\.io/)(?:library/)?")


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
