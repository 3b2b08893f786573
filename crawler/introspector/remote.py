"""A remote server, over whichever HTTP transport it speaks. Knows the order in which to try them, and no more."""

from __future__ import annotations

import asyncio
import contextlib

from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.http import HttpConnection, StreamableHttp, open_connection, open_sse
from crawler.introspector.robots import Robots
from crawler.introspector.session import Listed, Session
from crawler.introspector.sign_in import ask_for_sign_in
from crawler.records import Reason, SignIn, Target, Transport

_GOODBYE_SECONDS = 1.0
"""How long a server may take to end a session that we are done with."""

_ANOTHER_TRANSPORT = frozenset({Reason.NOT_FOUND, Reason.NOT_MCP, Reason.PROTOCOL_ERROR})
"""What a server of the other transport answers to the first question."""


async def list_remote(target: Target, budget: Budget, *, allow_private: bool, robots: Robots | None) -> Listed:
    """List a remote's tools, by its declared transport first. Raises `Stopped` with what that one met."""
    deadline = asyncio.get_running_loop().time() + budget.session_seconds
    ways = [_over_streamable, _over_sse] if target.transport is not Transport.SSE else [_over_sse, _over_streamable]
    async with open_connection(target.address, budget, allow_private=allow_private) as connection:
        try:
            if robots:
                await _check_robots(robots, connection, budget)
            return await ways[0](connection, budget, deadline)
        except Stopped as stopped:
            if stopped.reason is Reason.SIGN_IN:
                challenge = stopped.headers.get("www-authenticate", "")
                stopped.sign_in = await _sign_in(connection, challenge, budget, deadline)
            if stopped.reason not in _ANOTHER_TRANSPORT:
                raise
            with contextlib.suppress(Stopped):
                return await ways[1](connection, budget, deadline)
            raise


async def _check_robots(robots: Robots, connection: HttpConnection, budget: Budget) -> None:
    try:
        async with asyncio.timeout(budget.request_seconds):
            await robots.check(connection)
    except TimeoutError:
        raise Stopped(Reason.TIMED_OUT, "no answer to robots.txt in time") from None


async def _sign_in(connection: HttpConnection, challenge: str, budget: Budget, deadline: float) -> SignIn | None:
    """Ask about the sign-in; `None` when that takes too long."""
    ends = min(asyncio.get_running_loop().time() + budget.request_seconds, deadline)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(ends):
            return await ask_for_sign_in(connection, challenge)
    return None


async def _over_streamable(connection: HttpConnection, budget: Budget, deadline: float) -> Listed:
    channel = StreamableHttp(connection)
    try:
        return await Session(channel, budget, deadline).list_tools()
    finally:
        with contextlib.suppress(Stopped, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await channel.close()


async def _over_sse(connection: HttpConnection, budget: Budget, deadline: float) -> Listed:
    try:
        async with asyncio.timeout(budget.request_seconds) as opening, open_sse(connection) as channel:
            opening.reschedule(deadline)
            return await Session(channel, budget, deadline).list_tools()
    except TimeoutError:
        raise Stopped(Reason.TIMED_OUT, "no event stream in time") from None
