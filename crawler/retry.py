"""Asks again after a passing failure, and waits as long as the server says. Knows no source."""

from __future__ import annotations

import asyncio

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

from crawler.manners import requested_wait

LONGEST_WAIT = 60.0  # seconds; a server that wants more is asked at the next crawl instead
_FIRST_WAIT = 0.5  # seconds, doubled with each attempt, where the server says nothing


class PatientRetry(RetryMiddleware):
    """Scrapy's retries, plus the time that the server asks for and a growing pause."""

    async def process_response(  # type: ignore[override]  # Scrapy awaits it; its own class has nothing to wait for
        self, request: Request, response: Response
    ) -> Request | Response:
        wait = requested_wait(
            lambda name: (response.headers.get(name) or b"").decode("latin-1")  # as Scrapy keeps headers
        ).total_seconds()
        again: Request | Response = super().process_response(request, response)
        if response.status == 403 and wait:  # how GitHub says 429
            again = self._retry(request, "403 with a time to wait") or response
        if isinstance(again, Request):
            if wait > LONGEST_WAIT:
                return response
            await asyncio.sleep(max(wait, _FIRST_WAIT * 2 ** request.meta.get("retry_times", 0)))
        return again
