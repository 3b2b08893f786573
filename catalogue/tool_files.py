"""Reads files of tool definitions, in any of the forms they come in, entry by entry. Knows no database and no verdict.

The forms: JSON Lines with one tool a line, a JSON array of tools, a `tools/list` result or the response around it; each
plain or gzipped. A tool may stand beside a `server` key, or, in an export of ours, under a `definition` key.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from catalogue.errors import CatalogueError

_LONGEST_LINE = 16 * 1024 * 1024  # bytes; the largest real definition has 82 kB
_LARGEST_DOCUMENT = 512 * 1024 * 1024  # bytes; an array has to be held whole, unlike lines
_GZIP = b"\x1f\x8b"
_COMPILED = ("source_repo", "source_path", "commit", "license", "partial")
"""Keys that a compilation of many repositories' definitions puts beside a definition; the first marks one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a file: `value` as decoded, or `error` when it is not JSON.

    `line` counts from 1: lines, or the elements of an array.
    """

    line: int
    value: Any
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SavedTool:
    """A definition in a file: the server that the file says it is of ("": it does not), and where that has it from."""

    server: str
    wire: Any
    provenance: str


def read_entries(path: Path) -> Iterator[Entry]:
    """Read a file's entries in order. Raises `CatalogueError` when the file cannot be read or holds no JSON at all."""
    with _translated(path), _open(path) as file:
        first = _first_line(file)
        file.seek(0)
        if first is not None and not isinstance(first, list) and _listed(first) is None:
            yield from _read_lines(file)
            return
        text = file.read(_LARGEST_DOCUMENT + 1)
        if len(text) > _LARGEST_DOCUMENT:
            raise CatalogueError(f"{path} is one document of more than {_LARGEST_DOCUMENT} bytes; use JSON Lines")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            file.seek(0)
            yield from _read_broken(path, file)
        else:
            yield from _read_document(document)


def to_saved_tool(value: Any) -> SavedTool:
    """Take the definition out of what stands around it in the file; what is no object is left as it is."""
    if not isinstance(value, Mapping):
        return SavedTool("", value, "")
    server = value.get("server")
    name = server if isinstance(server, str) else ""
    if isinstance(value.get("definition"), Mapping):
        return SavedTool(name, value["definition"], "")
    if _COMPILED[0] in value:
        wire = {key: item for key, item in value.items() if key not in (*_COMPILED, "server") and item is not None}
        return SavedTool(name, wire, _provenance(value))
    return SavedTool(name, {key: item for key, item in value.items() if key != "server"}, "")


def _provenance(value: Mapping[str, Any]) -> str:
    repository, path, commit = (str(value.get(key) or "") for key in _COMPILED[:3])
    return f"{repository}/{path}" + (f" at {commit[:12]}" if commit else "")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CatalogueError(f"{path} is damaged: its compressed data does not end as it should") from error
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror or error}") from error


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as plain:
        compressed = plain.read(2) == _GZIP
        plain.seek(0)
        if not compressed:
            yield plain
            return
        with gzip.open(plain) as file:
            yield cast("BinaryIO", file)


def _first_line(file: BinaryIO) -> Any:
    """Decode the first line that is not blank; `None` when it is not JSON by itself."""
    for line in _lines(file):
        if line.strip():
            return _decode(1, line).value
    return None


def _read_lines(file: BinaryIO) -> Iterator[Entry]:
    for number, line in enumerate(_lines(file), start=1):
        if line.strip():
            yield _decode(number, line)


def _read_broken(path: Path, file: BinaryIO) -> Iterator[Entry]:
    """Read lines of a file whose first is not JSON: some other has to be."""
    broken: list[Entry] = []
    entries = _read_lines(file)
    for entry in entries:
        broken.append(entry)
        if entry.error is None:
            break
    else:
        raise CatalogueError(f"{path} is not JSON: expected JSON Lines, an array of tools, or a tools/list answer")
    yield from broken
    yield from entries


def _read_document(document: Any) -> Iterator[Entry]:
    listed = document if isinstance(document, list) else _listed(document)
    for number, value in enumerate([document] if listed is None else listed, start=1):
        yield Entry(number, value)


def _listed(document: Any) -> list[Any] | None:
    """Return the tools of a `tools/list` result or response; `None` when the document is neither."""
    if not isinstance(document, Mapping) or "name" in document:
        return None
    result = document.get("result", document)
    tools = result.get("tools") if isinstance(result, Mapping) else None
    return tools if isinstance(tools, list) else None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines; what is longer than the limit is cut, so that its line is an error and the next one is read."""
    while line := file.readline(_LONGEST_LINE + 1):
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(_LONGEST_LINE + 1)
        yield line


def _decode(number: int, line: bytes) -> Entry:
    if len(line) > _LONGEST_LINE:
        return Entry(number, None, f"longer than {_LONGEST_LINE} bytes")
    try:
        return Entry(number, json.loads(line.decode("utf-8-sig")))
    except UnicodeDecodeError:
        return Entry(number, None, "not UTF-8")
    except RecursionError:
        return Entry(number, None, "nested too deep")
    except ValueError as error:
        return Entry(number, None, f"not JSON: {error}")
