"""How long a server asks to be left alone. Knows no client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST = timedelta(days=366)


def requested_wait(retry_after: str) -> timedelta:
    """Return what a Retry-After header (RFC 9110 section 10.2.3) asks for, in seconds or as a date; else nothing."""
    value = retry_after.strip()
    if value.isascii() and value.isdecimal():
        return min(timedelta(seconds=int(value[:9])), _LONGEST)
    try:
        return min(max(timedelta(), parsedate_to_datetime(value) - datetime.now(UTC)), _LONGEST)
    except (ValueError, TypeError, OverflowError):  # no date, one without a time zone, or one beyond all time
        return timedelta()
