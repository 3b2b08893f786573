"""Unpacks a bundle, a zip file that a stranger made: every entry is checked before the first is written.

Knows no manifest and no server. What zip files can do to whoever reads them: names that lead outside, links, one name
twice, a directory of millions of entries, a megabyte that inflates to a terabyte, entries that overlap.
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from crawler.introspector.budget import MEBIBYTE, Budget, Stopped
from crawler.records import Reason

_END = b"PK\x05\x06"  # the record at the end of the directory
_END_FORMAT = struct.Struct("<4s4H2LH")
_LOCATOR_64 = b"PK\x06\x07"
_LOCATOR_SIZE = 20
_LONGEST_COMMENT = 65_535
_LARGEST_DIRECTORY = 8 * MEBIBYTE  # 100,000 entries of some 80 bytes; `zipfile` holds each in memory
_LONGEST_NAME = 1_024
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # what bundles are made with
_ENCRYPTED = 0x1
_AT_A_TIME = MEBIBYTE


def unpack(archive: Path, folder: Path, budget: Budget) -> None:
    """Unpack into a new, empty folder. Raises `Stopped` for an archive that is none, or holds what no bundle needs."""
    _check_directory(archive)
    try:
        with zipfile.ZipFile(archive) as bundle:
            entries = bundle.infolist()
            _check(entries, budget)
            for entry in entries:
                place = folder.joinpath(*_parts(entry.filename))
                if entry.is_dir():
                    place.mkdir(parents=True, exist_ok=True)
                else:
                    _write(bundle, entry, place)
        for parent, _, _ in os.walk(folder):  # the box's user is another one, whatever our own umask
            Path(parent).chmod(0o755)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _refused(f"it is no readable zip file: {error}") from error
    except OSError as error:  # one name is a file and a folder, or is longer than the file system takes
        raise _refused(f"it cannot be unpacked: {error.strerror}") from error


def _check_directory(archive: Path) -> None:
    """Look at the directory's size before `zipfile` reads it into memory."""
    with archive.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END_FORMAT.size - _LONGEST_COMMENT - _LOCATOR_SIZE))
        tail = file.read()
    start = tail.rfind(_END)
    if start < 0 or len(tail) < start + _END_FORMAT.size:
        raise _refused("it is no zip file")
    if tail[max(0, start - _LOCATOR_SIZE) :].startswith(_LOCATOR_64):
        raise Stopped(Reason.TOO_LARGE, "a bundle with more files than 65,535, or of more than 4 GiB")
    directory = _END_FORMAT.unpack_from(tail, start)[5]
    if directory > _LARGEST_DIRECTORY:
        raise Stopped(Reason.TOO_LARGE, f"a bundle whose directory has more than {_LARGEST_DIRECTORY} bytes")


def _check(entries: list[zipfile.ZipInfo], budget: Budget) -> None:
    if sum(entry.file_size for entry in entries) > budget.install_bytes:
        raise Stopped(Reason.TOO_LARGE, f"a bundle of more than {budget.install_bytes} bytes when unpacked")
    seen: set[tuple[str, ...]] = set()
    for entry in entries:
        if fault := _fault_of(entry):
            raise _refused(f"it holds {fault}: {entry.filename[:80]}")
        parts = _parts(entry.filename)
        if parts in seen:
            raise _refused(f"it holds one name twice: {entry.filename[:80]}")
        seen.add(parts)


def _fault_of(entry: zipfile.ZipInfo) -> str:
    """Say what is wrong with an entry, "" when nothing is."""
    name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or entry.orig_filename != name:
        return "a name that no file has"
    if name.startswith("/") or "\\" in name or ":" in name.partition("/")[0]:
        return "an absolute path"
    if ".." in _parts(name):
        return "a path that leads out of it"
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "a link or a device"
    if entry.flag_bits & _ENCRYPTED:
        return "an encrypted file"
    return "" if entry.compress_type in _METHODS else "a file in a compression that bundles do not use"


def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name).parts


def _write(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path) -> None:
    """Write a file; programs are not told from others, since archives made on Windows do not know."""
    place.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with bundle.open(entry) as packed, os.fdopen(os.open(place, flags, 0o700), "wb") as file:
        os.fchmod(file.fileno(), 0o755)
        while piece := packed.read(_AT_A_TIME):
            file.write(piece)


def _refused(detail: str) -> Stopped:
    return Stopped(Reason.INSTALL_FAILED, f"the bundle was not unpacked: {detail}")
