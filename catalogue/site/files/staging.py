"""The folder beside the site where the files of one build go that differ from the site's. Knows no page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalogue.site.files.folders import has
from catalogue.site.files.manifest import StoredFile


@dataclass(frozen=True, slots=True)
class Staging:
    """Where files are stored, by any process. `careful` is whether the site's own are read to be sure."""

    site: Path
    folder: Path
    careful: bool = False

    def store(self, path: str, content: bytes, known: str | None) -> StoredFile:
        """Store a file unless the site has it; `known` is the digest that it has there, if it is there."""
        digest = hashlib.sha256(content).hexdigest()
        changed = digest != known or not self.has(path, len(content), digest)
        if changed:
            self._write(f"{self.folder}/{path}", content)
        return StoredFile(path, digest, len(content), changed)

    def aside(self, name: str) -> Path:
        """Return the place of a piece that is of no use to the site as it is; "" for the folder of all."""
        return self.folder / ".aside" / name

    def lay_aside(self, name: str, content: bytes) -> None:
        """Keep a piece for a later step of this build."""
        self._write(str(self.aside(name)), content)

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
        digest, size = digest_of(target), target.stat().st_size
        changed = digest != known or not self.has(path, size, digest)
        if not changed:
            target.unlink()
        return StoredFile(path, digest, size, changed)

    def has(self, path: str, size: int, digest: str) -> bool:
        """Say whether the site has a file, by its size; who is careful reads it."""
        return has(self.site, path, size) and (not self.careful or digest_of(self.site / path) == digest)

    def stored(self, path: str, size: int) -> bool:
        """Say whether a file was stored here."""
        return has(self.folder, path, size)

    @staticmethod
    def _write(target: str, content: bytes) -> None:
        try:
            _write(target, content)
        except FileNotFoundError:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            _write(target, content)


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(target: str, content: bytes) -> None:
    with open(target, "wb") as file:  # noqa: PTH123 - one of millions; `Path` costs more
        file.write(content)
