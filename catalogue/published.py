"""Reads what a published site says of a server's tools, from its open data. Knows no network: who calls it fetches.

What comes is a stranger's: it is capped, and checked as far as it is used.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from catalogue.errors import CatalogueError
from catalogue.site.addresses import Addresses
from catalogue.wire import check_wire
from classifier.tool import NotAToolError

Fetch: TypeAlias = Callable[[str], bytes | None]
"""Fetches a path of a site; `None` when nothing is there. Raises `CatalogueError`."""

LARGEST = 128 * 2**20
"""Bytes of a file of open data: as many tools as are taken from a server, with verdicts of usual length. Where servers
share files, one has a 64th of all tools, which is less."""
_GZIP = 31  # zlib's number for data with the header of gzip


def tool_lines(fetch: Fetch, addresses: Addresses, server: str) -> list[Mapping[str, Any]] | None:
    """The lines on a server's tools, unchecked but for being objects; `None` for a server that has none there.

    Raises `CatalogueError` for what is no such file.
    """
    body = fetch(addresses.server_data(server))
    if body is None:
        return None
    try:
        lines = list(_lines_of(server, _unpacked(body, server)))
    except (ValueError, RecursionError, zlib.error) as error:
        raise _unreadable(server) from error
    return lines or None


def _lines_of(server: str, content: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the lines on one server's tools of a file that may have those of others."""
    for text in content.splitlines():
        line = json.loads(text)
        if not isinstance(line, dict):
            raise _unreadable(server)
        if line.get("server", server) == server:
            yield line


def definitions(fetch: Fetch, addresses: Addresses, server: str) -> list[tuple[str, Mapping[str, Any]]] | None:
    """The names and definitions of a server's tools; `None` for a server that has none there.

    Raises `CatalogueError` for what cannot be read.
    """
    lines = tool_lines(fetch, addresses, server)
    try:
        return None if lines is None else [(check_wire(line["definition"]), line["definition"]) for line in lines]
    except (KeyError, NotAToolError) as error:
        raise _unreadable(server) from error


def _unpacked(body: bytes, server: str) -> bytes:
    """Unpack gzip files that stand one after the other, as those of servers that share a file do."""
    content = bytearray()
    while body:
        reader = zlib.decompressobj(_GZIP)
        content += reader.decompress(body, LARGEST + 1 - len(content))
        if len(content) > LARGEST:
            raise CatalogueError(f"the site's data on {server} has more than {LARGEST:,} bytes")
        if not reader.eof:
            raise _unreadable(server)
        body = reader.unused_data
    return bytes(content)


def _unreadable(server: str) -> CatalogueError:
    return CatalogueError(f"the site's data on {server} is not what we know how to read")
