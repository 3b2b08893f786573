"""Asks again after a passing failure, and waits as long as the server says. Knows no source."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

LONGEST_WAIT = 60.0  # seconds; a server that wants more is asked at the next crawl instead
_FIRST_WAIT = 0.5  # seconds, doubled with each attempt, where the server says nothing


class PatientRetry(RetryMiddleware):
    """Scrapy's retries, plus `Retry-After` (RFC 9110 section 10.2.3) and a growing pause."""

    async def process_response(  # type: ignore[override]  # Scrapy awaits it; its own class has nothing to wait for
        self, request: Request, response: Response
    ) -> Request | Response:
        again: Request | Response = super().process_response(request, response)
        if isinstance(again, Request):
            wait = _requested_wait(response)
            if wait > LONGEST_WAIT:
                return response
            await asyncio.sleep(max(wait, _FIRST_WAIT * 2 ** request.meta.get("retry_times", 0)))
        return again


def _requested_wait(response: Response) -> float:
    """Seconds, from a number or a date; 0 where the server names none."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a time zone
        return 0.0
