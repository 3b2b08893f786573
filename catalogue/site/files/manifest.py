"""The manifest of a site: every part with its files, digests and links, in an SQLite file beside them. Knows no page.

It is changed in place and looked into by name, so that a build in which little changed reads and writes little: that of
half a million tools is larger than the memory a build may use. Two builds of one catalogue write the same into it, but
not the same bytes.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

import orjson

from catalogue.errors import CatalogueError
from catalogue.site.files.fingerprint import fingerprint
from catalogue.site.files.folders import times_of

_FORMAT = 6
_APPLICATION = 0x6D637073
"""What SQLite keeps in the head of a file for whoever made it: any number that nobody else uses ("mcps")."""

_SCHEMA = f"""
BEGIN;
CREATE TABLE parts (
  name TEXT PRIMARY KEY, key TEXT, files INTEGER, bytes INTEGER, places TEXT, paths TEXT, states TEXT, links TEXT,
  anchors TEXT, facts BLOB
);
CREATE TABLE notes (name TEXT PRIMARY KEY, note BLOB);
CREATE TABLE folders (path TEXT PRIMARY KEY, time INTEGER);
CREATE TABLE gone (path TEXT PRIMARY KEY);
CREATE TABLE dropped (kind TEXT, name TEXT);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_FORMAT};
COMMIT;
"""

_SUSPECT = ("..", "\\", "\n/", "\n\n")
"""What paths, each on a line, have somewhere among them when one leads out of the folder."""

_OFTEN = 1.0
"""Seconds of work that a build loses at most when it is killed."""


class StoredFile(NamedTuple):
    """A file of the site: its path, the SHA-256 and the bytes of its content, and whether this build changed it."""

    path: str
    digest: str
    size: int
    changed: bool


class Part(NamedTuple):
    """Files that are made together, such as those of a server and its tools.

    `key` is a digest of all that they were made from. `links` is what they link to outside of the part (path: a page
    that does). `anchors` are the places in its pages that links may lead to, each with its page. `facts` are what the
    next build must know of it if it is kept, whatever whoever made it writes there.
    """

    name: str
    key: str
    files: Sequence[StoredFile]
    links: Mapping[str, str]
    anchors: Sequence[str] = ()
    facts: bytes = b""

    @property
    def places(self) -> str:
        """What tells the paths of the files from others."""
        return fingerprint("\n".join(file.path for file in self.files)).hex()

    def digests(self) -> Mapping[str, str]:
        """Return the digests of the files by path."""
        return {file.path: file.digest for file in self.files}


class Kept(NamedTuple):
    """A part that is in the site already as it is to be: its name, its key, the number of its files and their bytes.

    `places` tells the paths of its files from others.
    """

    name: str
    key: str
    files: int
    bytes: int
    places: str


Made: TypeAlias = Part | Kept

Listing: TypeAlias = Sequence[tuple[str, tuple[str, int]]]
"""Files of a part by themselves: the path, the digest and the size of each."""


class Manifest:
    """One manifest, opened."""

    def __init__(self, path: Path, *, new: bool = False) -> None:
        """Open a manifest, a new one or one that is there. Raises `CatalogueError` for what is no manifest of ours."""
        self.path = path
        with self._ours():
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute("PRAGMA synchronous = OFF")  # what a lost current costs is the next build's time
            self._database.execute("PRAGMA trusted_schema = OFF")
            if new:
                self._database.executescript(_SCHEMA)
            if (self._ask("PRAGMA application_id"), self._ask("PRAGMA user_version")) != (_APPLICATION, _FORMAT):
                raise _foreign(path)
        self._saved = time.monotonic()
        self._closed = False

    def heads(self) -> dict[str, Kept]:
        """Return what is known of every part without its files, by name."""
        with self._ours():
            rows = self._database.execute("SELECT name, key, files, bytes, places FROM parts")
            return {row[0]: Kept(*row) for row in rows}

    def part(self, name: str) -> Part | None:
        """Return a part, `None` where there is none. Raises `CatalogueError` for a path out of the folder."""
        with self._ours():
            query = "SELECT key, paths, states, links, anchors, facts FROM parts WHERE name = ?"
            found = self._database.execute(query, (name,)).fetchone()
            if found is None:
                return None
            files = [StoredFile(path, digest, size, False) for path, (digest, size) in self._listing(*found[1:3])]
            return Part(name, found[0], files, orjson.loads(found[3]), _split(found[4]), found[5])

    def facts(self, name: str) -> bytes:
        """Return the facts of a part that is there."""
        with self._ours():
            query = "SELECT facts FROM parts WHERE name = ?"
            return bytes(self._database.execute(query, (name,)).fetchone()[0])

    def listing(self, name: str) -> Listing:
        """Return the files of a part, none where there is no part, in a third of the time that the part takes."""
        with self._ours():
            found = self._database.execute("SELECT paths, states FROM parts WHERE name = ?", (name,)).fetchone()
            return self._listing(*found) if found else ()

    def _listing(self, lines: str, states: str) -> Listing:
        """Return files as they are stored. Raises `CatalogueError` for a path out of the folder."""
        paths = _split(lines)
        around = f"\n{lines}\n"
        if any(sign in around for sign in _SUSPECT) and not all(map(is_inside, paths)):  # one look instead of each
            raise _foreign(self.path)
        return tuple(zip(paths, orjson.loads(states), strict=True))

    def parts(self) -> Iterator[Part]:
        """Yield every part, by name."""
        for name in sorted(self.heads()):
            part = self.part(name)
            if part is not None:
                yield part

    def paths(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield the name of every part with the paths of its files."""
        with self._ours():
            for name, paths in self._database.execute("SELECT name, paths FROM parts"):
                yield name, _split(paths)

    def anchors(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield the name of every part with its anchors."""
        with self._ours():
            for name, anchors in self._database.execute("SELECT name, anchors FROM parts"):
                yield name, _split(anchors)

    def links(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield the name of every part with its links."""
        with self._ours():
            for name, links in self._database.execute("SELECT name, links FROM parts"):
                yield name, orjson.loads(links)

    def write(self, part: Part) -> Kept:
        """Put a part in, in the place of the one of its name; its files are there already. Return its head."""
        paths = "\n".join([file.path for file in part.files])
        states = orjson.dumps([(file.digest, file.size) for file in part.files]).decode("ascii")
        size = sum([file.size for file in part.files])
        links, anchors = orjson.dumps(part.links).decode("utf-8"), "\n".join(part.anchors)
        head = Kept(part.name, part.key, len(part.files), size, part.places)
        row = (*head, paths, states, links, anchors, part.facts)
        self._write("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [row])
        return head

    def note(self, name: str) -> bytes | None:
        """Return what an earlier build noted under a name; `None` where there is nothing."""
        with self._ours():
            found = self._database.execute("SELECT note FROM notes WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None

    def note_names(self) -> set[str]:
        """Return all names under which there is a note."""
        with self._ours():
            return {name for (name,) in self._database.execute("SELECT name FROM notes")}

    def keep(self, name: str, note: bytes) -> None:
        """Keep a note for the next build."""
        self._write("INSERT OR REPLACE INTO notes VALUES (?, ?)", [(name, note)])

    def drop(self, parts: Iterable[str], notes: Iterable[str]) -> None:
        """Take parts and notes out."""
        self._write("DELETE FROM parts WHERE name = ?", ((name,) for name in parts))
        self._write("DELETE FROM notes WHERE name = ?", ((name,) for name in notes))

    def folders(self) -> Iterator[tuple[str, int]]:
        """Yield every folder that has files of ours with its time of change, in nanoseconds, when all were there."""
        with self._ours():
            yield from self._database.execute("SELECT path, time FROM folders")

    def set_folders(self, times: Iterable[tuple[str, int]]) -> None:
        """Note the times of change of folders."""
        self._write("INSERT OR REPLACE INTO folders VALUES (?, ?)", times)

    def plan(self, gone: Iterable[str], parts: Iterable[str], notes: Iterable[str]) -> None:
        """Note which files are to be deleted, and which parts and notes leave the manifest that takes this one up."""
        self._write("INSERT OR REPLACE INTO gone VALUES (?)", ((path,) for path in gone))
        self._write("INSERT INTO dropped VALUES ('part', ?)", ((name,) for name in parts))
        self._write("INSERT INTO dropped VALUES ('note', ?)", ((name,) for name in notes))

    def gone(self) -> list[str]:
        """Return the files that are to be deleted."""
        with self._ours():
            found = [path for (path,) in self._database.execute("SELECT path FROM gone ORDER BY path")]
        if not all(map(is_inside, found)):
            raise _foreign(self.path)
        return found

    def forget_plan(self) -> None:
        """Take out what `plan` noted: it is done."""
        self._write("DELETE FROM gone", [()])
        self._write("DELETE FROM dropped", [()])

    def absorb(self, other: Path) -> None:
        """Take up the parts and notes of another manifest, and leave what it says is dropped; all of it or nothing."""
        with self._ours():
            self.save()
            self._database.execute("ATTACH ? AS other", (str(other),))
            self._database.executescript(_ABSORB)
            self._database.execute("DETACH other")

    def copy_parts(self, to: Path) -> Manifest:
        """Return a new manifest of the same parts, with their files alone: links and anchors are for the next build."""
        with self._ours():
            self.save()
            copy = Manifest(to, new=True)
            self._database.execute("ATTACH ? AS other", (str(to),))
            self._database.execute(_COPY)
            self._database.execute("DETACH other")
        return copy

    def save(self) -> None:
        """Let the manifest outlive this process."""
        with self._ours():
            if self._database.in_transaction:
                self._database.execute("COMMIT")
        self._saved = time.monotonic()

    def close(self) -> None:
        """Save and close the manifest."""
        if not self._closed:
            self.save()
            self._database.close()
            self._closed = True

    def _write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        with self._ours():
            if not self._database.in_transaction:
                self._database.execute("BEGIN")
            self._database.executemany(statement, rows)
        if time.monotonic() - self._saved > _OFTEN:
            self.save()

    def _ask(self, query: str) -> object:
        return self._database.execute(query).fetchone()[0]

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """Raise what is wrong with the file in words."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise CatalogueError(f"The manifest {self.path} cannot be read or written: {error}.") from error
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise _foreign(self.path) from error


_COPY = """
INSERT INTO other.parts SELECT name, key, files, bytes, places, paths, states, '{}', '', x'' FROM parts ORDER BY name
"""

_ABSORB = """
BEGIN;
DELETE FROM parts WHERE name IN (SELECT name FROM other.dropped WHERE kind = 'part');
DELETE FROM notes WHERE name IN (SELECT name FROM other.dropped WHERE kind = 'note');
INSERT OR REPLACE INTO parts SELECT * FROM other.parts;
INSERT OR REPLACE INTO notes SELECT * FROM other.notes;
INSERT OR REPLACE INTO folders SELECT * FROM other.folders;
COMMIT;
"""


class Known:
    """The parts of earlier manifests; where two manifests have one, the files of both are ours.

    `trusted` is whether the files are as the manifests say.
    """

    def __init__(self, manifests: Sequence[Manifest], *, trusted: bool = True) -> None:
        self._manifests = manifests
        self._trusted = trusted
        self._heads = [manifest.heads() for manifest in manifests]
        self._left = [set(heads) for heads in self._heads]
        self.is_empty = not any(self._heads)
        self._last: Part | None = None

    def head(self, name: str) -> Kept | None:
        """Return what is known of a part whose files are as it says; `None` where there is none."""
        if not self._trusted:
            return None
        return next((heads[name] for heads in reversed(self._heads) if name in heads), None)

    def part(self, name: str) -> Part | None:
        """Return a part whose files are as it says; `None` where there is none."""
        if self._last is None or self._last.name != name:
            manifest = self._latest(name)
            self._last = manifest.part(name) if manifest else None
        return self._last

    def facts(self, name: str) -> bytes:
        """Return the facts of a part whose files are as it says."""
        manifest = self._latest(name)
        if manifest is None:
            raise KeyError(name)
        return manifest.facts(name)

    def listing(self, name: str) -> Listing:
        """Return the files of a part that are as it says; none where there is no such part."""
        manifest = self._latest(name)
        return manifest.listing(name) if manifest else ()

    def _latest(self, name: str) -> Manifest | None:
        """Return the last manifest that has a part, if the files are as it says."""
        places = zip(reversed(self._manifests), reversed(self._heads), strict=True)
        return next((manifest for manifest, heads in places if name in heads), None) if self._trusted else None

    def note(self, name: str) -> bytes | None:
        """Return what was noted under a name; `None` where there is nothing."""
        notes = (manifest.note(name) for manifest in reversed(self._manifests))
        return next((note for note in notes if note is not None), None) if self._trusted else None

    def note_names(self) -> set[str]:
        """Return all names under which something was noted."""
        return set().union(*(manifest.note_names() for manifest in self._manifests))

    def take(self, name: str) -> list[Part]:
        """Return all that is known of a part, which is not `left` then."""
        places = zip(self._manifests, self._left, strict=True)
        found = [manifest.part(name) for manifest, left in places if name in left]
        self.drop(name)
        return [part for part in found if part]

    def drop(self, name: str) -> None:
        """Let a part not be `left`."""
        for left in self._left:
            left.discard(name)

    def left(self) -> Iterator[Part]:
        """Yield the parts that nobody took."""
        for manifest, left in zip(self._manifests, self._left, strict=True):
            found = map(manifest.part, sorted(left))
            yield from (part for part in found if part)

    def paths(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield the name of every part with the paths of its files."""
        return (pair for manifest in self._manifests for pair in manifest.paths())

    def anchors(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield the name of every part with its anchors."""
        return (pair for manifest in self._manifests for pair in manifest.anchors())

    def links(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield the name of every part with its links."""
        return (pair for manifest in self._manifests for pair in manifest.links())

    def suspects(self, site: Path) -> Iterator[tuple[str, int]]:
        """Yield the folders in which files may be missing, with their times of now."""
        noted = dict(pair for manifest in self._manifests for pair in manifest.folders())
        return (pair for pair in times_of(site, noted) if pair[1] != noted[pair[0]])

    def close(self) -> None:
        """Close the manifests."""
        for manifest in self._manifests:
            manifest.close()


def _split(paths: str) -> list[str]:
    return paths.split("\n") if paths else []


def _foreign(path: Path) -> CatalogueError:
    return CatalogueError(f"The manifest {path} is not one of ours.", "choose an empty or new folder")


def is_inside(path: str) -> bool:
    """Say whether a path stays below the folder that it is for."""
    return bool(path) and not path.startswith("/") and "\\" not in path and ".." not in path.split("/")
