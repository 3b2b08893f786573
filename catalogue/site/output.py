"""The output folder: what is ours in it, what has changed, and the swap. Knows nothing of pages.

A build writes what differs into a folder beside the output, and moves the files over only when all are there. The
manifest lists every file that we wrote, with its digest; only files in a manifest are ever replaced or deleted. While
files move, a second manifest lists the new ones, so that a build that is killed leaves nothing that the next one would
not own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogue.errors import CatalogueError

MANIFEST = ".catalogue-site.json"
_MOVING = ".catalogue-site.moving.json"
_FORMAT = 1


class Output:
    """One build into one folder: `put` every file, then `commit`."""

    def __init__(self, folder: Path, staging: Path, known: dict[str, str], *, trusted: bool) -> None:
        self.folder = folder
        self._staging = staging
        self._known = known  # path to digest, of the files that we wrote before
        self._trusted = trusted  # the last build ended, so what we know is what is there
        self.files: dict[str, str] = {}
        self.bytes = 0
        self.changed: list[str] = []

    def put(self, path: str, content: bytes) -> None:
        """Take one file of the site. Two files of one path are an error, whatever the case of their letters."""
        if path in self.files:
            raise CatalogueError(f"Two files of the site would both be {path}.")
        digest = hashlib.sha256(content).hexdigest()
        self.files[path] = digest
        self.bytes += len(content)
        if not self._is_there(path, digest, len(content)):
            self._stage(path, content)
            self.changed.append(path)

    def _is_there(self, path: str, digest: str, size: int) -> bool:
        if not self._trusted or self._known.get(path) != digest:
            return False
        try:
            return (self.folder / path).stat().st_size == size
        except OSError:
            return False

    def _stage(self, path: str, content: bytes) -> None:
        target = self._staging / path
        try:
            target.write_bytes(content)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def commit(self) -> int:
        """Move the changed files over, delete what is ours and no longer wanted, and return how many that were."""
        gone = sorted(self._known.keys() - self.files.keys())
        if not self.changed and not gone:
            return 0
        if not self._known and not self.folder.exists():
            _write_manifest(self._staging / MANIFEST, self.files)
            self._staging.rename(self.folder)
            return 0
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_manifest(self.folder / _MOVING, self.files)
        for path in self.changed:
            self._move(path)
        for path in gone:
            self._delete(path)
        _write_manifest(self.folder / MANIFEST, self.files)
        (self.folder / _MOVING).unlink()
        return len(gone)

    def _move(self, path: str) -> None:
        target = self.folder / path
        try:
            (self._staging / path).replace(target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            (self._staging / path).replace(target)

    def _delete(self, path: str) -> None:
        """Delete a file of ours, and the folders that it leaves empty."""
        target = self.folder / path
        target.unlink(missing_ok=True)
        for parent in target.parents:
            if parent == self.folder or any(parent.iterdir()):
                break
            parent.rmdir()


@contextmanager
def open_output(folder: Path) -> Iterator[Output]:
    """Open `folder` for a build; leave without `commit` and it is as it was.

    Raises `CatalogueError` for a folder that is a file, that has files and is not ours, or that cannot be written to.
    """
    folder = folder.absolute()
    known, trusted = _owned(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".building", dir=folder.parent))
    except OSError as error:
        raise CatalogueError(f"Cannot write beside {folder}: {error.strerror}.") from error
    try:
        staging.chmod(0o755)
        yield Output(folder, staging, known, trusted=trusted)
    except OSError as error:
        raise CatalogueError(
            f"Cannot write the site to {folder}: {error.strerror}.", "free some space or choose another --out"
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _owned(folder: Path) -> tuple[dict[str, str], bool]:
    """Return the files of ours in `folder` with their digests, and whether the build that wrote them ended."""
    if not folder.exists():
        return {}, True
    if not folder.is_dir():
        raise CatalogueError(f"The output {folder} is a file, and a folder was expected.")
    done, moving = _read_manifest(folder / MANIFEST), _read_manifest(folder / _MOVING)
    if done is None and moving is None and any(folder.iterdir()):
        raise CatalogueError(
            f"The output folder {folder} is not empty and not a site of ours.", "choose an empty or new folder"
        )
    return {**(done or {}), **(moving or {})}, moving is None


def _read_manifest(path: Path) -> dict[str, str] | None:
    """Return path to digest of a manifest, `None` where there is none. A path out of the folder is an error."""
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CatalogueError(
            f"The manifest {path} cannot be read: {error}.", "choose an empty or new folder"
        ) from error
    files = data.get("files") if isinstance(data, dict) else None
    if not isinstance(files, dict) or not all(_is_inside(name) for name in files):
        raise CatalogueError(f"The manifest {path} is not one of ours.", "choose an empty or new folder")
    return {str(name): str(digest) for name, digest in files.items()}


def _is_inside(name: str) -> bool:
    return not name.startswith("/") and "\\" not in name and ".." not in name.split("/")


def _write_manifest(path: Path, files: dict[str, str]) -> None:
    content = json.dumps({"format": _FORMAT, "files": dict(sorted(files.items()))}, indent=0).encode("ascii") + b"\n"
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
