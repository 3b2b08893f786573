"""The output folder: what is ours in it, what has changed, and the swap. Knows nothing of pages.

A build writes what differs into a folder beside the output, and moves the files over only when all are there. The
manifest (`catalogue.site.manifest`) lists every file that we wrote, with its digest; only files in a manifest are ever
replaced or deleted. A build that is killed leaves its folder and its manifest, and the next one takes over from there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from catalogue.errors import CatalogueError
from catalogue.site.links import Paths
from catalogue.site.manifest import Known, ManifestWriter, Part, StoredFile, append, read_parts

MANIFEST = ".catalogue-site.jsonl"
_MOVING = ".catalogue-site.moving.jsonl"
_GONE = ".catalogue-site.gone"
_RESUMED = ".catalogue-site.resumed.jsonl"
_SHOWN = 3
_COMMON = 50_000
"""Links that are known by their text, at 100 bytes each: enough for what all servers link to."""


@dataclass(frozen=True, slots=True)
class Staging:
    """Where the files of one build go that differ from the site's. Any process may store into it."""

    site: Path
    folder: Path

    def store(self, path: str, content: bytes, known: str | None) -> StoredFile:
        """Store a file unless the site has it; `known` is the digest that it has there, if it is there."""
        digest = hashlib.sha256(content).hexdigest()
        changed = digest != known or not has(self.site, path, len(content))
        if changed:
            self._write(f"{self.folder}/{path}", content)
        return StoredFile(path, digest, len(content), changed)

    def join(self, path: str, sources: Sequence[str], known: str | None) -> StoredFile:
        """Store what files of this build hold, one after the other."""
        target = Path(f"{self.folder}/{path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for source in sources:
                staged = Path(f"{self.folder}/{source}")
                file.write((staged if staged.exists() else self.site / source).read_bytes())
        return self.adopt(path, known)

    def adopt(self, path: str, known: str | None) -> StoredFile:
        """Take a file that was written to its place in the staging folder; it is dropped if the site has it."""
        target = Path(f"{self.folder}/{path}")
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = target.stat().st_size
        changed = digest != known or not has(self.site, path, size)
        if not changed:
            target.unlink()
        return StoredFile(path, digest, size, changed)

    @staticmethod
    def _write(target: str, content: bytes) -> None:
        try:
            _write(target, content)
        except FileNotFoundError:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            _write(target, content)


def has(folder: Path, path: str, size: int) -> bool:
    """Whether a file is there in its full size."""
    try:
        return os.stat(f"{folder}/{path}").st_size == size  # noqa: PTH116 - one of millions; `Path` costs more
    except OSError:
        return False


def _write(target: str, content: bytes) -> None:
    with open(target, "wb") as file:  # noqa: PTH123 - one of millions; `Path` costs more
        file.write(content)


class Output:
    """One build into one folder: `put` every file and `take` every part, then `commit`."""

    def __init__(self, staging: Staging, known: Known, stored: Known) -> None:
        """`known` is what the site has, `stored` what a killed build left in the staging folder."""
        self.folder = staging.site
        self.staging = staging
        self.files = 0
        self.bytes = 0
        self.written = 0
        self._known = known
        self._stored = stored
        self._manifest = ManifestWriter(staging.folder / MANIFEST)
        self._paths, self._linked, self._changed = Paths(), Paths(), Paths()
        self._common: set[str] = set()  # links that were noted already
        self._gone: list[str] = []
        self._kept: set[str] = set()  # parts that are as they were, until they are taken
        self._remade = False  # whether a part was not, though its files may be

    def digests(self, name: str) -> Mapping[str, str]:
        """Return the digests of the files that a part has in the site, by path."""
        part = self._known.part(name)
        return part.digests() if part else {}

    def memory(self, name: str) -> bytes | None:
        """Return what was noted with a part by a killed build or the last one; `None` without either."""
        noted = self._stored.memory(name)
        return noted if noted is not None else self._known.memory(name)

    def kept(self, name: str, key: str) -> Part | None:
        """Return a part as it is there already, if it was made from the same and all of it is there."""
        stored = self._stored.part(name)
        if stored and stored.key == key and (found := self._found(stored)):
            return found
        known = self._known.part(name)
        if known is None or known.key != key:
            return None
        if not all(has(self.folder, file.path, file.size) for file in known.files):
            return None
        self._kept.add(name)
        return known

    def _found(self, stored: Part) -> Part | None:
        """Return a part of a killed build if each of its files is either stored or the site's own."""
        known = self._known.part(stored.name)
        digests = known.digests() if known else {}
        files = []
        for file in stored.files:
            staged = has(self.staging.folder, file.path, file.size)
            if not staged and not (digests.get(file.path) == file.digest and has(self.folder, file.path, file.size)):
                return None
            files.append(file._replace(changed=staged))
        return stored._replace(files=files)

    def put(self, path: str, content: bytes) -> Part:
        """Take one file, and return the part that it is by itself."""
        part = Part(path, "", [self.staging.store(path, content, self.digests(path).get(path))], {})
        self.take(part)
        return part

    def take(self, part: Part) -> None:
        """Take a part, whose files are stored already."""
        self._note_gone(part)
        self._paths.add(file.path for file in part.files)
        self._changed.add(file.path for file in part.files if file.changed)
        self.bytes += sum(file.size for file in part.files)
        self._note_links(part.links)
        self.files += len(part.files)
        self.written = len(self._changed)
        self._manifest.write(part)

    def _note_links(self, links: Mapping[str, str]) -> None:
        """Take note of what a part links to, which is mostly what other parts do, too."""
        new = links.keys() - self._common
        self._linked.add(new)
        if len(self._common) < _COMMON:
            self._common |= new

    def _note_gone(self, part: Part) -> None:
        """Take note of the files that the part had and has no more."""
        if part.name in self._kept:
            self._kept.remove(part.name)
            self._known.drop(part.name)
            return
        self._remade = self._remade or bool(part.key)
        before = self._known.take(part.name)
        own = part.digests()
        self._gone += [file.path for file in before.files if file.path not in own] if before else []

    def commit(self) -> int:
        """Check all, move the changed files over, delete what is ours and not wanted; return how many those were."""
        self._manifest.close()
        self._check()
        gone = self._unwanted()
        self._drop_leftovers()
        if not self.written and not gone:
            if self._remade:  # of another program or data, with the same outcome: the next build need not see again
                (self.staging.folder / MANIFEST).replace(self.folder / MANIFEST)
            return 0
        if self._known.is_empty and not self.folder.exists():
            self.staging.folder.rename(self.folder)
            return 0
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.staging.folder / _GONE).write_text("".join(f"{path}\n" for path in gone), "ascii")
        (self.staging.folder / MANIFEST).replace(self.folder / _MOVING)
        _swap(self.folder, self.staging.folder)
        return len(gone)

    def close(self) -> None:
        """Close every manifest."""
        for manifest in (self._manifest, self._known, self._stored):
            manifest.close()

    def _check(self) -> None:
        """Raise `CatalogueError` for two files of one path, and for links that lead nowhere."""
        if twice := self._paths.repeated():
            names = (file.path for part in self._parts() for file in part.files)
            path = next(path for path in names if list(twice.among([path])))
            raise CatalogueError(f"Two files of the site would both be {path}.")
        if broken := self._linked.without(self._paths):
            links = (link for part in self._parts() for link in part.links.items())
            pairs = sorted((page, path) for path, page in links if list(broken.among([path])))
            words = [f"{page} links to {path}" for page, path in pairs[:_SHOWN]]
            rest = f" and {len(pairs) - _SHOWN:,} more" if len(pairs) > _SHOWN else ""
            raise CatalogueError(f"The site would have broken links: {'; '.join(words)}{rest}.")

    def _parts(self) -> Iterator[Part]:
        return read_parts(self.staging.folder / MANIFEST)

    def _unwanted(self) -> list[str]:
        """Return the files of ours that are in the site and in this build no more."""
        for part in self._known.left():
            self._gone += (file.path for file in part.files)
        wanted = set(self._paths.among(self._gone)) if self._gone else set()
        return sorted(set(self._gone) - wanted)

    def _drop_leftovers(self) -> None:
        """Delete what a killed build stored and this one does not want."""
        resumed = self.staging.folder / _RESUMED
        if not resumed.exists():
            return
        resumed.unlink()
        stored = Paths()
        stored.add(_files(self.staging.folder))
        stale = stored.without(self._changed)
        for path in list(stale.among(_files(self.staging.folder))):
            if path != MANIFEST:
                _delete(self.staging.folder, path)


