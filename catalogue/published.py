"""Reads what a published site says of a server's tools, from its open data. Knows no network: who calls it fetches.

What comes is a stranger's: it is capped, and checked as far as it is used.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from catalogue.errors import CatalogueError
from catalogue.site import urls
from catalogue.wire import check_wire
from classifier.tool import NotAToolError

Fetch: TypeAlias = Callable[[str], bytes | None]
"""Fetches a path of a site; `None` when nothing is there. Raises `CatalogueError`."""

LARGEST = 128 * 2**20
"""Bytes of one server's open data: as many tools as are taken from a server, with verdicts of usual length."""
_GZIP = 31  # zlib's number for data with the header of gzip


def tool_lines(fetch: Fetch, server: str) -> list[Mapping[str, Any]] | None:
    """The lines on a server's tools, unchecked but for being objects; `None` for a server that has none there.

    Raises `CatalogueError` for what is no such file.
    """
    body = fetch(urls.server_data(server))
    if body is None:
        return None
    try:
        lines = [json.loads(line) for line in _unpacked(body, server).splitlines()]
    except (ValueError, RecursionError, zlib.error) as error:
        raise _unreadable(server) from error
    if not all(isinstance(line, dict) for line in lines):
        raise _unreadable(server)
    return lines


def definitions(fetch: Fetch, server: str) -> list[tuple[str, Mapping[str, Any]]] | None:
    """The names and definitions of a server's tools; `None` for a server that has none there.

    Raises `CatalogueError` for what cannot be read.
    """
    lines = tool_lines(fetch, server)
    try:
        return None if lines is None else [(check_wire(line["definition"]), line["definition"]) for line in lines]
    except (KeyError, NotAToolError) as error:
        raise _unreadable(server) from error


def _unpacked(body: bytes, server: str) -> bytes:
    reader = zlib.decompressobj(_GZIP)
    content = reader.decompress(body, LARGEST + 1)
    if len(content) > LARGEST:
        raise CatalogueError(f"the site's data on {server} has more than {LARGEST:,} bytes")
    if not reader.eof:
        raise _unreadable(server)
    return content


def _unreadable(server: str) -> CatalogueError:
    return CatalogueError(f"the site's data on {server} is not what we know how to read")
