"""Renders servers on all processors, in the order of the work. Knows the work and its files, and no database.

The workers are started afresh rather than forked: a fork copies the threads' locks of whoever draws the progress bar.
Work and files travel by pickle, about a tenth of what rendering costs.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from catalogue.errors import CatalogueError
from catalogue.site.context import Site
from catalogue.site.server_files import Files, Work, server_files

_FEWEST = 1500
"""Tools from which on starting workers, about a second, pays."""

_WAITING = 4
"""Servers under way for each worker: enough that none waits, few enough that memory does not grow with the site."""

_shared: dict[str, tuple[Site, Mapping[str, str]]] = {}


def render_servers(works: Iterable[Work], site: Site, titles: Mapping[str, str]) -> Iterator[Files]:
    """Yield the files of each server, in order. Raises `CatalogueError` when a worker is killed."""
    count = os.cpu_count() or 1
    if site.tools < _FEWEST or count < 2:
        return (server_files(work, site, titles) for work in works)
    return _in_parallel(works, site, titles, count)


def _in_parallel(works: Iterable[Work], site: Site, titles: Mapping[str, str], count: int) -> Iterator[Files]:
    with ProcessPoolExecutor(count, get_context("spawn"), _share, (site, titles)) as pool:
        pending: deque[Future[Files]] = deque()
        try:
            for work in works:
                pending.append(pool.submit(_render, work))
                if len(pending) >= count * _WAITING:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise CatalogueError("A process that rendered pages was killed; is there enough memory?") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _share(site: Site, titles: Mapping[str, str]) -> None:
    _shared["site"] = (site, titles)


def _render(work: Work) -> Files:
    site, titles = _shared["site"]
    return server_files(work, site, titles)
