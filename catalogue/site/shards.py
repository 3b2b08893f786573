"""Cuts what is about many things into files of bearable size, by digests of their names.

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


_FIXED = 64
"""Shards of a site whose number of files is bounded: the dumps of half a million tools are then about 10 MB each."""


def fixed_shard(name: str) -> str:
    """Return the shard of what has this name, in two hexadecimal digits, where there are always as many shards."""
    return f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).digest()[0] % _FIXED:02x}"


def bucket(name: str, count: int) -> int:
    """Return the bucket of what has this name, from 0, of so many.

    One bucket more takes its share from each of the others and moves nothing else: J. Lamping and E. Veach, "A Fast,
    Minimal Memory, Consistent Hash Algorithm", arxiv.org/abs/1406.2294.
    """
    key = int.from_bytes(hashlib.sha256(name.encode("ascii")).digest()[:8], "big")
    found, following = 0, 0
    while following < count:
        found = following
        key = (key * 2862933555777941757 + 1) % (1 << 64)
        following = int((found + 1) * ((1 << 31) / ((key >> 33) + 1)))
    return found


def shard_of(path: str, digits: int) -> str:
    """Return the shard of a server by the path of its page: the first digits of its SHA-256, or `ALL`."""
    return hashlib.sha256(path.encode("ascii")).hexdigest()[:digits] or ALL
