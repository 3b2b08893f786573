"""Judges many tools on all processors, in their order. Knows neither where they come from nor where verdicts go.

The workers are started afresh rather than forked, as a fork copies the threads' locks of whoever draws the progress
bar. Each gets the rule set once, compiled; then tools and what was made of them travel in batches, by pickle. What
comes out is the same, whatever the number of processors. A few tools are judged here, and what workers need is not
even imported.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from catalogue.errors import CatalogueError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from classifier.ruleset import RuleSet

Given = TypeVar("Given")
Made = TypeVar("Made")
Judge: TypeAlias = "Callable[[Given, RuleSet], Made]"
"""What is done with one tool: a function of a module, so that a worker can be told of it by name."""

FEWEST = 3_000
"""Tools from which on workers pay: starting them takes half a second, in which one process judges half of these."""

_BATCH = 100
"""Tools that a worker gets at a time: some 100 kB, a twentieth of a second's work."""

_WAITING = 3
"""Batches under way for each worker: enough that none waits, few enough that memory does not grow with the input."""

_ALLOCATIONS = (50_000, 10, 1_000)
"""Objects between two looks for cycles, seventy times Python's own number, and how often a look goes deeper."""


def judge_all(tools: Iterable[Given], judge: Judge[Given, Made], ruleset: RuleSet) -> Iterator[Made]:
    """Yield what `judge` makes of each tool, in order. Raises `CatalogueError` if a worker is killed."""
    rest = iter(tools)
    first = list(islice(rest, FEWEST))
    count = _processors()
    if len(first) < FEWEST or count < 2:
        return _here(chain(first, rest), judge, ruleset)
    return _in_parallel(chain(first, rest), judge, ruleset, count)


def _processors() -> int:
    """Return how many processors this process may use, which in a container are fewer than there are."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _here(tools: Iterable[Given], judge: Judge[Given, Made], ruleset: RuleSet) -> Iterator[Made]:
    with _collecting_rarely():
        for tool in tools:
            yield judge(tool, ruleset)


def _in_parallel(tools: Iterator[Given], judge: Judge[Given, Made], ruleset: RuleSet, count: int) -> Iterator[Made]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    with ProcessPoolExecutor(count, get_context("spawn"), _share, (ruleset,)) as pool:
        pending: deque[Future[list[Any]]] = deque()
        try:
            while batch := list(islice(tools, _BATCH)):
                pending.append(pool.submit(_judge_batch, batch, judge))
                if len(pending) >= count * _WAITING:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        except BrokenProcessPool as error:
            raise CatalogueError("A process that judged tools was killed; is there enough memory?") from error
        finally:
            pool.shutdown(cancel_futures=True)


_shared: list[RuleSet] = []


def _share(ruleset: RuleSet) -> None:
    _shared.append(ruleset)
    gc.freeze()
    gc.set_threshold(*_ALLOCATIONS)


def _judge_batch(batch: list[Any], judge: Callable[[Any, RuleSet], Any]) -> list[Any]:
    return [judge(tool, _shared[0]) for tool in batch]


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Let the collector of reference cycles run seldom and pass the rules over: verdicts leave no cycles behind."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_ALLOCATIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
