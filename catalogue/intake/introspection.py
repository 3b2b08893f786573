"""Asks the targets that are due and writes what they answer as it arrives. Knows no transport.

One job is the targets of one site (registrable domain), one after the other and with a pause between, so that nobody
is asked twice at the same time; a package is a job of its own. A fixed number of workers take jobs, one writer takes
results: memory does not grow with the catalogue.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from sqlalchemy import Engine

from catalogue.database import reading, writing
from catalogue.identity import site
from catalogue.intake.summary import Failure
from catalogue.repository import INTROSPECTED, Due, ToolStore, Work
from catalogue.repository.statements import batches
from catalogue.values import Report
from crawler.introspector import sweep
from crawler.introspector.budget import Budget
from crawler.introspector.robots import Robots
from crawler.opt_out import OptOut
from crawler.records import Introspected, NotIntrospected, Reason, Target, TargetKind

PAUSE = 1.0
"""Seconds between two sessions with one site."""
_PACKAGES_AT_ONCE = 2
"""Each is an installation and a process with a memory limit of gigabytes."""
_BATCH = 50
"""Results a transaction at most; it holds those that arrived while the one before was being written."""

Outcome: TypeAlias = Introspected | NotIntrospected


@dataclass(frozen=True, slots=True)
class _Asked:
    id: int
    server: str
    target: Target


_Results: TypeAlias = asyncio.Queue[tuple[_Asked, Outcome] | None]


class Introspect(Protocol):
    """`crawler.introspector.introspect`, or what a test puts in its place."""

    async def __call__(
        self, target: Target, budget: Budget = ..., *, allow_private: bool = False, robots: Robots | None = None
    ) -> Outcome:
        """Ask one target."""


def introspect_due(
    engine: Engine,
    introspect: Introspect,
    *,
    limit: int | None,
    allow_private: bool,
    opt_out: OptOut,
    concurrency: int,
    report: Report,
) -> tuple[Mapping[str, int], int, tuple[Failure, ...]]:
    """Ask every target that is due; return outcomes by name, how many tools were listed, and who failed.

    `limit` bounds the attempts, `concurrency` the sites asked at a time. With `allow_private` the servers are one's
    own: they are asked whatever their robots.txt says, and without a pause.
    """
    sweep()  # what a crawl left behind that was killed
    now = datetime.now(UTC)
    if allow_private:
        with writing(engine) as session:
            Work(session).make_due(Reason.ADDRESS_REFUSED, now)
    run = _Run(engine, introspect, report, opt_out, allow_private=allow_private)
    asyncio.run(run.ask_all(now, limit, max(1, concurrency)))
    return dict(run.outcomes.most_common()), run.tools, run.failures()


class _Run:
    """One run over what is due, with its counts."""

    def __init__(
        self, engine: Engine, introspect: Introspect, report: Report, opt_out: OptOut, *, allow_private: bool
    ) -> None:
        self._engine = engine
        self._introspect = introspect
        self._report = report
        self._opt_out = opt_out
        self._allow_private = allow_private
        self._robots = None if allow_private else Robots()
        self._total = 0
        self._failures: dict[str, list[Failure]] = defaultdict(list)
        self._listed: set[str] = set()
        self.outcomes: Counter[str] = Counter()
        self.tools = 0

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
        places = [remotes] * concurrency + [packages] * min(concurrency, _PACKAGES_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as tasks:  # when the writer fails, the workers end
                tasks.create_task(self._write(results))
                await asyncio.wait([tasks.create_task(self._work(jobs, results)) for jobs in places])
                await results.put(None)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    def _jobs(self, due: Sequence[Due]) -> Iterator[list[_Asked]]:
        """Yield jobs, reading only a few at a time from the database; all workers draw from one such iterator."""
        sites: dict[str, list[int]] = defaultdict(list)
        for target in due:
            alone = self._allow_private or target.kind is not TargetKind.REMOTE
            sites[str(target.id) if alone else site(target.address)].append(target.id)
        for jobs in batches(sites.values(), _BATCH):
            with reading(self._engine) as session:
                targets = Work(session).targets([target_id for job in jobs for target_id in job])
            for job in jobs:
                yield [_Asked(target_id, *targets[target_id]) for target_id in job]

    async def _work(self, jobs: Iterator[list[_Asked]], results: _Results) -> None:
        for job in jobs:
            for place, asked in enumerate(job):
                if place:
                    await asyncio.sleep(PAUSE)
                await results.put((asked, await self._ask(asked.target)))

    async def _ask(self, target: Target) -> Outcome:
        if self._opt_out.covers(target):
            return NotIntrospected(target, datetime.now(UTC), timedelta(), Reason.OPTED_OUT, "its owner asked for that")
        return await self._introspect(target, allow_private=self._allow_private, robots=self._robots)

    async def _write(self, results: _Results) -> None:
        """Write what has arrived, in one transaction, while the next results arrive."""
        while (first := await results.get()) is not None:
            batch = [first]
            while len(batch) < _BATCH and not results.empty():
                following = results.get_nowait()
                if following is None:
                    results.put_nowait(None)
                    break
                batch.append(following)
            await asyncio.to_thread(self._store, batch)
            self._count(batch)

    def _store(self, batch: Sequence[tuple[_Asked, Outcome]]) -> None:
        with writing(self._engine) as session:
            self.tools += ToolStore(session).record([(asked.id, outcome) for asked, outcome in batch])

    def _count(self, batch: Sequence[tuple[_Asked, Outcome]]) -> None:
        for asked, outcome in batch:
            if isinstance(outcome, NotIntrospected):
                self.outcomes[outcome.reason.value] += 1
                failure = Failure(asked.server, str(asked.target), outcome.reason.value, outcome.detail)
                self._failures[asked.server].append(failure)
            else:
                self.outcomes[INTROSPECTED] += 1
                self._listed.add(asked.server)
        self._report("introspecting", self.outcomes.total(), self._total)