def _swap(folder: Path, staging: Path) -> None:
    """Move every file over and delete what is gone; whoever is killed in between can begin again."""
    for path in _files(staging):
        if path != _GONE:
            _move(staging, folder, path)
    for path in (staging / _GONE).read_text("ascii").splitlines():
        _delete(folder, path)
    (folder / _MOVING).replace(folder / MANIFEST)


def _files(folder: Path) -> Iterator[str]:
    """Yield the path below the folder of every file in it."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(folder / below) as found:
            entries = list(found)  # as whoever asks may move or delete them
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{below}{entry.name}/")
            else:
                yield f"{below}{entry.name}"


def _move(staging: Path, folder: Path, path: str) -> None:
    target = folder / path
    try:
        (staging / path).replace(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        (staging / path).replace(target)


def _delete(folder: Path, path: str) -> None:
    """Delete a file of ours, and the folders that it leaves empty."""
    target = folder / path
    target.unlink(missing_ok=True)
    for parent in target.parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            break
        parent.rmdir()


@contextmanager
def open_output(folder: Path) -> Iterator[Output]:
    """Open `folder` for a build; leave without `commit` and it is as it was.

    Raises `CatalogueError` for a folder that is a file, that has files and is not ours, that another build is writing
    to, or that cannot be written to.
    """
    folder = folder.absolute()
    _require_ours(folder)
    staging = folder.with_name(f".{folder.name}.building")
    try:
        with _locked(staging):
            output = Output(Staging(folder, staging), _read_known(folder, staging), _read_stored(staging))
            try:
                yield output
            finally:
                output.close()
    except OSError as error:
        raise CatalogueError(
            f"Cannot write the site to {folder}: {error.strerror}.", "free some space or choose another --out"
        ) from error


def _require_ours(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise CatalogueError(f"The output {folder} is a file, and a folder was expected.")
    ours = (folder / MANIFEST).exists() or (folder / _MOVING).exists()
    if not ours and folder.exists() and any(folder.iterdir()):
        raise CatalogueError(
            f"The output folder {folder} is not empty and not a site of ours.", "choose an empty or new folder"
        )


@contextmanager
def _locked(staging: Path) -> Iterator[None]:
    """Hold the staging folder for this build alone; only one that is killed or interrupted leaves it."""
    staging.mkdir(parents=True, exist_ok=True)
    handle = os.open(staging, os.O_RDONLY)
    interrupted = False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        interrupted = True
        raise CatalogueError(f"Another build is writing beside {staging}.", "let it end first") from error
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        os.close(handle)
        if not interrupted:
            shutil.rmtree(staging, ignore_errors=True)


def _read_known(folder: Path, staging: Path) -> Known:
    """Return what the site has, after ending what a build that was killed had begun to move."""
    if (folder / _MOVING).exists() and (staging / _GONE).exists():
        _swap(folder, staging)
        (staging / _GONE).unlink()
    paths = [path for path in (folder / MANIFEST, folder / _MOVING) if path.exists()]
    return Known(paths, trusted=not (folder / _MOVING).exists())  # there without what was to be moved


def _read_stored(staging: Path) -> Known:
    """Return what builds that were killed left in the staging folder."""
    left, resumed = staging / MANIFEST, staging / _RESUMED
    if left.exists():
        append(left, resumed)
        left.unlink()
    return Known([resumed] if resumed.exists() else [])
