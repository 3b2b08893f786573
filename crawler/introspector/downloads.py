"""Files of packages from addresses that strangers name: over guarded connections, on a budget. Knows no package.

Unlike a server's answers, a file may lie elsewhere than where it was asked for: code hosts and registries redirect to
their stores. Each address on the way is checked like the first, and a login goes to the first origin only.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from http import HTTPStatus

import httpx

from crawler.introspector.budget import MEBIBYTE, Budget, Stopped
from crawler.introspector.connection import same_origin
from crawler.introspector.guard import check_url
from crawler.introspector.http import STATUS_REASONS
from crawler.introspector.http11 import GuardedTransport
from crawler.records import Reason
from crawler.settings import user_agent

_REDIRECTS = 5  # a release's file takes two: to its tag, and to the store
_BESIDE = 32 * MEBIBYTE  # manifests, tokens, redirects and headers, beside the files themselves
_READ_SECONDS = 20.0  # between two pieces; the whole has a time of its own


@asynccontextmanager
async def opened(budget: Budget, *, allow_private: bool) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client that sends nothing of the user's and connects to allowed addresses only."""
    whole = replace(budget, bytes=budget.download_bytes + _BESIDE)
    async with httpx.AsyncClient(
        transport=GuardedTransport(whole, allow_private=allow_private),
        headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"},
        trust_env=False,
        timeout=_READ_SECONDS,
    ) as client:
        yield client


@asynccontextmanager
async def answered(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[httpx.Response]:
    """Ask for a file and give the answer, of whatever status, its body unread. Raises `Stopped` where there is none."""
    place, sent = _address(url), dict(headers or {})
    for _ in range(_REDIRECTS + 1):
        try:
            response = await client.send(client.build_request("GET", place, headers=sent), stream=True)
        except (httpx.HTTPError, OSError) as error:
            raise Stopped(Reason.UNREACHABLE, f"{place.host}: {error or type(error).__name__}") from error
        try:
            if not response.has_redirect_location:
                yield response
                return
            following = _redirected(response, place)
        finally:
            await response.aclose()
        if not same_origin(following, place):
            sent.pop("Authorization", None)
        place = following
    raise Stopped(Reason.REDIRECTED, f"redirected more than {_REDIRECTS} times")


async def chunks(response: httpx.Response, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the body as it arrives. Raises `Stopped` for one of more than `limit` bytes, or that breaks off."""
    size = 0
    try:
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > limit:
                raise Stopped(Reason.TOO_LARGE, f"sent a file of more than {limit} bytes")
            yield chunk
    except httpx.HTTPError as error:
        raise Stopped(Reason.UNREACHABLE, f"the file broke off: {error or type(error).__name__}") from error


async def body(response: httpx.Response, limit: int) -> bytes:
    """Read a small body whole. Raises what `chunks` raises."""
    return b"".join([chunk async for chunk in chunks(response, limit)])


def check(response: httpx.Response, what: str) -> None:
    """Raise `Stopped` for any status but 200; `what` names what was asked for."""
    status = response.status_code
    if status == HTTPStatus.OK:
        return
    broken = Reason.SERVER_ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Reason.INSTALL_FAILED
    reason = STATUS_REASONS.get(status, broken)
    raise Stopped(reason, f"HTTP {status} for {what}", headers=response.headers)


def _redirected(response: httpx.Response, place: httpx.URL) -> httpx.URL:
    try:
        following = _address(str(place.join(response.headers["location"])))
    except (httpx.InvalidURL, ValueError) as error:
        raise Stopped(Reason.REDIRECTED, "redirected to something that is no address") from error
    if place.scheme == "https" and following.scheme != "https":
        raise Stopped(Reason.REDIRECTED, f"redirected from https to {following.scheme}://{following.host}")
    return following


def _address(url: str) -> httpx.URL:
    check_url(url)
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise Stopped(Reason.ADDRESS_REFUSED, f"not a usable address: {error}") from error
