"""Which hosts an install step needs: the registries of the user's configuration, and those they keep their files on.

A registry may list packages on one host and keep their files on another; its own page about the package says where.
What a package says of itself is no part of that: an address that only a package names stays out of reach.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import httpx

from crawler.introspector.budget import MEBIBYTE
from crawler.introspector.egress import Way, endpoint
from crawler.introspector.registries import Access
from crawler.introspector.wire import decode

_LARGEST_PAGE = 32 * MEBIBYTE
"""A package of thousands of releases has a page of several MiB."""

_SECONDS = 20.0
_ACCEPT = "application/json, application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_LINK = re.compile(rb"""<a\b[^>]{0,4096}?href=["'](https?://[^"'\s]{1,2048})""", re.IGNORECASE)


async def way_out(access: Access, pages: Iterable[str]) -> Way:
    """Return where an install step may connect to; `pages` are the registries' own about the package."""
    found = {endpoint(url) for _, url in access.indexes}
    for page in pages:
        with suppress(httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
            found.update(map(endpoint, _files(await read_page(page, access))))
    return Way(frozenset(filter(None, found)), access.proxies)


async def read_page(page: str, access: Access) -> bytes:
    """Fetch a page; one that is too large says nothing. Raises what httpx raises, and `ValueError` for no URL."""
    where = endpoint(page)
    proxy = Way(proxies=access.proxies).proxy(page.partition(":")[0], where[0]) if where else None
    client = httpx.AsyncClient(
        verify=ssl.create_default_context(cadata=access.certificates()),
        proxy=proxy.geturl() if proxy else None,
        trust_env=False,
        timeout=_SECONDS,
        follow_redirects=True,
    )
    content = bytearray()
    async with client, client.stream("GET", page, headers={"Accept": _ACCEPT}) as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > _LARGEST_PAGE:
                return b""
    return bytes(content)


def _files(page: bytes) -> Iterator[str]:
    """Yield the addresses of files: npm's `dist.tarball`, and the links of a simple index in either of its forms."""
    yield from (link.decode("latin-1") for link in _LINK.findall(page))
    with suppress(ValueError, RecursionError):
        data = decode(page)
        if isinstance(data, dict):
            files = data.get("files")
            yield from _urls(files if isinstance(files, list) else [], "url")
            yield from _urls([data.get("dist")], "tarball")


def _urls(entries: Iterable[Any], key: str) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, Mapping) and isinstance(entry.get(key), str):
            yield entry[key]
