"""Cuts what is about all servers into files of bearable size, by a digest of the server's page.

A server stays in its file whatever else comes and goes, so one that changes changes one file. Knows no file.
"""

from __future__ import annotations

import hashlib

ALL = "all"
"""The name of the only shard of a small catalogue."""

_SPLITS = ((4_000, 0), (64_000, 1))
"""Up to how many tools a catalogue is cut by how many hexadecimal digits; beyond, by two. A file has about 2,000."""


def shard_digits(tools: int) -> int:
    """Return by how many hexadecimal digits a catalogue of that many tools is cut."""
    return next((digits for most, digits in _SPLITS if tools <= most), 2)


def shard_of(path: str, digits: int) -> str:
    """Return the shard of a server by the path of its page: the first digits of its SHA-256, or `ALL`."""
    return hashlib.sha256(path.encode("ascii")).hexdigest()[:digits] or ALL
