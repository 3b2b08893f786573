"""Who was at which server from when to when, as seen from the servers' side."""

from __future__ import annotations

import time
from collections import defaultdict

from tests.ecosystem.http import Connection


class Visits:
    """A visit begins with the first request on a connection and ends when that is closed (`None`: it still lasts).

    `by_server` has them as `[User-Agent, begin, end]`, in the order of their beginnings.
    """

    def __init__(self) -> None:
        self.by_server: dict[str, list[tuple[str, float, float | None]]] = defaultdict(list)

    def note(self, connection: Connection, server: str, agent: str) -> None:
        """Take note of a request."""
        if connection.on_lost is None:  # its first
            visits, place = self.by_server[server], len(self.by_server[server])
            begin = time.time()
            visits.append((agent, begin, None))

            def end() -> None:
                visits[place] = (agent, begin, time.time())

            connection.on_lost = end
