"""How what an origin answers slows down what is asked of it next. Pure: knows neither the clock nor the network."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from catalogue.schedule import wait
from crawler.records import Introspected, NotIntrospected, Reason, TargetKind

ENOUGH = 5
"""Failures in a row after which an origin is left alone: the sixth of its servers would fail the same way."""
_LONGEST_PAUSE = timedelta(minutes=1)
"""Whoever asks for more is asked by a later crawl, and holds no place in this one."""
_STRAINED = frozenset({Reason.RATE_LIMITED, Reason.SERVER_ERROR, Reason.TIMED_OUT, Reason.UNREACHABLE})
"""What says something of the origin, and not only of the server that was asked."""


class Courtesy:
    """What has been heard of the origins of one job."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()
        self._pauses: dict[str, timedelta] = {}
        self._rests: dict[str, datetime] = {}

    def hear(self, outcome: Introspected | NotIntrospected) -> None:
        """Take note of how a session ended."""
        if outcome.target.kind is not TargetKind.REMOTE:
            return
        origin = _origin(outcome.target.address)
        if isinstance(outcome, Introspected) or outcome.reason not in _STRAINED:
            self._failures[origin] = 0
            self._pauses[origin] = timedelta()
            return
        self._failures[origin] += 1
        self._pauses[origin] = outcome.retry_after or timedelta()
        if self._pauses[origin] > _LONGEST_PAUSE or self._failures[origin] >= ENOUGH:
            self._rests[origin] = outcome.started_at + wait(outcome, 1)

    def pause(self, address: str, usual: float) -> float:
        """Return how many seconds to wait before the next session: `usual`, doubled with each failure in a row."""
        origin = _origin(address)
        return max(usual * (1 << self._failures[origin]), self._pauses.get(origin, timedelta()).total_seconds())

    def rests_until(self, address: str) -> datetime | None:
        """Return until when the origin of an address is to be left alone; `None`: it may be asked."""
        return self._rests.get(_origin(address))


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return f"{parts.scheme}://{parts.netloc.lower()}"
