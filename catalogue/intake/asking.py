"""Asks the targets of one job, as every machine does it: the same for an embedded crawl and for a worker.

One job is the targets of one site (registrable domain), one after the other and with a pause between, so that nobody
is asked twice at the same time; a package is a job of its own. An origin that fails, or has had enough, is asked more
slowly and then not at all. Knows neither the database nor any transport.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from catalogue.identity import site
from catalogue.intake.courtesy import Courtesy
from catalogue.repository import Due
from crawler.introspector.robots import Robots
from crawler.opt_out import OptOut
from crawler.records import Introspected, NotIntrospected, Reason, Target, TargetKind

PAUSE = 1.0
"""Seconds between two sessions with one site."""
PACKAGES_AT_ONCE = 2
"""Each is an installation and a process with a memory limit of gigabytes."""

Outcome: TypeAlias = Introspected | NotIntrospected


@dataclass(frozen=True, slots=True)
class Asked:
    """A target that is being asked: its identifier and its server's name."""

    id: int
    server: str
    target: Target


class Introspect(Protocol):
    """`crawler.introspector.introspect`, or what a test puts in its place."""

    async def __call__(self, target: Target, *, allow_private: bool = False, robots: Robots | None = None) -> Outcome:
        """Ask one target."""


class Asker:
    """Asks as one machine does: it keeps to robots.txt, to the pause, and to who is to be left alone.

    With `allow_private` the servers are one's own: they are asked whatever their robots.txt says, and without a pause.
    """

    def __init__(self, introspect: Introspect, opt_out: OptOut, *, allow_private: bool) -> None:
        self._introspect = introspect
        self._opt_out = opt_out
        self._allow_private = allow_private
        self._robots = None if allow_private else Robots()

    async def ask(
        self, job: Sequence[Asked], keep: Callable[[Asked, Outcome], Awaitable[None]]
    ) -> Mapping[int, datetime]:
        """Ask the targets of one job, and give each outcome to `keep` as it arrives.

        Returns the identifiers of those that were left alone for the sake of their origin, with until when.
        """
        courtesy, left, follows = Courtesy(), {}, False
        for asked in job:
            target = asked.target
            if self._opt_out.covers(target):
                await keep(asked, _opted_out(target))
            elif until := courtesy.rests_until(target.address):
                left[asked.id] = until
            else:
                if follows:
                    await self.pause(target.kind, courtesy.pause(target.address, PAUSE))
                outcome = await self._introspect(target, allow_private=self._allow_private, robots=self._robots)
                courtesy.hear(outcome)
                await keep(asked, outcome)
                follows = True
        return left

    async def pause(self, kind: TargetKind, seconds: float | None = None) -> None:
        """Let the site of a target rest after a session; `None`: as long as is usual."""
        if kind is TargetKind.REMOTE and not self._allow_private:
            await asyncio.sleep(PAUSE if seconds is None else seconds)


def _opted_out(target: Target) -> NotIntrospected:
    return NotIntrospected(target, datetime.now(UTC), timedelta(), Reason.OPTED_OUT, "its owner asked for that")


def to_jobs(due: Iterable[Due], *, allow_private: bool) -> Mapping[str, list[Due]]:
    """Return the jobs by what must not be asked twice at once: a site, or else one target."""
    jobs: dict[str, list[Due]] = {}
    for target in due:
        alone = allow_private or target.kind is not TargetKind.REMOTE
        jobs.setdefault(f"target {target.id}" if alone else f"site {site(target.address)}", []).append(target)
    return jobs
