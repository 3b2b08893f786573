"""The manifest of a site: every part with its files, digests and links, one JSON object a line. Knows no page.

It is read and written a part at a time, as that of half a million tools is larger than the memory a build may use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from catalogue.errors import CatalogueError

_HEADER = b'{"format":3}\n'


class StoredFile(NamedTuple):
    """A file of the site: its path, the SHA-256 and the bytes of its content, and whether this build changed it."""

    path: str
    digest: str
    size: int
    changed: bool


class Part(NamedTuple):
    """Files that are made together, such as those of a server and its tools.

    `key` is a digest of all that they were made from. `links` is what they link to outside of the part (path: a page
    that does). `memory` is what the next build wants to know of this one, as JSON in ASCII; b"" for nothing.
    """

    name: str
    key: str
    files: Sequence[StoredFile]
    links: Mapping[str, str]
    memory: bytes = b""

    def digests(self) -> Mapping[str, str]:
        """Return the digests of the files by path."""
        return {file.path: file.digest for file in self.files}


class ManifestWriter:
    """Writes a manifest, part after part, so that what is in it is on the disk when its files are."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 18)
        self._file.write(_HEADER)
        self._file.flush()

    def write(self, part: Part) -> None:
        """Add a part."""
        self._file.write(_encode(part))

    def close(self) -> None:
        """End the manifest."""
        self._file.close()


def append(path: Path, to: Path) -> None:
    """Put the parts of a manifest behind those of another, which is made where it is not."""
    with to.open("ab") as file:
        if file.tell() == 0:
            file.write(_HEADER)
        file.writelines(line for _, line in _lines(path))


def read_parts(path: Path) -> Iterator[Part]:
    """Yield the parts of a manifest, those of one that was cut short up to there.

    Raises `CatalogueError` for what is no manifest of ours, and for a path out of the folder.
    """
    return (_decode(line, path) for _, line in _lines(path))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each whole line behind the header with its place in the file."""
    try:
        with path.open("rb") as file:
            if file.readline() != _HEADER:
                raise _foreign(path)
            place = len(_HEADER)
            for line in file:
                if line.endswith(b"\n"):
                    yield place, line
                place += len(line)
    except OSError as error:
        raise CatalogueError(f"The manifest {path} cannot be read: {error.strerror}.") from error


class Known:
    """The parts of earlier manifests by name; where two manifests have one, that of the later counts.

    `trusted` is whether the files are as the manifests say. Only the places of the parts are kept in memory.
    """

    def __init__(self, paths: Sequence[Path], *, trusted: bool = True) -> None:
        self._paths = paths
        self._trusted = trusted
        self._places: dict[int, tuple[int, int]] = {}
        self._overtaken: list[tuple[int, int]] = []
        for number, path in enumerate(paths):
            for place, line in _lines(path):
                self._place(hash(_name(line, path)), (number, place))
        self._files = [path.open("rb") for path in paths]
        self.is_empty = not self._places
        self._last: Part | None = None

    def _place(self, name: int, place: tuple[int, int]) -> None:
        if name in self._places:
            self._overtaken.append(self._places[name])
        self._places[name] = place

    def part(self, name: str) -> Part | None:
        """Return a part whose files are as it says; `None` where there is none."""
        if not self._trusted:
            return None
        if self._last is None or self._last.name != name:
            self._last = self._read(self._places.get(hash(name)))
        return self._last

    def memory(self, name: str) -> bytes | None:
        """Return what was noted with a part; `None` where there is none. That costs less than the part."""
        place = self._places.get(hash(name)) if self._trusted else None
        return self._line(place).partition(_MEMORY)[2][:-2] if place else None

    def take(self, name: str) -> Part | None:
        """Return a part that is not to be `left`."""
        known = self.part(name) or self._read(self._places.get(hash(name)))
        self.drop(name)
        return known

    def drop(self, name: str) -> None:
        """Let a part not be `left`."""
        self._places.pop(hash(name), None)

    def left(self) -> Iterator[Part]:
        """Yield the parts that nobody took, and those that a later manifest has too."""
        for place in (*self._places.values(), *self._overtaken):
            part = self._read(place)
            if part:
                yield part

    def close(self) -> None:
        """Close the manifests."""
        for file in self._files:
            file.close()

    def _read(self, place: tuple[int, int] | None) -> Part | None:
        return _decode(self._line(place), self._paths[place[0]]) if place else None

    def _line(self, place: tuple[int, int]) -> bytes:
        number, start = place
        self._files[number].seek(start)
        return self._files[number].readline()


def _encode(part: Part) -> bytes:
    files = [file[:3] for file in part.files]
    head = orjson.dumps({"name": part.name, "key": part.key, "files": files, "links": part.links})
    return head[:-1] + _MEMORY + (part.memory or b"null") + b"}\n"


_MEMORY = b',"memory":'
"""What stands before a part's memory. It cannot stand in a string, where quotes are escaped."""

_SUSPECT = (b"..", b"\\", b'["/', b'[""')
"""What a line has one of when a path in it leads out of the folder: four looks instead of one for each path."""

_NAME = b'{"name":"'
"""What every line begins with; names of parts are paths of ours, without a quote."""


def _name(line: bytes, path: Path) -> str:
    head, begin, rest = line.partition(_NAME)
    if head or not begin:
        raise _foreign(path)
    return rest[: rest.find(b'"')].decode("ascii", "replace")


def _decode(line: bytes, path: Path) -> Part:
    head, _, memory = line.partition(_MEMORY)
    try:
        data = orjson.loads(head + b"}")
        files = [StoredFile(path, digest, size, False) for path, digest, size in data["files"]]
        part = Part(data["name"], data["key"], files, data["links"], memory[:-2])
    except (ValueError, KeyError, TypeError) as error:
        raise _foreign(path) from error
    if any(mark in head for mark in _SUSPECT) and not all(is_inside(file.path) for file in part.files):
        raise _foreign(path)
    return part


def _foreign(path: Path) -> CatalogueError:
    return CatalogueError(f"The manifest {path} is not one of ours.", "choose an empty or new folder")


def is_inside(path: str) -> bool:
    """Say whether a path stays below the folder that it is for."""
    return bool(path) and not path.startswith("/") and "\\" not in path and ".." not in path.split("/")
