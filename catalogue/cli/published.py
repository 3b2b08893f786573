"""Fetches policies and other files from a published site.

What comes is a stranger's: capped, checked, and never shown as it came.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import httpx

from catalogue import published
from catalogue.errors import CatalogueError
from catalogue.lookup import unknown
from catalogue.policies.decoding import LARGEST_FILE
from catalogue.policies.document import Policy, PolicyError
from catalogue.policies.parsing import load
from catalogue.site import urls
from catalogue.site.addresses import Addresses, SiteFormat
from catalogue.site.foreign import addresses_of, server_among

_MOST_PAGES = 20  # of the list of servers, to find the closest name in
_SILENCE = 10.0  # seconds without a byte
_LONGEST = 30.0  # seconds for one file, all in all


def fetch_policy(site: str, server: str, tool: str | None) -> Policy:
    """Return the policy that a site publishes for a server or one of its tools.

    Raises CatalogueError for what is not there, cannot be fetched, or is no policy.
    """
    base = _base(site)
    addresses = _addresses(base)
    if addresses.format is SiteFormat.SINGLE:
        return _among_others(base, addresses.server_policy(server), server, tool)
    whole = _policy_at(base, urls.server_policy(server))
    if whole is None:
        raise unknown(f"server of {site}", server, get_close_matches(server, _servers(base)))
    if tool is None:
        return whole
    found = _policy_at(base, urls.tool_policy(server, tool))
    if found is None:
        raise unknown(f"tool of {server}", tool, get_close_matches(tool, {*whole.tools, *whole.hide}))
    return found


def _among_others(base: str, path: str, server: str, tool: str | None) -> Policy:
    """The policy of a server or of one of its tools, from a file with many servers."""
    found = server_among(_json(_fetch(base + path) or b""), server).get("policy")
    if found is None:
        raise unknown(f"server of {base}", server, get_close_matches(server, _servers(base)))
    whole = _policy(json.dumps(found).encode(), base + path)
    if tool is None:
        return whole
    if tool not in whole.tools and tool not in whole.hide:
        raise unknown(f"tool of {server}", tool, get_close_matches(tool, {*whole.tools, *whole.hide}))
    rules = {name: rule for name, rule in whole.tools.items() if name == tool}
    return replace(whole, default="allow", tools=rules, hide=tuple(name for name in whole.hide if name == tool))


def fetch_definitions(site: str, server: str, tool: str | None) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the names and definitions of a server's tools, or of those of one name, as a site publishes them.

    Raises CatalogueError for what is not there, cannot be fetched, or cannot be read.
    """
    base = _base(site)
    found = published.definitions(fetcher(site), _addresses(base), server)
    if found is None:
        raise unknown(f"server of {site}", server, get_close_matches(server, _servers(base)))
    chosen = [one for one in found if tool in (None, one[0])]
    if not chosen:
        raise unknown(f"tool of {server}", tool or "", get_close_matches(tool or "", {name for name, _ in found}))
    return chosen


def fetcher(site: str) -> published.Fetch:
    """What fetches a path of a site; `None` when nothing is there. Raises CatalogueError for what is no site."""
    base = _base(site)
    return lambda path: _fetch(base + path)


def _base(site: str) -> str:
    try:
        url = httpx.URL(site)
    except httpx.InvalidURL as error:
        raise CatalogueError(f"{site!r} is not a URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise CatalogueError(f"{site!r} is not the address of a site", "give http://... or https://...")
    return site if site.endswith("/") else f"{site}/"


def _addresses(base: str) -> Addresses:
    return addresses_of(_json(_fetch(base + urls.twin(urls.HOME)) or b""))


def _policy_at(base: str, path: str) -> Policy | None:
    """The policy at a path of the site; `None` when nothing is there."""
    body = _fetch(base + path)
    return None if body is None else _policy(body, base + path)


def _policy(body: bytes, url: str) -> Policy:
    try:
        return load(body)
    except PolicyError as error:
        raise CatalogueError(f"{url}: {error}", "is that the address of a published catalogue?") from error


def _servers(base: str) -> list[str]:
    """The names of the servers that a site lists, as far as it is reasonable to read on."""
    names: list[str] = []
    for page in range(1, _MOST_PAGES + 1):
        body = _fetch(base + urls.twin(urls.servers(page)))
        listed = _json(body) if body is not None else None
        entries = listed.get("entries") if isinstance(listed, dict) else None
        if not isinstance(entries, list):
            break
        names += [str(entry["name"]) for entry in entries if isinstance(entry, dict) and "name" in entry]
    return names


def _json(body: bytes) -> Any:
    """The value; `None` for what is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _fetch(url: str) -> bytes | None:
    # Identity: what is read is what is counted, and no small answer unpacks into a large one.
    options: dict[str, Any] = {"headers": {"Accept-Encoding": "identity"}, "follow_redirects": True}
    try:
        with httpx.Client(timeout=_SILENCE, max_redirects=3) as client, client.stream("GET", url, **options) as answer:
            if answer.status_code in (404, 410):
                return None
            if answer.status_code != 200:
                raise CatalogueError(f"{url} answers {answer.status_code}, expected 200")
            return _read(answer, url)
    except httpx.HTTPError as error:
        raise CatalogueError(f"cannot fetch {url}: {error or type(error).__name__}") from error


def _read(answer: httpx.Response, url: str) -> bytes:
    ends = time.monotonic() + _LONGEST
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > LARGEST_FILE:
            raise CatalogueError(f"{url} is larger than {LARGEST_FILE:,} bytes, too large to be read")
        if time.monotonic() > ends:
            raise CatalogueError(f"{url} did not end within {_LONGEST:.0f} seconds")
    return bytes(body)
