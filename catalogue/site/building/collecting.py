"""Says which files about many servers must be made anew: those of shards where one changed. Knows no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from catalogue.site import urls
from catalogue.site.building.workers import Job
from catalogue.site.files.fingerprint import fingerprint, pickled
from catalogue.site.files.manifest import Made
from catalogue.site.files.output import Output
from catalogue.site.gathered.index import Index
from catalogue.site.machine.collection_files import Holding, PoliciesFile, ServersDump, ToolsFile
from catalogue.values import ServerRow

_KINDS = ((ToolsFile, urls.api_tools), (PoliciesFile, urls.api_policies), (ServersDump, urls.servers_dump))


def collection_jobs(index: Index, output: Output) -> Iterator[Job | Made]:
    """Yield a job for each file, or the part where the last build made it from the same."""
    addresses = index.addresses
    shards = (
        (addresses.shard(urls.server(row.name), index.tools), row, index.seeds[row.name]) for row in index.servers
    )
    for shard, members in groupby(sorted(shards, key=lambda member: member[0]), key=lambda member: member[0]):
        rows, own = zip(*((row, seed) for _, row, seed in members), strict=True)
        key = fingerprint(*own).hex()
        for kind, place in _KINDS:
            path = place(shard)
            made: Job | Made | None = output.kept(path, key)
            if made is None:
                content = kind(path, shard, _holdings(index, rows), addresses)
                made = Job(path, key, pickled(content), output.digests(path))
            yield made


def _holdings(index: Index, rows: Sequence[ServerRow]) -> list[Holding]:
    return [Holding(row, index.by_server[row.name], index.flow(row.name)) for row in rows]
