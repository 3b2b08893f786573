"""What a build makes, as files for whoever copies the site or its data: lists of files with digests, dumps, checksums.

Every part passes through here on its way to the output; the long lists are kept on disk. Knows no page and no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from catalogue.ascii_json import compact
from catalogue.site import urls
from catalogue.site.fingerprint import fingerprint
from catalogue.site.manifest import Part, StoredFile
from catalogue.site.output import Output
from catalogue.site.shards import shard_digits, shard_of
from catalogue.site.spool import Spool
from catalogue.site.twins import VERSION

_DUMPS: Mapping[str, str] = {"servers": urls.SERVERS_DUMPS, "tools": urls.TOOLS_DUMPS, "database": urls.DUMPS}
"""The folders of the dumps by what is in them."""

_FOLDERS = frozenset({urls.API_TOOLS, urls.API_POLICIES, *_DUMPS.values()})
"""Folders whose files an index lists."""


class Inventory:
    """Puts the parts of one build into the output, and makes the files about them."""

    def __init__(self, output: Output, tools: int, ruleset: str) -> None:
        """`tools` is the number of all tools, `ruleset` the rules' digest."""
        self._output = output
        self._digits = shard_digits(tools)
        self._ruleset = ruleset
        self._lines = Spool()
        self._lists: dict[str, list[int]] = defaultdict(list)
        self._data: dict[str, list[StoredFile]] = defaultdict(list)
        self._folders: dict[str, list[StoredFile]] = defaultdict(list)

    def put(self, path: str, content: bytes) -> None:
        """Put one file that belongs to no part into the output."""
        self._note(self._output.put(path, content))

    def take(self, part: Part) -> None:
        """Put a part into the output whose files are stored already."""
        self._output.take(part)
        self._note(part)

    def end(self) -> None:
        """Put the dumps of tools, the indexes and the lists of files into the output."""
        for shard, files in sorted(self._data.items()):
            self.take(self._dump(shard, files))
        for folder in (urls.API_TOOLS, urls.API_POLICIES):
            self.put(urls.index_of(folder), _document(shards=self._about(folder)))
        dumps = {kind: self._about(folder) for kind, folder in _DUMPS.items()}
        every = [file for folder in _DUMPS.values() for file in sorted(self._folders[folder])]
        self.put(urls.index_of(urls.DUMPS), _document(ruleset=self._ruleset, **dumps))
        self.put(urls.CHECKSUMS, "".join(map(_checksum, every)).encode("ascii"))
        self._end_lists()

    def _note(self, part: Part) -> None:
        shard = shard_of(part.name, self._digits)
        listed = compact([_about(file) for file in part.files])[1:-1]
        self._lists[shard].append(self._lines.add(listed.encode("ascii")))
        for file in part.files:
            folder, _, name = file.path.rpartition("/")
            if name == urls.SERVER_DATA:
                self._data[shard].append(file)
            elif folder in _FOLDERS:
                self._folders[folder].append(file)

    def _dump(self, shard: str, files: Sequence[StoredFile]) -> Part:
        """Return the open data of a shard's tools: gzip files one after the other are one, too (RFC 1952, 2.2)."""
        path = urls.tools_dump(shard)
        key = fingerprint(*(file.digest for file in files)).hex()
        made = self._output.kept(path, key)
        if made:
            return made
        known = self._output.digests(path).get(path)
        return Part(path, key, [self._output.staging.join(path, [file.path for file in files], known)], {})

    def _end_lists(self) -> None:
        """Put the lists of all files into the output, and their index; those are in none of them."""
        lists: list[StoredFile] = []
        for shard, numbers in sorted(self._lists.items()):
            lines = b",".join(map(self._lines.__getitem__, numbers))
            content = b'{"version":%d,"shard":"%s","files":[%s]}\n' % (VERSION, shard.encode("ascii"), lines)
            lists += self._output.put(urls.api_files(shard), content).files
        self._output.put(urls.index_of(urls.API_FILES), _document(shards=[_about(file) for file in lists]))

    def _about(self, folder: str) -> list[Mapping[str, Any]]:
        return [_about(file) for file in sorted(self._folders[folder])]


def _about(file: StoredFile) -> Mapping[str, Any]:
    return {"path": file.path, "sha256": file.digest, "bytes": file.size}


def _checksum(file: StoredFile) -> str:
    return f"{file.digest}  {file.path.removeprefix(f'{urls.DUMPS}/')}\n"


def _document(**parts: Any) -> bytes:
    return compact({"version": VERSION, **parts}).encode("ascii") + b"\n"
