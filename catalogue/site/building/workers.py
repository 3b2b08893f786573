"""Makes the parts of the site on all processors, in the order of the jobs. Knows no database.

A part travels to a worker by pickle; its files go straight to the staging folder, and only their digests come back.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context, parent_process
from typing import Self

from catalogue.errors import CatalogueError
from catalogue.site.building.parts import part_files
from catalogue.site.context import Site
from catalogue.site.files.manifest import Made, Part
from catalogue.site.files.staging import Staging

_ALONE = 6_000_000
"""Bytes of pickled parts that are made here before workers are started, which take half a second each to come up.

Of a large catalogue the parts of the search index that one change touches come to as much, and take less to make.
"""

_MANY = 1_000
"""Tools to render from which on workers are worth their time at once."""

_BATCH = 100_000
"""Bytes of pickled parts that a worker gets at a time, some tens of tools: enough that handing over costs little."""

_MOST = 64
"""Parts in a batch: those that are made already travel nowhere, and are in memory while they wait for their turn."""

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


class Workers:
    """Processes that make parts, one for each processor. A context: they end on the way out."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._count = _processors()
        self._pool: ProcessPoolExecutor | None = None
        self._copies = False
        self._at_once = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def be_ready(self, tools: int) -> None:
        """Be told of all tools before they are read. Copies of this process are made while it is still small.

        They keep what they are copies of, and cost next to nothing if they have nothing to do.
        """
        if self._count > 1 and tools >= _MANY and _method() == "fork":
            self._start()

    def expect(self, tools: int) -> None:
        """Be told of tools that will have to be rendered: of many none is made here."""
        self._at_once = tools >= _MANY

    def make(self, jobs: Iterable[Job | Made]) -> Iterator[Made]:
        """Yield the parts in order; one that is no job is made already. Raises `CatalogueError` if one is killed."""
        rest = iter(jobs)
        alone = 0
        for job in rest:
            if self._count > 1 and (self._at_once or alone >= _ALONE):
                yield from self._in_parallel(self._pool or self._start(), _batches(chain([job], rest)))
            else:
                alone += len(job.part) if isinstance(job, Job) else 0
                yield _make(job, self._shared) if isinstance(job, Job) else job
        if self._copies:  # which remember as much as all else takes, and are as soon made again
            self._end()

    def _end(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def _start(self) -> ProcessPoolExecutor:
        method = _method()
        self._copies = method == "fork"
        self._pool = ProcessPoolExecutor(self._count, get_context(method), _share, (self._shared,))
        self._pool.submit(_make_shared, [])  # with the first of them, they are started
        return self._pool

    def _in_parallel(self, pool: ProcessPoolExecutor, batches: Iterable[list[Job | Made]]) -> Iterator[Made]:
        pending: deque[tuple[list[Job | Made], Future[list[Part]] | None]] = deque()
        try:
            for batch in batches:
                jobs = [job for job in batch if isinstance(job, Job)]
                made = pool.submit(_make_shared, jobs) if jobs else None
                pending.append((batch, made))
                if len(pending) >= self._count * _WAITING:
                    yield from _joined(*pending.popleft())
            while pending:
                yield from _joined(*pending.popleft())
        except BrokenProcessPool as error:
            raise CatalogueError("A process that rendered pages was killed; is there enough memory?") from error


def _method() -> str:
    """Return how processes are to be started: as copies of this one, which cost nothing, where nobody else runs in it.

    A copy would have the locks of other threads, such as of one that draws a progress bar, and nobody to open them.
    """
    alone = threading.active_count() == 1
    return "fork" if alone and sys.platform == "linux" else "spawn"  # elsewhere, what the system has of its own may run


def _processors() -> int:
    """Return how many processors this process may use, which in a container are fewer than there are."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _batches(jobs: Iterable[Job | Made]) -> Iterator[list[Job | Made]]:
    batch: list[Job | Made] = []
    weight = 0
    for job in jobs:
        batch.append(job)
        weight += len(job.part) if isinstance(job, Job) else 0
        if weight >= _BATCH or len(batch) >= _MOST:
            yield batch
            batch, weight = [], 0
    yield batch


def _joined(batch: Iterable[Job | Made], made: Future[list[Part]] | None) -> Iterator[Made]:
    """Yield a batch in its order, with the parts that were made in the place of their jobs."""
    parts = iter(made.result() if made else ())
    return (next(parts) if isinstance(job, Job) else job for job in batch)


_here: list[Shared] = []


def _share(shared: Shared) -> None:
    threading.Thread(target=_end_with_the_build, daemon=True).start()
    _here.append(shared)
    gc.freeze()
    gc.set_threshold(*_ALLOCATIONS)


def _end_with_the_build() -> None:
    """End this process when the build was killed: a copy of it would hold the lock on the staging folder for ever."""
    if build := parent_process():
        build.join()
        os._exit(1)


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
    for name, content in made.pieces:
        shared.staging.lay_aside(name, content)
    own = {*(file.path for file in files), *made.anchors}
    links = {path: page for path, page in made.links.items() if path not in own}
    return Part(job.name, job.key, files, links, made.anchors, made.facts)
