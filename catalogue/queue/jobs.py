"""What a job is, and how jobs get into the queue. Knows neither how targets are asked nor who works.

A job of every queue but `classify` names targets, and the moment as of which they were due. Whoever takes it
asks those that still are, so that a job may be done twice, or by half, and no target is asked twice for it. Its `lock`
is the site: of two jobs with one lock, Procrastinate hands out only one at a time, to whichever machine.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from sqlalchemy import Engine

from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.identity import digest
from catalogue.intake.asking import to_jobs
from catalogue.intake.introspection import begin
from catalogue.queue import Queue
from catalogue.queue.place import UNFINISHED, connect, prepare, refresh_statistics
from catalogue.repository import Due, VerdictStore, Work
from catalogue.repository.statements import batches
from crawler.records import TargetKind

ASK = "ask"
JUDGE = "judge"
"""Names of tasks; those who put jobs into the queue need not know what they do."""

_QUEUES = {TargetKind.REMOTE: Queue.REMOTE, TargetKind.OCI: Queue.IMAGE}
"""Where the targets of a kind go; those of all other kinds are packages. The targets of a job are of one kind."""

_NEW, _LIVE, _FAILING = 2, 1, 0
"""Priorities, higher first: who was never asked, who answered last time, who did not; else who waits longest."""
_KEPT_HOURS = 24
"""Jobs that ended are counted by `catalogue status` for a day."""


def enqueue(
    engine: Engine, *, limit: int | None, allow_private: bool, ruleset: str, everyone: bool = False
) -> Mapping[str, int]:
    """Put what is due (or `everyone`) into the queue, and return how many jobs were new to it, by queue.

    `limit` bounds the targets; `ruleset` is the digest of the rules by which definitions are to be judged. Raises
    `CatalogueError` when the database goes away.
    """
    prepare(engine)
    now = begin(engine, allow_private=allow_private, everyone=everyone)
    with reading(engine) as session:
        due = Work(session).due(now)
        unjudged = VerdictStore(session).count_unjudged(ruleset)
    try:
        new = asyncio.run(_enqueue(engine, due, now, limit, allow_private=allow_private, judge=bool(unjudged)))
    except ConnectorException as error:
        raise CatalogueError(f"the queue did not do its work: {error.__cause__ or error}") from error
    refresh_statistics(engine)
    return new


async def _enqueue(
    engine: Engine, due: Sequence[Due], now: datetime, limit: int | None, *, allow_private: bool, judge: bool
) -> Mapping[str, int]:
    app = connect(engine)
    async with app.open_async():
        await app.job_manager.delete_old_jobs(
            _KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )
        there = {target for state in UNFINISHED for target in await _targets(app, state)}
        new = [target for target in due if target.id not in there][:limit]
        jobs = asking(new, now, allow_private=allow_private)
        return dict(await put(app, [*jobs, judging(timedelta())] if judge else jobs))


async def _targets(app: App, state: str) -> list[int]:
    """Return the targets of all jobs in a state."""
    jobs = await app.job_manager.list_jobs_async(task=ASK, status=state)
    named = (cast("list[int]", job.task_kwargs["targets"]) for job in jobs)
    return [target for targets in named for target in targets]


def asking(due: Iterable[Due], as_of: datetime, *, allow_private: bool) -> list[Job]:
    """Return the jobs that ask targets, which were due at a moment."""
    return [
        Job(
            queue=_QUEUES.get(targets[0].kind, Queue.PACKAGE).value,
            task_name=ASK,
            priority=max(map(_priority, targets)),
            lock=lock,
            queueing_lock=digest(lock, *(str(target.id) for target in targets)),
            task_kwargs={
                "targets": [target.id for target in targets],
                "as_of": as_of.isoformat(),
                "allow_private": allow_private,
            },
        )
        for lock, targets in to_jobs(due, allow_private=allow_private).items()
    ]


def judging(wait: timedelta) -> Job:
    """Return the job that judges every definition without a verdict; one machine at a time does that."""
    start = datetime.now(UTC) + wait
    return Job(queue=Queue.CLASSIFY.value, task_name=JUDGE, lock=JUDGE, queueing_lock=JUDGE, scheduled_at=start)


async def put(app: App, jobs: Sequence[Job]) -> Counter[str]:
    """Put jobs into their queues; return how many were not waiting there already, by queue."""
    counts: Counter[str] = Counter()
    for batch in batches(jobs):
        counts += await _put(app, batch)
    return counts


async def _put(app: App, jobs: list[Job]) -> Counter[str]:
    """Put all or none; where one of them is there already, find it by halves."""
    try:
        await app.job_manager.batch_defer_jobs_async(jobs)
    except AlreadyEnqueued:
        if len(jobs) == 1:
            return Counter()
        middle = len(jobs) // 2
        return await _put(app, jobs[:middle]) + await _put(app, jobs[middle:])
    return Counter(job.queue for job in jobs)


def _priority(target: Due) -> int:
    if target.outcome is None:
        return _NEW
    return _FAILING if target.failures else _LIVE
