"""What a build makes, as files for whoever copies the site or its data: lists of files with digests, dumps, checksums.

Every part passes through here on its way to the output. Knows no page and no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from catalogue.ascii_json import encoded
from catalogue.site import urls
from catalogue.site.addresses import SiteFormat
from catalogue.site.context import Site
from catalogue.site.files.fingerprint import fingerprint
from catalogue.site.files.manifest import Kept, Made, Part, StoredFile
from catalogue.site.files.output import Output
from catalogue.site.machine import overview_files
from catalogue.site.machine.twins import VERSION

_DUMPS: Mapping[str, str] = {"servers": urls.SERVERS_DUMPS, "tools": urls.TOOLS_DUMPS, "database": urls.DUMPS}
"""The folders of the dumps by what is in them."""

_FOLDERS = frozenset({urls.API_TOOLS, urls.API_POLICIES, urls.API_SERVERS, *_DUMPS.values()})
"""Folders whose files an index lists."""


class _Noted(NamedTuple):
    """A part by its name, by what tells its content from others, and by what tells its files' paths."""

    name: str
    content: str
    places: str


class Inventory:
    """Puts the parts of one build into the output, and makes the files about them.

    What is about the files of a shard goes by the keys of its parts: only where one changed are the files looked at.
    """

    def __init__(self, output: Output, tools: int, site: Site) -> None:
        """`tools` is the number of all tools."""
        self._output = output
        self._site = site
        self._shard_of = partial(site.addresses.shard, tools=tools)
        self._own_lists = (urls.API_SERVERS,) if site.addresses.format is SiteFormat.SINGLE else ()
        self._parts: dict[str, list[_Noted]] = defaultdict(list)  # by shard
        self._folders: dict[str, list[str]] = defaultdict(list)

    def put(self, path: str, content: bytes) -> None:
        """Put one file that belongs to no part into the output."""
        self._note(self._output.put(path, content))

    def take(self, part: Made) -> None:
        """Put a part into the output whose files are stored already."""
        self._note(self._output.take(part))

    def end(self) -> None:
        """Put the dumps of tools, the indexes, the sitemap and the lists of files into the output."""
        shards = sorted(self._parts)
        pages = {shard: self._key(part.places for part in self._parts[shard]) for shard in shards}
        for shard in shards if self._site.addresses.format is SiteFormat.HTML else ():
            self._dump(shard)
        self._end_sitemap(pages)
        for folder in (urls.API_TOOLS, urls.API_POLICIES, *self._own_lists):
            self.put(urls.index_of(folder), _document(shards=self._about(folder)))
        dumps = {kind: self._about(folder) for kind, folder in _DUMPS.items()}
        every = [file for folder in _DUMPS.values() for file in self._in(folder)]
        self.put(urls.index_of(urls.DUMPS), _document(ruleset=self._site.ruleset, **dumps))
        self.put(urls.CHECKSUMS, "".join(map(_checksum, every)).encode("ascii"))
        self._end_lists()

    def _note(self, part: Kept) -> None:
        content = part.key or self._only(part.name).digest
        self._parts[self._shard_of(part.name)].append(_Noted(part.name, content, part.places))
        folder = part.name.rpartition("/")[0]
        if folder in _FOLDERS:
            self._folders[folder].append(part.name)

    def _only(self, path: str) -> StoredFile:
        """Return the file that is a part by itself."""
        part = self._output.part(path)
        if part is None or len(part.files) != 1:
            raise KeyError(path)
        return part.files[0]

    def _files(self, parts: Iterable[_Noted]) -> Iterator[tuple[str, tuple[str, int]]]:
        """Yield the files of parts: path, digest and size."""
        return chain.from_iterable(self._output.listing(part.name) for part in parts)

    def _dump(self, shard: str) -> None:
        """Put the open data of a shard's tools: gzip files one after the other are one, too (RFC 1952, 2.2)."""
        path = urls.tools_dump(shard)
        servers = [part for part in self._parts[shard] if urls.is_server(part.name)]
        key = self._key(part.content for part in servers)
        made: Made | None = self._output.kept(path, key)
        if made is None:
            sources = [path for path, _ in self._files(servers) if path.endswith(f"/{urls.SERVER_DATA}")]
            known = self._output.digests(path).get(path)
            made = Part(path, key, [self._output.staging.join(path, sources, known)], {}) if sources else None
        if made:
            self.take(made)

    def _end_sitemap(self, keys: Mapping[str, str]) -> None:
        """Put the sitemap of each shard, and the list of them."""
        parts: list[str] = []
        for shard, key in keys.items():
            name = urls.sitemap_part(shard)
            made = self._output.kept(name, key) or self._sitemap(name, key, shard)
            if made.files:
                self.take(made)
                parts += [path for path, _ in self._output.listing(name)]
        self.put(urls.SITEMAP, overview_files.sitemap_index(parts, self._site))

    def _sitemap(self, name: str, key: str, shard: str) -> Part:
        known, store = self._output.digests(name), self._output.staging.store
        made = overview_files.sitemap(shard, (path for path, _ in self._files(self._parts[shard])), self._site)
        return Part(name, key, [store(path, content, known.get(path)) for path, content in made], {})

    def _end_lists(self) -> None:
        """Put the lists of all files into the output, and their index; those are in none of them."""
        lists: list[StoredFile] = []
        for shard in sorted(self._parts):
            path, key = urls.api_files(shard), self._key(part.content for part in self._parts[shard])
            self._output.take(self._output.kept(path, key) or self._list(path, key, shard))
            lists.append(self._only(path))
        self._output.put(urls.index_of(urls.API_FILES), _document(shards=[_about(*file[:3]) for file in lists]))

    def _list(self, path: str, key: str, shard: str) -> Part:
        files = [_about(path, *state) for path, state in self._files(self._parts[shard])]
        content = _document(shard=shard, files=files)
        return Part(path, key, [self._output.staging.store(path, content, self._output.digests(path).get(path))], {})

    def _key(self, parts: Iterable[str]) -> str:
        """Return what tells a file that is made of these from others."""
        return fingerprint(self._site, *parts).hex()

    def _in(self, folder: str) -> list[StoredFile]:
        return sorted(map(self._only, self._folders[folder]))

    def _about(self, folder: str) -> list[Mapping[str, Any]]:
        return [_about(*file[:3]) for file in self._in(folder)]


def _about(path: str, digest: str, size: int) -> Mapping[str, Any]:
    return {"path": path, "sha256": digest, "bytes": size}


def _checksum(file: StoredFile) -> str:
    return f"{file.digest}  {file.path.removeprefix(f'{urls.DUMPS}/')}\n"


def _document(**parts: Any) -> bytes:
    return encoded({"version": VERSION, **parts}) + b"\n"
