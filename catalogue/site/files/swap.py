"""Moves a build that is whole into the site's folder, so that whoever is killed in between can begin again.

The manifest of what comes lies beside that of what is there until all is moved: what either lists is ours.
Knows no page.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from catalogue.site.files.folders import folder_of, times_of, with_parents
from catalogue.site.files.manifest import Manifest

OURS = ".catalogue-site"
"""The folder of the manifest, in the site's and in the one where a build is made."""

MANIFEST = f"{OURS}/manifest.db"
MOVING = f"{OURS}/moving.db"


def swap(folder: Path, staging: Path) -> None:
    """Move every file over, delete what is gone, and let the site's manifest take up that of the build."""
    for path in files_below(staging):
        _move(staging, folder, path)
    coming = Manifest(folder / MOVING)
    gone = coming.gone()
    for path in gone:
        delete(folder, path)
    touched = {folder_of(path) for _, paths in coming.paths() for path in paths} | set(map(folder_of, gone))
    coming.set_folders(times_of(folder, with_parents(touched)))
    if (folder / MANIFEST).exists():
        coming.close()
        there = Manifest(folder / MANIFEST)
        there.absorb(folder / MOVING)
        there.close()
        (folder / MOVING).unlink()
    else:
        coming.forget_plan()
        coming.close()
        (folder / MOVING).replace(folder / MANIFEST)


def files_below(folder: Path) -> Iterator[str]:
    """Yield the path below the folder of every file in it, but for those of the manifest."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(folder / below) as found:
            entries = list(found)  # as whoever asks may move or delete them
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                yield f"{below}{entry.name}"
            elif below or entry.name != OURS:
                waiting.append(f"{below}{entry.name}/")


def delete(folder: Path, path: str) -> None:
    """Delete a file of ours, and the folders that it leaves empty."""
    target = folder / path
    target.unlink(missing_ok=True)
    for parent in target.parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            break
        parent.rmdir()


def _move(staging: Path, folder: Path, path: str) -> None:
    target = folder / path
    try:
        (staging / path).replace(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        (staging / path).replace(target)
