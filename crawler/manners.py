"""How long a server asks to be left alone. Knows no client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST = timedelta(days=366)
_FIRST_MOMENT = 1_000_000_000
"""A number of seconds as large as this one is a moment since 1970, and no time to wait."""


def requested_wait(header: Callable[[str], str]) -> timedelta:
    """Return how long to wait by a response's headers; `header` gives one of them by its name, "" if it is not there.

    Retry-After (RFC 9110 section 10.2.3) is in seconds or a date. Without it, X-RateLimit-Reset counts where
    X-RateLimit-Remaining is 0: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    now = datetime.now(UTC)
    wait = _until(header("Retry-After"), now)
    if wait is None and _number(header("X-RateLimit-Remaining")) == 0:
        wait = _until(header("X-RateLimit-Reset"), now)
    return min(max(wait or timedelta(), timedelta()), _LONGEST)


def _until(value: str, now: datetime) -> timedelta | None:
    """Return how long it is until what a header says: seconds from now, a moment, or a date; `None`: it says none."""
    seconds = _number(value)
    if seconds is not None:
        return timedelta(seconds=seconds - int(now.timestamp()) if seconds >= _FIRST_MOMENT else seconds)
    try:
        return parsedate_to_datetime(value) - now
    except (ValueError, TypeError, OverflowError):  # no date, one without a time zone, or one beyond all time
        return None


def _number(value: str) -> int | None:
    """Return a whole number of seconds; of more digits than a moment has, the first."""
    text = value.strip()
    return int(text[:10]) if text.isascii() and text.isdecimal() else None
