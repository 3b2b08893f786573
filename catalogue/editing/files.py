"""Reads and replaces configuration files on disk: whole or not at all, and never through a link. Knows no form."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from catalogue.editing.documents import LARGEST
from catalogue.editing.edits import EditError


def read(path: Path) -> bytes:
    """The file's bytes, one more than may be at the most. Raises `EditError` for what is no file that can be read."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            # A repository may hold a link to a file of its reader's; who means that file can name it.
            raise EditError(f"{path} is a symbolic link", f"name the file that it leads to: {path.resolve()}")
        if not stat.S_ISREG(mode):
            raise EditError(f"{path} is not a file")
        with path.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as error:
        raise EditError(f"cannot read {path}: {error.strerror or error}") from error


def create(path: Path, data: bytes) -> None:
    """Write a new file. Raises `EditError` if one is there already, or it cannot be written."""
    try:
        with path.open("xb") as stream:
            stream.write(data)
    except OSError as error:
        raise _unwritable(path, error) from error


def replace(path: Path, before: bytes, after: bytes) -> None:
    """Put new bytes in the place of the file, with its permissions; nobody ever sees a part of them.

    Raises `EditError` if the file cannot be written, or is no longer what it was: its program may have written it.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(after)
            stream.flush()
            os.fsync(stream.fileno())
        if read(path) != before:
            raise EditError(f"{path} was changed by another program just now", "try again")
        if not os.access(path, os.W_OK):  # replacing needs no permission of the file itself, so it is asked for
            raise PermissionError(13, "Permission denied")
        Path(name).chmod(stat.S_IMODE(path.stat().st_mode))
        Path(name).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> EditError:
    return EditError(f"cannot write {path}: {error.strerror or error}")
