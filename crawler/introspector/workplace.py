"""The folders that packages are installed into: deleted by whoever made them or, when that was killed, by the next.

A folder is in use as long as its lock is held, which the system lets go of with the process.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PREFIX = "mcp-box-"
_LOCK = "lock"


class Workplace:
    """One folder, made and locked."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.path.chmod(0o711)  # the box's user passes through it
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Delete the folder."""
        _remove(self.path)
        os.close(self._lock)


def sweep(release: Callable[[Path], None]) -> int:
    """Delete the folders of this user that nobody uses any more, each after `release` was told; return how many."""
    left = [place for place in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*") if _is_abandoned(place)]
    for place in left:
        release(place)
        _remove(place)
    return len(left)


def _is_abandoned(place: Path) -> bool:
    """Tell whether a folder is ours and its lock free; one without a lock is being made or deleted."""
    try:
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return False
        lock = os.open(place / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _remove(place: Path) -> None:
    """Delete a tree, folders that its maker closed to us included; the lock goes last."""

    def open_and_retry(function: Callable[..., Any], path: str, _: Any) -> None:
        try:
            Path(path).parent.chmod(0o700)
            function(path)
        except OSError:
            return  # the system's temporary folder is cleaned by its owner

    for entry in sorted(place.glob("*"), key=lambda one: one.name == _LOCK):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, onerror=open_and_retry)
    shutil.rmtree(place, onerror=open_and_retry)
