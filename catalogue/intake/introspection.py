"""Asks the targets that are due, in this process, and writes what they answer as it arrives. Knows no transport.

A fixed number of workers take jobs, one writer takes results: memory does not grow with the catalogue. How a job is
asked is `catalogue.intake.asking`; workers on many machines are `catalogue.queue`.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Engine

from catalogue.database import reading, writing
from catalogue.intake.asking import PACKAGES_AT_ONCE, Asked, Asker, Introspect, Outcome, to_jobs
from catalogue.intake.slots import Slots, most_sessions
from catalogue.intake.summary import Failure
from catalogue.repository import INTROSPECTED, Due, ToolStore, Work
from catalogue.repository.statements import batches
from catalogue.values import Clock, Report, utc_now
from crawler.introspector import sweep
from crawler.introspector.robots import Robots
from crawler.opt_out import OptOut
from crawler.records import NotIntrospected, Reason, Target, TargetKind

_BATCH = 50
"""Results a transaction at most."""
_GATHERED = 0.25
"""Seconds that a result waits for others to be written with it: alone, each would cost three times as much."""

_Results: TypeAlias = asyncio.Queue[tuple[Asked, Outcome] | None]


def introspect_due(
    engine: Engine,
    introspect: Introspect,
    *,
    limit: int | None,
    allow_private: bool,
    opt_out: OptOut,
    concurrency: int,
    report: Report,
    everyone: bool = False,
    clock: Clock = utc_now,
) -> tuple[Mapping[str, int], int, tuple[Failure, ...], int]:
    """Ask every target that is due, or `everyone` (`begin`).

    Returns outcomes by name, how many tools were listed, who failed, and how many were postponed. `limit` bounds the
    attempts, `concurrency` the sites asked at a time, but for those that keep us waiting (`Slots`).
    """
    sweep()  # what a crawl left behind that was killed
    now = begin(engine, allow_private=allow_private, everyone=everyone, clock=clock)
    asker = Asker(_in_slots(introspect, concurrency), opt_out, allow_private=allow_private)
    run = _Run(engine, asker, report, allow_private=allow_private)
    asyncio.run(run.ask_all(now, limit, concurrency))
    return dict(run.outcomes.most_common()), run.tools, run.failures(), run.postponed


def begin(engine: Engine, *, allow_private: bool, everyone: bool = False, clock: Clock = utc_now) -> datetime:
    """Return the moment as of which targets are due; private addresses that were refused are due once allowed.

    `everyone` makes all targets due, so that a crawl that is killed is resumed by one that asks only what is due.
    """
    now = clock()
    if allow_private or everyone:
        with writing(engine) as session:
            if allow_private:
                Work(session).make_due(Reason.ADDRESS_REFUSED, now)
            if everyone:
                Work(session).make_all_due(now)
    return now


def _in_slots(introspect: Introspect, concurrency: int) -> Introspect:
    """Return `introspect` with so many sessions with remotes at a time."""
    slots = Slots(concurrency)

    async def in_a_slot(target: Target, *, allow_private: bool = False, robots: Robots | None = None) -> Outcome:
        if target.kind is not TargetKind.REMOTE:
            return await introspect(target, allow_private=allow_private, robots=robots)
        async with slots.one():
            return await introspect(target, allow_private=allow_private, robots=robots)

    return in_a_slot


class _Run:
    """One run over what is due, with its counts."""

    def __init__(self, engine: Engine, asker: Asker, report: Report, *, allow_private: bool) -> None:
        self._engine = engine
        self._asker = asker
        self._report = report
        self._allow_private = allow_private
        self._total = 0
        self._failures: dict[str, list[Failure]] = defaultdict(list)
        self._listed: set[str] = set()
        self.outcomes: Counter[str] = Counter()
        self.tools = 0
        self.postponed = 0

    def failures(self) -> tuple[Failure, ...]:
        """Return the failures of the servers that did not list their tools at all, by server."""
        servers = sorted(self._failures.keys() - self._listed)
        return tuple(failure for server in servers for failure in self._failures[server])

    async def ask_all(self, now: datetime, limit: int | None, concurrency: int) -> None:
        """Ask what is due, then what became due by it (a server's next target), until nothing is."""
        tried: set[int] = set()
        while limit is None or len(tried) < limit:
            with reading(self._engine) as session:
                due = [target for target in Work(session).due(now) if target.id not in tried]
            if limit is not None:
                due = due[: limit - len(tried)]
            if not due:
                return
            tried.update(target.id for target in due)
            await self._ask_round(due, concurrency)

    async def _ask_round(self, due: Sequence[Due], concurrency: int) -> None:
        """Ask the targets; when it returns, all results are in the database."""
        self._total += len(due)
        results: _Results = asyncio.Queue(maxsize=2 * _BATCH)
        remotes = self._jobs([target for target in due if target.kind is TargetKind.REMOTE])
        packages = self._jobs([target for target in due if target.kind is not TargetKind.REMOTE])
        places = [remotes] * most_sessions(concurrency) + [packages] * min(concurrency, PACKAGES_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as tasks:  # when the writer fails, the workers end
                tasks.create_task(self._write(results))
                await asyncio.wait([tasks.create_task(self._work(jobs, results)) for jobs in places])
                await results.put(None)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    def _jobs(self, due: Sequence[Due]) -> Iterator[list[Asked]]:
        """Yield jobs, reading only a few at a time from the database; all workers draw from one such iterator."""
        grouped = to_jobs(due, allow_private=self._allow_private)
        for jobs in batches(grouped.values(), _BATCH):
            with reading(self._engine) as session:
                targets = Work(session).targets([target.id for job in jobs for target in job])
            for job in jobs:
                yield [Asked(target.id, *targets[target.id]) for target in job]

    async def _work(self, jobs: Iterator[list[Asked]], results: _Results) -> None:
        async def keep(asked: Asked, outcome: Outcome) -> None:
            await results.put((asked, outcome))

        for job in jobs:
            if left := await self._asker.ask(job, keep):
                self.postponed += len(left)
                await asyncio.to_thread(self._postpone, left)

    async def _write(self, results: _Results) -> None:
        """Write what arrives, many results a transaction, while the next ones arrive."""
        while (first := await results.get()) is not None:
            batch = [first]
            with suppress(TimeoutError):
                async with asyncio.timeout(_GATHERED):
                    while len(batch) < _BATCH:
                        following = await results.get()
                        if following is None:
                            results.put_nowait(None)
                            break
                        batch.append(following)
            await asyncio.to_thread(self._store, batch)
            self._count(batch)

    def _postpone(self, left: Mapping[int, datetime]) -> None:
        with writing(self._engine) as session:
            Work(session).postpone(left)

    def _store(self, batch: Sequence[tuple[Asked, Outcome]]) -> None:
        with writing(self._engine) as session:
            self.tools += ToolStore(session).record([(asked.id, outcome) for asked, outcome in batch])

    def _count(self, batch: Sequence[tuple[Asked, Outcome]]) -> None:
        for asked, outcome in batch:
            if isinstance(outcome, NotIntrospected):
                self.outcomes[outcome.reason.value] += 1
                failure = Failure(asked.server, str(asked.target), outcome.reason.value, outcome.detail)
                self._failures[asked.server].append(failure)
            else:
                self.outcomes[INTROSPECTED] += 1
                self._listed.add(asked.server)
        self._report("introspecting", self.outcomes.total(), self._total)
