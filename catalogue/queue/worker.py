"""One of many machines: takes jobs from the queue and does them, until it is told to stop. Knows no transport.

Remotes and packages have Procrastinate workers of their own, as a package takes more of a machine. Results
are written as they arrive, each in a transaction; what became due by them (a server's next target) goes into the queue.
A worker that dies stops giving signs of life, and any other one takes its jobs back.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain
from threading import Event
from time import monotonic
from typing import ParamSpec, TypeVar

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker
from sqlalchemy import Engine, func, select

from catalogue.classification import classify_new
from catalogue.database import reading, writing
from catalogue.errors import CatalogueError
from catalogue.intake.asking import PACKAGES_AT_ONCE, PAUSE, Asked, Asker, Introspect, Outcome
from catalogue.queue import Queue
from catalogue.queue.jobs import ASK, JUDGE, asking, judging, put
from catalogue.queue.place import UNFINISHED, connect, count_jobs, prepare
from catalogue.repository import INTROSPECTED, Due, ToolStore, Work
from catalogue.values import Report
from classifier.ruleset import RuleSet, load
from crawler.introspector import containers, sandbox, sweep
from crawler.opt_out import OptOut
from crawler.records import Introspected

_HEARTBEAT = 1.0  # seconds; a fifth of the shortest silence that the command line takes for death
_POLL = 1.0  # seconds; a lock that is free again and a job whose time has come are not announced
_GRACE = 10.0  # seconds that a worker lets its sessions go on when it is told to stop; then it returns the jobs
_ATTEMPTS = 5
_FIRST_RETRY = 30  # seconds; doubled each time
_JUDGING_WAITS = timedelta(seconds=5)  # so that definitions are judged many at a time
_TAKING_BACK = 0x6D637077  # PostgreSQL advisory lock: one worker at a time takes jobs back ("mcpw")

_log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Worked:
    """What one worker did: attempts by outcome, how many tools they listed, how many definitions were judged."""

    outcomes: Mapping[str, int]
    tools: int
    judged: int


def work(
    engine: Engine,
    introspect: Introspect,
    *,
    queues: Collection[Queue],
    allow_private: bool,
    opt_out: OptOut,
    concurrency: int,
    until_empty: bool,
    silence: float,
    report: Report,
) -> Worked:
    """Do the jobs of `queues` until SIGINT or SIGTERM, or with `until_empty` until no job is left, here or elsewhere.

    `concurrency` bounds the sites asked at a time. A worker without a sign of life for `silence` seconds is taken for
    dead. A machine that cannot run packages, or images, leaves them to others. Raises `CatalogueError` when that is all
    that it was to do, and when the database goes away.
    """
    prepare(engine)
    sweep()  # what a worker left behind that was killed
    worker = _Worker(engine, Asker(introspect, opt_out, allow_private=allow_private), report, allow_private)
    lacking = {queue: why for queue in queues if (why := _lack(queue))}
    served = [queue for queue in queues if queue not in lacking]
    if not served:
        raise CatalogueError(
            "; ".join(f"this machine cannot do the jobs of {queue}: {why}" for queue, why in lacking.items())
        )
    try:
        asyncio.run(worker.run(_places(served, concurrency), silence, until_empty=until_empty))
    except ConnectorException as error:
        raise CatalogueError(f"the queue did not do its work: {error.__cause__ or error}") from error
    return Worked(dict(worker.outcomes.most_common()), worker.tools, worker.judged)


def _lack(queue: Queue) -> str | None:
    """Say why this machine can do nothing of a queue; `None` when it can."""
    if queue is Queue.IMAGE:
        fault = containers.fault()
        return fault[1] if fault else None
    return sandbox.fault() if queue is Queue.PACKAGE else None


def _places(served: Collection[Queue], concurrency: int) -> Mapping[tuple[Queue, ...], int]:
    """Return how many jobs of which queues together this machine does at a time."""
    together = {
        (Queue.REMOTE,): concurrency,
        (Queue.PACKAGE, Queue.IMAGE): min(concurrency, PACKAGES_AT_ONCE),
        (Queue.CLASSIFY,): 1,
    }
    chosen = {tuple(queue for queue in queues if queue in served): count for queues, count in together.items()}
    return {queues: count for queues, count in chosen.items() if queues}


class _Worker:
    """Does jobs, with its counts."""

    def __init__(self, engine: Engine, asker: Asker, report: Report, allow_private: bool) -> None:
        self._engine = engine
        self._asker = asker
        self._report = report
        self._allow_private = allow_private
        self._app = connect(engine)
        self._app.task(name=ASK, retry=_BackOff())(self.ask)
        self._app.task(name=JUDGE, retry=_BackOff())(self.judge)
        self._stopping = Event()
        self._judging_begins = float("-inf")
        self.outcomes: Counter[str] = Counter()
        self.tools = 0
        self.judged = 0

    async def run(self, places: Mapping[tuple[Queue, ...], int], silence: float, *, until_empty: bool) -> None:
        """Work at so many places of some queues, and take back what dead workers left, until told to stop."""
        async with self._app.open_async():
            workers = [
                Worker(
                    self._app,
                    queues=[queue.value for queue in queues],
                    concurrency=count,
                    fetch_job_polling_interval=_POLL,
                    shutdown_graceful_timeout=_GRACE,
                    install_signal_handlers=False,
                    stalled_worker_timeout=silence,
                )
                for queues, count in places.items()
            ]
            living = asyncio.create_task(self._give_signs_of_life(workers))
            ends = [_told_to_stop(), self._take_back_again_and_again(silence)]
            ends += [self._emptied([*chain(*places)])] if until_empty else []
            runs = [asyncio.create_task(worker.run()) for worker in workers]  # type: ignore[no-untyped-call]
            try:
                await self._until_one_ends(workers, runs, [asyncio.create_task(end) for end in ends])
            finally:
                living.cancel()

    async def _give_signs_of_life(self, workers: Sequence[Worker]) -> None:
        """Do so to the very end: Procrastinate's own end when a worker is told to stop, and its jobs would be taken."""
        while True:
            await asyncio.sleep(_HEARTBEAT)
            for worker in workers:
                if worker.worker_id is not None:
                    with suppress(ConnectorException):  # Procrastinate notices, too, and ends the worker
                        await self._app.job_manager.update_heartbeat(worker.worker_id)

    async def _until_one_ends(
        self, workers: Sequence[Worker], runs: list[asyncio.Task[None]], ends: list[asyncio.Task[None]]
    ) -> None:
        """Wait for the first, then let all end: the workers when their jobs are done or returned.

        They are told to stop and not cancelled: one that is only starting may lose a cancellation in the database's
        driver, and would go on for ever.
        """
        try:
            await asyncio.wait([*runs, *ends], return_when=asyncio.FIRST_COMPLETED)
            if any(run.done() and not run.exception() for run in runs):
                raise CatalogueError("the queue's connection to the database broke", "start the worker again")
        finally:
            self._stopping.set()
            for worker in workers:
                worker.stop()  # type: ignore[no-untyped-call]
            for end in ends:
                end.cancel()
            results = await asyncio.gather(*runs, *ends, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def ask(self, targets: list[int], as_of: str, allow_private: bool) -> None:
        """Ask those of a job's targets that are still due."""
        if allow_private is not self._allow_private:
            raise CatalogueError("the crawl was told --allow-private and this worker was not, or the other way round")
        moment = datetime.fromisoformat(as_of)
        job = await _whole(self._still_due, targets, moment)
        listed = len(job) < len(targets)  # by a worker that died, perhaps, before it could say so

        async def keep(asked: Asked, outcome: Outcome) -> None:
            nonlocal listed
            listed |= await self._keep(asked, outcome) > 0

        if left := await self._asker.ask(job, keep):
            await _whole(self._postpone, left)
        beside = await _whole(self._due_beside, targets, moment)
        await put(self._app, asking(beside, moment, allow_private=allow_private))
        if listed:
            await self._have_judged()
        if job:  # the lock ends with the job, and the site's next job may be anybody's
            await self._asker.pause(job[-1].target.kind)

    def _still_due(self, targets: Sequence[int], moment: datetime) -> list[Asked]:
        with reading(self._engine) as session:
            work = Work(session)
            due = [target.id for target in work.still_due(targets, moment)]
            found = work.targets(due)
            return [Asked(target, *found[target]) for target in due]

    def _postpone(self, left: Mapping[int, datetime]) -> None:
        with writing(self._engine) as session:
            Work(session).postpone(left)

    def _due_beside(self, targets: Sequence[int], moment: datetime) -> list[Due]:
        with reading(self._engine) as session:
            return Work(session).due_beside(targets, moment)

    async def _keep(self, asked: Asked, outcome: Outcome) -> int:
        tools = await _whole(self._store, asked, outcome)
        self.tools += tools
        self.outcomes[INTROSPECTED if isinstance(outcome, Introspected) else outcome.reason.value] += 1
        self._report("introspecting", self.outcomes.total(), None)
        return tools

    async def _have_judged(self) -> None:
        """See to it that what was stored is judged, unless a job of this worker's that will do so has yet to begin."""
        if monotonic() > self._judging_begins:
            self._judging_begins = monotonic() + _JUDGING_WAITS.total_seconds() / 2  # clocks may differ
            await put(self._app, [judging(_JUDGING_WAITS)])

    def _store(self, asked: Asked, outcome: Outcome) -> int:
        with writing(self._engine) as session:
            return ToolStore(session).record([(asked.id, outcome)])

    async def judge(self) -> None:
        """Judge every definition that has no verdict of this machine's rules."""
        self.judged += await _whole(self._judge)

    def _judge(self) -> int:
        return classify_new(self._engine, self._ruleset, self._report_unless_stopping).judged

    @cached_property
    def _ruleset(self) -> RuleSet:
        return load()

    def _report_unless_stopping(self, what: str, done: int, total: int | None) -> None:
        if self._stopping.is_set():
            raise _StoppedError
        self._report(what, done, total)

    async def _take_back_again_and_again(self, silence: float) -> None:
        while True:
            await self._take_back(silence)
            await asyncio.sleep(silence / 5)

    async def _take_back(self, silence: float) -> None:
        """Return the jobs of dead workers to their queues; those that saw too many die have failed.

        One worker at a time: else a job could be taken back from the one who got it in the meantime.
        """
        jobs = self._app.job_manager
        with self._engine.begin() as connection:
            if not connection.scalar(select(func.pg_try_advisory_xact_lock(_TAKING_BACK))):
                return
            for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=silence):
                _log.warning("the worker of job %s died", job.call_string)
                with suppress(ConnectorException):  # it lives after all, and has just ended the job
                    if job.attempts + 1 < _ATTEMPTS:
                        await jobs.retry_job(job)
                    else:
                        await jobs.finish_job(job, Status.FAILED, delete_job=False)

    async def _emptied(self, queues: Collection[Queue]) -> None:
        while True:
            counts = await asyncio.to_thread(count_jobs, self._engine)
            if not any(counts.get(queue.value, {}).get(state) for queue in queues for state in UNFINISHED):
                return
            await asyncio.sleep(_POLL)


class _BackOff(BaseRetryStrategy):
    """A job that was returned is free as soon as its site has rested; one that failed waits longer each time."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=PAUSE))
        _log.warning("job %s: %s: %s", job.call_string, type(exception).__name__, exception)
        return (
            RetryDecision(retry_in={"seconds": _FIRST_RETRY << job.attempts}) if job.attempts + 1 < _ATTEMPTS else None
        )


class _StoppedError(Exception):
    """Judging was broken off; what was judged is kept."""


async def _told_to_stop() -> None:
    """Wait for SIGINT or SIGTERM; the next one ends the process at once."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _whole(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Call a function in a thread and let it end, even when cancelled: its job's next owner must see what it wrote."""
    running = asyncio.create_task(asyncio.to_thread(function, *arguments, **options))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise
