"""The output folder: what is ours in it, what has changed, and the swap. Knows nothing of pages.

A build writes what differs into a folder beside the output, and moves the files over only when all are there. The
manifest lists every file that we wrote, with its digest; only files in a manifest are ever replaced or deleted. While
files move, a second manifest lists the new ones, so that a build that is killed leaves nothing that the next one would
not own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from catalogue.errors import CatalogueError

MANIFEST = ".catalogue-site.json"
_MOVING = ".catalogue-site.moving.json"
_FORMAT = 2


class StoredFile(NamedTuple):
    """A file of the site: its path, the SHA-256 and the bytes of its content, and whether this build changed it."""

    path: str
    digest: str
    size: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Files that are made together, such as those of a server and its tools.

    `key` is a digest of all that they were made from. `links` is what they link to outside of the part (path: a page
    that does).
    """

    name: str
    key: str
    files: Sequence[StoredFile]
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Staging:
    """Where the files of one build go that differ from the site's. Any process may store into it."""

    site: Path
    folder: Path

    def store(self, path: str, content: bytes, known: str | None) -> StoredFile:
        """Store a file unless the site has it; `known` is the digest that it has there, if it is there."""
        digest = hashlib.sha256(content).hexdigest()
        changed = digest != known or not self.has(path, len(content))
        if changed:
            self._write(f"{self.folder}/{path}", content)
        return StoredFile(path, digest, len(content), changed)

    def has(self, path: str, size: int) -> bool:
        """Whether the site's file is there in its full size."""
        try:
            return os.stat(f"{self.site}/{path}").st_size == size  # noqa: PTH116 - one of millions; `Path` costs more
        except OSError:
            return False

    @staticmethod
    def _write(target: str, content: bytes) -> None:
        try:
            _write(target, content)
        except FileNotFoundError:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            _write(target, content)


def _write(target: str, content: bytes) -> None:
    with open(target, "wb") as file:  # noqa: PTH123 - one of millions; `Path` costs more
        file.write(content)


class Output:
    """One build into one folder: `put` every file and `take` every part, then `commit`."""

    def __init__(self, staging: Staging, known: _Manifest, *, trusted: bool) -> None:
        self.folder = staging.site
        self.staging = staging
        self._known = known  # the files that we wrote before
        self._trusted = trusted  # the last build ended, so what we know is what is there
        self.files: dict[str, str] = {}
        self._parts: dict[str, _MadePart] = {}
        self.bytes = 0
        self.changed: list[str] = []

    def known(self, part: str) -> Mapping[str, str]:
        """Return the digests of the files that a part has in the site, by path."""
        if not self._trusted or part not in self._known.parts:
            return {}
        return {path: self._known.files[path] for path in self._known.parts[part].sizes}

    def kept(self, name: str, key: str) -> Part | None:
        """Return a part as the last build made it, if it was made from the same and all of it is there."""
        part = self._known.parts.get(name) if self._trusted else None
        if part is None or part.key != key:
            return None
        if not all(self.staging.has(path, size) for path, size in part.sizes.items()):
            return None
        files = [StoredFile(path, self._known.files[path], size, False) for path, size in part.sizes.items()]
        return Part(name, key, files, part.links)

    def put(self, path: str, content: bytes) -> None:
        """Take one file that belongs to no part."""
        self._add(self.staging.store(path, content, self._known.files.get(path) if self._trusted else None))

    def take(self, part: Part) -> None:
        """Take the files of a part, which are stored already."""
        for file in part.files:
            self._add(file)
        sizes = {file.path: file.size for file in part.files}
        self._parts[part.name] = _MadePart(part.key, sizes, part.links)

    def _add(self, file: StoredFile) -> None:
        """Two files of one path are an error, whatever the case of their letters."""
        if file.path in self.files:
            raise CatalogueError(f"Two files of the site would both be {file.path}.")
        self.files[file.path] = file.digest
        self.bytes += file.size
        if file.changed:
            self.changed.append(file.path)

    def commit(self) -> int:
        """Move the changed files over, delete what is ours and no longer wanted, and return how many that were."""
        gone = sorted(self._known.files.keys() - self.files.keys())
        if not self.changed and not gone:
            return 0
        manifest = _Manifest(self.files, self._parts)
        if not self._known.files and not self.folder.exists():
            _write_manifest(self.staging.folder / MANIFEST, manifest)
            self.staging.folder.rename(self.folder)
            return 0
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_manifest(self.folder / _MOVING, manifest)
        for path in self.changed:
            self._move(path)
        for path in gone:
            self._delete(path)
        _write_manifest(self.folder / MANIFEST, manifest)
        (self.folder / _MOVING).unlink()
        return len(gone)

    def _move(self, path: str) -> None:
        target = self.folder / path
        try:
            (self.staging.folder / path).replace(target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.staging.folder / path).replace(target)

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
        yield Output(Staging(folder, staging), known, trusted=trusted)
    except OSError as error:
        raise CatalogueError(
            f"Cannot write the site to {folder}: {error.strerror}.", "free some space or choose another --out"
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _MadePart:
    """A `Part` in a manifest: the bytes of its files, by path."""

    key: str
    sizes: Mapping[str, int]
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Manifest:
    """The digests of the files that we wrote, by path, and the parts that most of them belong to, by name."""

    files: Mapping[str, str]
    parts: Mapping[str, _MadePart]


def _owned(folder: Path) -> tuple[_Manifest, bool]:
    """Return the files of ours in `folder`, and whether the build that wrote them ended."""
    if not folder.exists():
        return _Manifest({}, {}), True
    if not folder.is_dir():
        raise CatalogueError(f"The output {folder} is a file, and a folder was expected.")
    done, moving = _read_manifest(folder / MANIFEST), _read_manifest(folder / _MOVING)
    if done is None and moving is None and any(folder.iterdir()):
        raise CatalogueError(
            f"The output folder {folder} is not empty and not a site of ours.", "choose an empty or new folder"
        )
    if moving is not None:
        return _Manifest({**(done.files if done else {}), **moving.files}, {}), False
    return done or _Manifest({}, {}), True


def _read_manifest(path: Path) -> _Manifest | None:
    """Return what a manifest says, `None` where there is none. A path out of the folder is an error."""
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
    digests = {str(name): str(digest) for name, digest in files.items()}
    return _Manifest(digests, _read_parts(data, digests) if data.get("format") == _FORMAT else {})


def _read_parts(data: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, _MadePart]:
    """Return the parts whose files the manifest lists; what has another shape is left out, and so made anew."""
    parts = data.get("parts")
    made = {}
    for name, part in parts.items() if isinstance(parts, dict) else ():
        with suppress(TypeError, KeyError, AttributeError):
            if part["sizes"].keys() <= files.keys():
                made[name] = _MadePart(part["key"], part["sizes"], dict(part["links"]))
    return made


def _is_inside(name: str) -> bool:
    return not name.startswith("/") and "\\" not in name and ".." not in name.split("/")


def _write_manifest(path: Path, manifest: _Manifest) -> None:
    parts = {
        name: {"key": part.key, "sizes": part.sizes, "links": part.links}
        for name, part in sorted(manifest.parts.items())
    }
    data = {"format": _FORMAT, "files": dict(sorted(manifest.files.items())), "parts": parts}
    part = path.with_name(path.name + ".part")
    part.write_bytes(json.dumps(data, separators=(",\n", ":")).encode("ascii") + b"\n")
    part.replace(path)
