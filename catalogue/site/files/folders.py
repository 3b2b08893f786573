"""Tells where files of a site went missing without asking for each: a folder's time tells that something in it went.

A file that is deleted, or replaced by another of its name, as editors and mirrors do it, changes its folder's time. One
that is written over in place does not: whoever must know reads it. Knows no page.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def has(folder: Path, path: str, size: int) -> bool:
    """Whether a file is there in its full size."""
    try:
        return os.stat(f"{folder}/{path}").st_size == size  # noqa: PTH116 - one of millions; `Path` costs more
    except OSError:
        return False


def folder_of(path: str) -> str:
    """Return the folder of a file."""
    return path.rpartition("/")[0]


def times_of(site: Path, folders: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield the folders with their times, 0 for one that is not there."""
    for folder in folders:
        try:
            yield folder, os.stat(f"{site}/{folder}").st_mtime_ns  # noqa: PTH116 - as above
        except FileNotFoundError:
            yield folder, 0


def with_parents(folders: Iterable[str]) -> set[str]:
    """Return the folders and all that they are in, up to the site's own, which is ""."""
    found = {""}
    for folder in folders:
        above = folder
        while above not in found:
            found.add(above)
            above = folder_of(above)
    return found
