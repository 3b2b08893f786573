"""A remote server, over whichever HTTP transport it speaks. Knows the order in which to try them, and no more."""

from __future__ import annotations

import asyncio
import contextlib

from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.connection import HttpConnection, open_connection
from crawler.introspector.http import StreamableHttp, open_sse
from crawler.introspector.robots import Robots
from crawler.introspector.session import Listed, Session
from crawler.introspector.sign_in import ask_for_sign_in
from crawler.records import Reason, Target, Transport

_GOODBYE_SECONDS = 1.0
"""How long a server may take to end a session that we are done with."""

_SAYS_NO_MORE = {
    Reason.NOT_FOUND: frozenset({Reason.NOT_FOUND, Reason.NOT_MCP}),
    Reason.NOT_MCP: frozenset(
        {Reason.NOT_FOUND, Reason.NOT_MCP, Reason.REDIRECTED, Reason.TIMED_OUT, Reason.TOO_LARGE, Reason.UNREACHABLE}
    ),
    Reason.PROTOCOL_ERROR: frozenset(Reason),
}
"""What a server of the other transport answers to the first question; and for each of these, what may be met over that
other transport that says no more of the server."""


async def list_remote(target: Target, budget: Budget, *, allow_private: bool, robots: Robots | None) -> Listed:
    """List a remote's tools, by its declared transport first. Raises `Stopped` with what says most of why not."""
    deadline = asyncio.get_running_loop().time() + budget.session_seconds
    async with open_connection(target.address, budget, allow_private=allow_private) as connection:
        try:
            if robots:
                await _check_robots(robots, connection, budget)
            return await _over_either(target.transport, connection, budget, deadline)
        except Stopped as stopped:
            if stopped.reason is Reason.SIGN_IN:
                challenge = stopped.headers.get("www-authenticate", "")
                left = deadline - asyncio.get_running_loop().time()
                stopped.sign_in = await ask_for_sign_in(connection, challenge, min(budget.request_seconds, left))
            raise


async def _check_robots(robots: Robots, connection: HttpConnection, budget: Budget) -> None:
    try:
        async with asyncio.timeout(budget.request_seconds):
            await robots.check(connection)
    except TimeoutError:
        raise Stopped(Reason.TIMED_OUT, "no answer to robots.txt in time") from None


async def _over_either(transport: Transport, connection: HttpConnection, budget: Budget, deadline: float) -> Listed:
    ways = [_over_streamable, _over_sse] if transport is not Transport.SSE else [_over_sse, _over_streamable]
    try:
        return await ways[0](connection, budget, deadline)
    except Stopped as first:
        if first.spoken or first.reason not in _SAYS_NO_MORE:
            raise
        try:
            return await ways[1](connection, budget, deadline)
        except Stopped as second:
            says_more = second.spoken or second.reason not in _SAYS_NO_MORE[first.reason]
            raise second if says_more else first from None


async def _over_streamable(connection: HttpConnection, budget: Budget, deadline: float) -> Listed:
    channel = StreamableHttp(connection)
    try:
        return await Session(channel, budget, deadline).list_tools()
    finally:
        with contextlib.suppress(Stopped, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await channel.close()


async def _over_sse(connection: HttpConnection, budget: Budget, deadline: float) -> Listed:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(min(loop.time() + budget.request_seconds, deadline)) as opening:
            async with open_sse(connection) as channel:
                opening.reschedule(deadline)
                return await Session(channel, budget, deadline).list_tools()
    except TimeoutError:
        raise Stopped(Reason.TIMED_OUT, "no event stream in time") from None
