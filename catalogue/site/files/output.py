"""The output folder: what is ours in it, what has changed, and the checks before it is swapped. Knows nothing of pages.

A build writes what differs into a folder beside the output, and moves the files over only when all are there. The
manifest (`manifest`) lists every file that we wrote, with its digest; only files in a manifest are ever
replaced or deleted. A build that is killed leaves its folder and its manifest, and the next one takes over from there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from catalogue.errors import CatalogueError
from catalogue.site.files.folders import folder_of, times_of, with_parents
from catalogue.site.files.links import Paths
from catalogue.site.files.manifest import Kept, Known, Listing, Made, Manifest, Part
from catalogue.site.files.staging import Staging
from catalogue.site.files.swap import MANIFEST, MOVING, OURS, delete, files_below, swap

_MOVES = f"{OURS}/moves"
"""Tells, in the folder where a build is made, that its files are being moved."""

_SHOWN = 3
_COMMON = 50_000
"""Links that are known by their text, at 100 bytes each: enough for what all servers link to."""


class Output:
    """One build into one folder: `put` every file and `take` every part, then `commit`."""

    def __init__(self, staging: Staging, known: Known, made: Manifest, *, resumed: bool) -> None:
        """`known` is what the site has, `made` is this build's manifest, with a killed one's parts if `resumed`."""
        self.folder = staging.site
        self.staging = staging
        self.files = 0
        self.bytes = 0
        self.written = 0
        self._known = known
        self._made = made
        self._resumed = resumed
        self._left = made.heads()  # by a killed build, until they are taken
        self._noted = known.note_names()  # by the last build, until they are asked for
        self._noted_here = made.note_names()
        self._stale = set(self._noted_here)  # notes of a killed build, until they are asked for
        self._suspects = dict(known.suspects(staging.site))
        self._paths, self._anchors, self._linked, self._changed = Paths(), Paths(), Paths(), Paths()
        self._common: set[str] = set()  # links that were noted already
        self._gone: list[str] = []
        self._gone_anchors: list[str] = []
        self._lost: list[str] = []  # names of parts that are no more
        self._kept: set[str] = set()  # names of parts that are as they were
        self._stirred = bool(self._suspects)  # whether the manifest changes, though no file may

    def digests(self, name: str) -> Mapping[str, str]:
        """Return the digests of the files that a part has in the site, by path."""
        part = self._known.part(name)
        return part.digests() if part else {}

    def note(self, name: str) -> bytes | None:
        """Return what was noted under a name by a killed build or the last one; `None` without either."""
        if name in self._noted_here:
            self._stale.discard(name)
            return self._made.note(name)
        self._noted.discard(name)
        return self._known.note(name)

    def keep(self, name: str, note: bytes) -> None:
        """Note something for the next build, which has only what this one asked for or noted."""
        for names in (self._noted, self._stale):
            names.discard(name)
        self._noted_here.add(name)
        self._made.keep(name, note)
        self._stirred = True

    def retain(self, names: Iterable[str]) -> None:
        """Keep what was noted under these names, though nobody asks for it."""
        for name in names:
            self._noted.discard(name)
            self._stale.discard(name)

    def part(self, name: str) -> Part | None:
        """Return a part that this build has taken."""
        return self._known.part(name) if name in self._kept else self._made.part(name)

    def facts(self, part: Made) -> bytes:
        """Return what was to be known of a part."""
        return part.facts if isinstance(part, Part) else self._known.facts(part.name)

    def listing(self, name: str) -> Listing:
        """Return the files of a part that this build has taken."""
        return self._known.listing(name) if name in self._kept else self._made.listing(name)

    def kept(self, name: str, key: str) -> Made | None:
        """Return a part as it is there already, if it was made from the same and all of it is there."""
        left = self._left.get(name)
        if left and left.key == key and (found := self._found(name)):
            return found
        head = self._known.head(name)
        return head if head and head.key == key and self._is_there(name) else None

    def _is_there(self, name: str) -> bool:
        """Say whether all files of a part are there as far as is to be looked."""
        if not self._suspects and not self.staging.careful:
            return True
        part = self._known.part(name)
        return part is not None and all(
            self.staging.has(file.path, file.size, file.digest)
            for file in part.files
            if self.staging.careful or folder_of(file.path) in self._suspects
        )

    def _found(self, name: str) -> Part | None:
        """Return a part of a killed build if each of its files is either stored or the site's own."""
        part = self._made.part(name)
        digests = self.digests(name)
        files = []
        for file in part.files if part else ():
            staged = self.staging.stored(file.path, file.size)
            own = digests.get(file.path) == file.digest and self.staging.has(file.path, file.size, file.digest)
            if not staged and not own:
                return None
            files.append(file._replace(changed=staged))
        return part and part._replace(files=files)

    def put(self, path: str, content: bytes) -> Kept:
        """Take one file, and return the head of the part that it is by itself."""
        return self.take(Part(path, "", [self.staging.store(path, content, self.digests(path).get(path))], {}))

    def take(self, part: Made) -> Kept:
        """Take a part, whose files are stored already, and return its head."""
        if isinstance(part, Part) and not part.key and not part.files[0].changed:
            part = Kept(part.name, "", 1, part.files[0].size, part.places)
        self._left.pop(part.name, None) if isinstance(part, Part) else None
        if isinstance(part, Kept):
            self._known.drop(part.name)
            self._kept.add(part.name)
            self.files += part.files
            self.bytes += part.bytes
            return part
        return self._take_made(part)

    def _take_made(self, part: Part) -> Kept:
        self._note_gone(part)
        self._paths.add([file.path for file in part.files])
        self._anchors.add(part.anchors)
        changed = [file.path for file in part.files if file.changed]
        if self._resumed:
            self._changed.add(changed)
        self._note_links(part.links)
        head = self._made.write(part)
        self.files += head.files
        self.bytes += head.bytes
        self.written += len(changed)
        self._stirred = True
        return head

    def _note_links(self, links: Mapping[str, str]) -> None:
        """Take note of what a part links to, which is mostly what other parts do, too."""
        new = [link for link in links if link not in self._common]
        self._linked.add(new)
        if len(self._common) < _COMMON:
            self._common.update(new)

    def _note_gone(self, part: Part) -> None:
        """Take note of the files and anchors that the part had and has no more."""
        known = self._known.take(part.name)
        if not known:  # as of a first build's parts, which is worth the shortcut
            return
        own, anchors = part.digests(), set(part.anchors)
        for before in known:
            self._gone += [file.path for file in before.files if file.path not in own]
            self._gone_anchors += [anchor for anchor in before.anchors if anchor not in anchors]

    def commit(self) -> int:
        """Check all, move the changed files over, delete what is ours and not wanted; return how many those were."""
        self._made.drop(self._left, self._stale)
        gone = self._unwanted()
        self._check(gone)
        self._drop_leftovers()
        if not self._stirred and not self._lost:
            return 0
        self._made.plan(gone, self._lost, self._noted)
        if not self.folder.exists():
            self._move_whole()
            return 0
        (self.folder / OURS).mkdir(exist_ok=True)
        self._made.set_folders(self._suspects.items())
        self.close()
        (self.staging.folder / MANIFEST).replace(self.folder / MOVING)
        (self.staging.folder / _MOVES).touch()
        swap(self.folder, self.staging.folder)
        return len(gone)

    def _move_whole(self) -> None:
        """Let the folder of a first build be the site's."""
        folders = {folder_of(path) for _, paths in self._made.paths() for path in paths}
        self._made.forget_plan()
        self._made.set_folders(times_of(self.staging.folder, with_parents(folders)))
        self._made.close()
        self.staging.folder.rename(self.folder)

    def close(self) -> None:
        """Close every manifest."""
        self._made.close()
        self._known.close()

    def _check(self, gone: Collection[str]) -> None:
        """Raise `CatalogueError` for two files of one path, and for links that lead nowhere.

        What is kept was checked when it was made: only what came or went can make a difference.
        """
        kept = self._kept_of(self._known.paths()) if len(self._paths) else Paths()
        if twice := self._paths.repeated() or self._paths.common(kept):
            names = (file.path for part in self._made.parts() for file in part.files)
            path = next(path for path in names if list(twice.among([path])))
            raise CatalogueError(f"Two files of the site would both be {path}.")
        absent = self._linked.without(self._paths).without(kept).without(self._anchors)
        if absent:
            absent = absent.without(self._kept_of(self._known.anchors()))
        _require_whole(absent, self._made_links)
        if gone or self._gone_anchors:
            lost = Paths()
            lost.add(gone)
            lost.add(self._gone_anchors)
            _require_whole(lost.without(self._anchors), self._kept_links)

    def _kept_of(self, found: Iterator[tuple[str, Sequence[str]]]) -> Paths:
        """Return the paths or anchors of the parts that are kept."""
        paths = Paths()
        for name, own in found:
            if name in self._kept:
                paths.add(own)
        return paths

    def _made_links(self) -> Iterator[tuple[str, str]]:
        return (link for part in self._made.parts() for link in part.links.items())

    def _kept_links(self) -> Iterator[tuple[str, str]]:
        return (link for name, links in self._known.links() if name in self._kept for link in links.items())

    def _unwanted(self) -> list[str]:
        """Return the files of ours that are in the site and in this build no more."""
        for part in self._known.left():
            self._lost.append(part.name)
            self._gone += (file.path for file in part.files)
            self._gone_anchors += part.anchors
        wanted = set(self._paths.among(self._gone)) if self._gone else set()
        return sorted(set(self._gone) - wanted)

    def _drop_leftovers(self) -> None:
        """Delete what a killed build stored and this one does not want."""
        if not self._resumed:
            return
        stored = Paths()
        stored.add(files_below(self.staging.folder))
        stale = stored.without(self._changed)
        for path in list(stale.among(files_below(self.staging.folder))):
            delete(self.staging.folder, path)


