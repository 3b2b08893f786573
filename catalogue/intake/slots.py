"""How many sessions run at a time: so many as are wanted, and beside them those that only wait. Knows no target."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE = 1.0
"""Seconds; a server that answers at all has listed its tools within that. One that hangs is waited for ten times as
long, so a tenth of such servers would take a crawl's whole time."""
_SESSIONS_FOR_A_SLOT = 10
_MOST_SESSIONS = 500
"""At a time, those that wait included, unless more were asked for: each takes a tenth of a megabyte and a socket."""


def most_sessions(slots: int) -> int:
    """Return how many sessions there are at most with so many slots."""
    return max(slots, min(_SESSIONS_FOR_A_SLOT * slots, _MOST_SESSIONS))


class Slots:
    """Bounds the sessions that are under way; one that takes longer than `PATIENCE` is not counted any more."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a slot, and hold it while the block runs, but for no longer than `PATIENCE`."""
        await self._free.acquire()
        held = True

        def let_go() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        timer = asyncio.get_running_loop().call_later(PATIENCE, let_go)
        try:
            yield
        finally:
            timer.cancel()
            let_go()
