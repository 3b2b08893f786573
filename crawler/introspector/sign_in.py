"""What a server that wants a sign-in says of it: the challenge of its 401, and its protected-resource metadata.

Everything is asked without credentials, of the server's own origin only: whom it trusts is recorded and not asked.
https://www.rfc-editor.org/rfc/rfc9728
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from crawler.introspector.budget import Stopped
from crawler.introspector.connection import HttpConnection, same_origin
from crawler.introspector.wire import decode
from crawler.records import SignIn

_WELL_KNOWN = "/.well-known/oauth-protected-resource"
_PARAMETER = re.compile(r'([a-z_]{1,40})\s*=\s*(?:"([^"]{0,2048})"|([^\s,"]{1,2048}))', re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")
_MOST = 50
_LONGEST = 1024


async def ask_for_sign_in(connection: HttpConnection, challenge: str, seconds: float) -> SignIn:
    """Return what the server says of its sign-in; `challenge` is the WWW-Authenticate of its 401, "" if it has none.

    Metadata that takes longer than `seconds` is done without.
    """
    said = {match[1].lower(): match[2] or match[3] or "" for match in _PARAMETER.finditer(challenge[:8192])}
    named = said.get("resource_metadata", "")
    address, metadata = "", dict[str, Any]()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            address, metadata = await _metadata(connection, named)
    scheme = _SCHEME.match(challenge)
    return SignIn(
        scheme=scheme[0] if scheme else "",
        metadata_url=address or (named if _is_plain(named) else ""),
        authorization_servers=_texts(metadata.get("authorization_servers")),
        scopes=_texts(said["scope"].split() if "scope" in said else metadata.get("scopes_supported")),
    )


async def _metadata(connection: HttpConnection, named: str) -> tuple[str, dict[str, Any]]:
    """Fetch the metadata where the challenge says it is, or else where the standard does; ("", {}) if nowhere."""
    for address in dict.fromkeys(_places(connection.url, named)):
        with suppress(Stopped, ValueError):
            place = connection.at(address)
            async with place.send("GET", {"Accept": "application/json"}) as response:
                data = decode(await place.body(response)) if response.status_code == HTTPStatus.OK else None
            if isinstance(data, dict) and ("resource" in data or "authorization_servers" in data):
                return str(address), data
    return "", {}


def _places(url: httpx.URL, named: str) -> Iterator[httpx.URL]:
    with suppress(httpx.InvalidURL, ValueError):
        if named and same_origin(httpx.URL(named), url):
            yield httpx.URL(named)
    path = url.path.rstrip("/")
    yield from (url.copy_with(path=_WELL_KNOWN + path, query=None), url.copy_with(path=_WELL_KNOWN, query=None))


def _texts(value: Any) -> tuple[str, ...]:
    """Keep what is short, printable text."""
    entries = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(entry for entry in entries[:_MOST] if isinstance(entry, str) and _is_text(entry)))


def _is_text(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isprintable()


def _is_plain(url: str) -> bool:
    with suppress(ValueError):
        return _is_text(url) and urlsplit(url).scheme in ("http", "https")
    return False