def _require_whole(absent: Paths, links: Callable[[], Iterator[tuple[str, str]]]) -> None:
    """Raise `CatalogueError` if any of the links (path, page) leads to what is absent."""
    broken = set(absent.among(path for path, _ in links())) if absent else set()
    if broken:
        pairs = sorted({(page, path) for path, page in links() if path in broken})
        words = [f"{page} links to {path}" for page, path in pairs[:_SHOWN]]
        rest = f" and {len(pairs) - _SHOWN:,} more" if len(pairs) > _SHOWN else ""
        raise CatalogueError(f"The site would have broken links: {'; '.join(words)}{rest}.")


@contextmanager
def open_output(folder: Path, *, careful: bool = False) -> Iterator[Output]:
    """Open `folder` for a build; leave without `commit` and it is as it was. `careful` reads every file that is there.

    Raises `CatalogueError` for a folder that is a file, that has files and is not ours, that another build is writing
    to, or that cannot be written to.
    """
    folder = folder.absolute()
    _require_ours(folder)
    staging = folder.with_name(f".{folder.name}.building")
    try:
        with _locked(staging):
            known = _read_known(folder, staging)
            resumed = (staging / OURS).exists()
            output = Output(Staging(folder, staging, careful), known, _open_made(staging), resumed=resumed)
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
    ours = (folder / MANIFEST).exists() or (folder / MOVING).exists()
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
    if (folder / MOVING).exists() and (staging / _MOVES).exists():
        swap(folder, staging)
        shutil.rmtree(staging / OURS)
    paths = [path for path in (folder / MANIFEST, folder / MOVING) if path.exists()]
    moved = not (folder / MOVING).exists()  # else there without what was to be moved
    return Known([Manifest(path) for path in paths], trusted=moved)


def _open_made(staging: Path) -> Manifest:
    """Return the manifest of a build that begins, or of one that was killed before it moved anything."""
    path = staging / MANIFEST
    if path.exists():
        made = Manifest(path)
        made.forget_plan()
        return made
    path.parent.mkdir(exist_ok=True)
    return Manifest(path, new=True)
