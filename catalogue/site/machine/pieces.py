"""Files about many servers that are put together from a piece for each, where a server has no file of its own.

Whoever renders a server makes its pieces by the way and lays them aside. When a shard must be made anew, only servers
that were not rendered lack theirs, and theirs alone are made. Knows no page and no database.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from catalogue.site import urls
from catalogue.site.files.fingerprint import fingerprint
from catalogue.site.files.manifest import Made, Part, StoredFile
from catalogue.site.files.output import Output
from catalogue.site.files.staging import Staging
from catalogue.site.machine.twins import VERSION


class _Kind(NamedTuple):
    """How pieces of a kind become a file: its path by the shard, what stands before, between and behind them."""

    place: Callable[[str], str]
    before: bytes
    between: bytes
    behind: bytes


PIECES: Mapping[str, _Kind] = {
    "json": _Kind(urls.api_servers, b'{"version":%d,"shard":"%s","servers":[\n', b",\n", b"\n]}\n"),
    "gz": _Kind(urls.tools_dump, b"", b"", b""),  # gzip files one after the other are one, too (RFC 1952, 2.2)
}
"""The kinds of pieces: a server with its tools and its policy, and its tools as open data."""

MakePieces: TypeAlias = Callable[[Collection[bytes]], Iterable[object]]
"""Makes the pieces of the servers with these seeds, and lays them aside."""


def piece_name(seed: bytes, kind: str) -> str:
    """Return the name of a server's piece. `seed` is the digest of all that it is made from."""
    return f"{seed.hex()}.{kind}"


class _Shard(NamedTuple):
    path: str
    key: str
    kind: str
    shard: str
    seeds: Sequence[bytes]


def piece_parts(shards: Iterable[tuple[str, bytes]], output: Output, make: MakePieces) -> Iterator[Made]:
    """Yield every file, made anew where a server changed. `shards` are the shard and the seed of each server."""
    members: dict[str, list[bytes]] = defaultdict(list)
    for shard, seed in shards:
        members[shard].append(seed)
    wanted = []
    for shard, seeds in sorted(members.items()):
        key = fingerprint(*seeds).hex()
        for kind, form in PIECES.items():
            kept = output.kept(form.place(shard), key)
            if kept:
                yield kept
            else:
                wanted.append(_Shard(form.place(shard), key, kind, shard, seeds))
    staging = output.staging
    needed = ((seed, piece_name(seed, one.kind)) for one in wanted for seed in one.seeds)
    for _ in make({seed for seed, name in needed if not staging.aside(name).exists()}):
        pass  # they are laid aside
    for one in wanted:
        yield Part(one.path, one.key, [_joined(one, staging, output.digests(one.path).get(one.path))], {})
    shutil.rmtree(staging.aside(""), ignore_errors=True)


def _joined(one: _Shard, staging: Staging, known: str | None) -> StoredFile:
    form = PIECES[one.kind]
    target = staging.folder / one.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(form.before % (VERSION, one.shard.encode("ascii")) if form.before else b"")
        for number, seed in enumerate(one.seeds):
            file.write(form.between if number else b"")
            file.write(staging.aside(piece_name(seed, one.kind)).read_bytes())
        file.write(form.behind)
    return staging.adopt(one.path, known)
