"""Makes the parts of the site on all processors, in the order of the jobs. Knows no database.

The workers are started afresh rather than forked: a fork copies the threads' locks of whoever draws the progress bar.
A part travels to a worker by pickle; its files go straight to the staging folder, and only their digests come back.
"""

from __future__ import annotations

import gc
import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

from catalogue.errors import CatalogueError
from catalogue.site.context import Site
from catalogue.site.output import Part, Staging
from catalogue.site.server_files import part_files

_FEWEST = 1500
"""Tools from which on starting workers, about half a second, pays."""

_BATCH = 200_000
"""Bytes of pickled parts that a worker gets at a time, some tens of tools: enough that handing over costs little."""

_WAITING = 3
"""Batches under way for each worker: enough that none waits, few enough that memory does not grow with the site."""


_ALLOCATIONS = (50_000, 10, 1000)
"""Objects between two looks for cycles, seventy times Python's own number, and how often a look goes deeper."""


@dataclass(frozen=True, slots=True)
class Job:
    """A part to make: its name, the digest of all that it is made from, and what `part_files` takes, pickled.

    `known` are the digests of the files that it has in the site already.
    """

    name: str
    key: str
    part: bytes
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shared:
    """What every worker has: the site, the titles of the rules by id, and where files go."""

    site: Site
    titles: Mapping[str, str]
    staging: Staging


def make_parts(jobs: Iterable[Job | Part], shared: Shared) -> Iterator[Part]:
    """Yield the parts in order; one that is a `Part` already is made. Raises `CatalogueError` if a worker is killed."""
    count = os.cpu_count() or 1
    if shared.site.tools < _FEWEST or count < 2:
        return (job if isinstance(job, Part) else _make(job, shared) for job in jobs)
    return _in_parallel(_batches(jobs), shared, count)


def _batches(jobs: Iterable[Job | Part]) -> Iterator[list[Job | Part]]:
    batch: list[Job | Part] = []
    weight = 0
    for job in jobs:
        batch.append(job)
        weight += len(job.part) if isinstance(job, Job) else 0
        if weight >= _BATCH or len(batch) >= 1000:
            yield batch
            batch, weight = [], 0
    yield batch


def _in_parallel(batches: Iterable[list[Job | Part]], shared: Shared, count: int) -> Iterator[Part]:
    with ProcessPoolExecutor(count, get_context("spawn"), _share, (shared,)) as pool:
        pending: deque[tuple[list[Job | Part], Future[list[Part]] | None]] = deque()
        try:
            for batch in batches:
                jobs = [job for job in batch if isinstance(job, Job)]
                pending.append((batch, pool.submit(_make_shared, jobs) if jobs else None))
                if len(pending) >= count * _WAITING:
                    yield from _joined(*pending.popleft())
            while pending:
                yield from _joined(*pending.popleft())
        except BrokenProcessPool as error:
            raise CatalogueError("A process that rendered pages was killed; is there enough memory?") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _joined(batch: Iterable[Job | Part], made: Future[list[Part]] | None) -> Iterator[Part]:
    """Yield a batch in its order, with the parts that were made in the place of their jobs."""
    parts = iter(made.result() if made else ())
    return (job if isinstance(job, Part) else next(parts) for job in batch)


_here: list[Shared] = []


def _share(shared: Shared) -> None:
    _here.append(shared)
    gc.set_threshold(*_ALLOCATIONS)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Let the collector of reference cycles run seldom: pages are made of trees, and looking through them is slow."""
    before = gc.get_threshold()
    gc.set_threshold(*_ALLOCATIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _make_shared(jobs: Iterable[Job]) -> list[Part]:
    return [_make(job, _here[0]) for job in jobs]


def _make(job: Job, shared: Shared) -> Part:
    made = part_files(pickle.loads(job.part), shared.site, shared.titles)  # noqa: S301 - our own, a moment old
    files = [shared.staging.store(path, content, job.known.get(path)) for path, content in made.files]
    own = {file.path for file in files}
    return Part(job.name, job.key, files, {path: page for path, page in made.links.items() if path not in own})
