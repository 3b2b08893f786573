"""What the site's files are, for whoever serves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

CONTENT_TYPES: Mapping[str, str] = {
    "": "application/octet-stream",
    ".atom": "application/atom+xml",
    ".css": "text/css; charset=utf-8",
    ".db": "application/vnd.sqlite3",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".xml": "application/xml",
    ".yaml": "text/plain; charset=utf-8",
}
"""Content types by the end of a name; "" is for all others."""

CACHE_CONTROL = "no-cache"
"""Ask whether there is a newer one before a stored copy is used: pages keep their addresses when they change."""


def content_type(path: str) -> str:
    """Return the content type of a file by its name."""
    return CONTENT_TYPES.get(PurePosixPath(path).suffix, CONTENT_TYPES[""])
