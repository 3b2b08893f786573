"""Says which files about many servers must be made anew: those of shards where one changed. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from catalogue.site import urls
from catalogue.site.collection_files import Holding, PoliciesFile, ServersDump, ToolsFile
from catalogue.site.fingerprint import fingerprint, pickled
from catalogue.site.index import Index
from catalogue.site.manifest import Part
from catalogue.site.output import Output
from catalogue.site.shards import shard_digits, shard_of
from catalogue.site.workers import Job
from catalogue.values import ServerRow

_KINDS = ((ToolsFile, urls.api_tools), (PoliciesFile, urls.api_policies), (ServersDump, urls.servers_dump))


def collection_jobs(index: Index, seeds: Iterable[bytes], output: Output) -> Iterator[Job | Part]:
    """Yield a job for each file, or the part where the last build made it from the same.

    `seeds` are, for each server of the index in its order, the digest of all that is its own.
    """
    digits = shard_digits(index.tools)
    pairs = zip(index.servers, seeds, strict=True)
    shards = ((shard_of(urls.server(row.name), digits), row, seed) for row, seed in pairs)
    for shard, members in groupby(sorted(shards, key=lambda member: member[0]), key=lambda member: member[0]):
        rows, own = zip(*((row, seed) for _, row, seed in members), strict=True)
        key = fingerprint(*own).hex()
        for kind, place in _KINDS:
            path = place(shard)
            made = output.kept(path, key)
            yield made or Job(path, key, pickled(kind(path, shard, _holdings(index, rows))), output.digests(path))


def _holdings(index: Index, rows: Sequence[ServerRow]) -> list[Holding]:
    return [Holding(row, index.by_server[row.name], index.flow(row.name)) for row in rows]
