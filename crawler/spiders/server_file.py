"""Opens a file of servers and reads it: JSON Lines line by line, any other document whole. Knows no shape of record."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from crawler.records import Dropped, DropReason, Listing, SourceError
from crawler.spiders.document_text import read_text
from crawler.spiders.record import RECORD_LIMIT, Origin
from crawler.spiders.server_json import read_server
from crawler.spiders.server_list import read_document

DOCUMENT_LIMIT = 256 << 20  # bytes of a document that is read whole, decompressed; 100,000 records have about 200 MB
_GZIP = b"\x1f\x8b"
_LINES = frozenset({".jsonl", ".ndjson"})


def read_file(path: Path, origin: Origin) -> Iterator[Listing | Dropped]:
    """The servers that a file names. Raises `SourceError` when it cannot be read, or holds no servers."""
    try:
        with _opened(path) as stream:
            yield from _read_lines(stream, origin) if _holds_lines(path, stream) else _read_whole(path, stream, origin)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it is damaged"
        raise SourceError(f"{origin.fetched_from} could not be read: {reason}") from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as plain:
        compressed = plain.read(len(_GZIP)) == _GZIP
    return cast("IO[bytes]", gzip.open(path)) if compressed else path.open("rb")


def _holds_lines(path: Path, stream: IO[bytes]) -> bool:
    """Whether it is JSON Lines: by its name, or because its first line is an object and is not the last."""
    if _LINES & {*path.suffixes}:
        return True
    first = stream.readline(RECORD_LIMIT).strip()
    more = bool(stream.readline(RECORD_LIMIT).strip())
    stream.seek(0)
    return more and first.startswith(b"{") and first.endswith(b"}")


def _read_whole(path: Path, stream: IO[bytes], origin: Origin) -> Iterator[Listing | Dropped]:
    content = stream.read(DOCUMENT_LIMIT + 1)
    if len(content) > DOCUMENT_LIMIT:
        raise SourceError(f"{origin.fetched_from} has more than {DOCUMENT_LIMIT} bytes, write it as JSON Lines")
    return read_document(read_text(content, path.suffix, origin.fetched_from), origin)


def _read_lines(stream: IO[bytes], origin: Origin) -> Iterator[Listing | Dropped]:
    number = 0
    while line := stream.readline(RECORD_LIMIT + 1):
        number += 1
        if len(line) > RECORD_LIMIT:
            _skip_rest(stream, line)
            detail = f"the line has more than {RECORD_LIMIT} bytes"
            yield origin.drop(f"line {number}", DropReason.TOO_LARGE, detail)
        elif line.strip():
            yield _read_line(line, number, origin)


def _skip_rest(stream: IO[bytes], line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(RECORD_LIMIT)


def _read_line(line: bytes, number: int, origin: Origin) -> Listing | Dropped:
    """One record; a line that is none costs itself and not the file."""
    place = f"line {number}"
    try:
        return read_server(read_text(line, ".json", place), origin, place)
    except SourceError as error:
        return origin.drop(place, DropReason.NOT_AN_OBJECT, str(error))
