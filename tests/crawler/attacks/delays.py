"""Attacks on time: servers that hold a slot for as long as they are let."""

from __future__ import annotations

import asyncio

from crawler.records import Reason
from tests.crawler.attacks.attack import LATE, OWN, Lists, Refused, connects, lists, serves, stands
from tests.crawler.peers.remotes import TOOLS, Request, healthy, opened, page

_FOREVER = 60.0
_DRIP = 0.2
_LATE = Refused(Reason.TIMED_OUT, "no answer to server/discover in time")
_LATE_LIST = Refused(Reason.TIMED_OUT, "no answer to tools/list in time")


@serves("never answers", _LATE)
async def hangs(request: Request) -> None:
    await asyncio.sleep(_FOREVER)


@lists("opens its session well, and never lists", _LATE_LIST)
async def hangs_late(request: Request) -> None:
    await asyncio.sleep(_FOREVER)


@serves("sends a header a byte at a time, without end", _LATE)
async def drips_headers(request: Request) -> None:
    await _drip(request, b"HTTP/1.1 200 OK\r\n", b"X")


@serves("sends a body a byte at a time, without end", _LATE)
async def drips_body(request: Request) -> None:
    await _drip(request, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n", b" ")


@serves("sends chunks of one byte, without end", _LATE)
async def drips_chunks(request: Request) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    await _drip(request, head, b"1\r\n \r\n")


@serves("keeps an event stream alive, and answers nothing on it", _LATE)
async def drips_events(request: Request) -> None:
    await _drip(request, _STREAM, b": still here\n\n")


@serves("says every moment that it goes on (HTTP 100), and does not", _LATE)
async def drips_interim_answers(request: Request) -> None:
    await _drip(request, b"", b"HTTP/1.1 102 Processing\r\n\r\n")


@lists("pings without end in place of an answer", _LATE_LIST)
async def pings_without_end(request: Request) -> None:
    await _drip(request, _STREAM, b'data: {"jsonrpc": "2.0", "id": 7, "method": "ping"}\n\n')


@lists("promises more bytes than it sends, and waits", _LATE_LIST)
async def breaks_its_promise(request: Request) -> None:
    await request.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999999\r\n\r\n{}")
    await asyncio.sleep(_FOREVER)


@lists("answers page after page, each just in time", Lists(tools=None, complete=False))
async def answers_just_in_time(request: Request) -> None:
    await asyncio.sleep(1.5)
    cursor = int(request.message["params"].get("cursor", "0"))
    await request.result(page([{**TOOLS[0], "name": f"tool{cursor}"}], nextCursor=str(cursor + 1)))


@serves("shakes hands, and never takes note that the session has begun", Refused(Reason.TIMED_OUT, "initialized"))
async def hangs_on_the_notification(request: Request) -> None:
    if request.asked == "server/discover":
        await request.error(-32601)
    elif request.asked == "initialize":
        await opened(request)
    else:
        await asyncio.sleep(_FOREVER)


@serves("lists its tools, and holds whoever says goodbye", Lists())
async def hangs_on_the_goodbye(request: Request) -> None:
    if request.method == "DELETE":
        await asyncio.sleep(_FOREVER)
    elif request.asked == "server/discover":
        await request.error(-32601)
    elif request.asked == "initialize":
        result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "x"}}
        await request.result(result, Mcp_Session_Id="held")
    else:
        await healthy(request)


@serves("opens the older transport's stream, and never names an endpoint", Refused(Reason.TIMED_OUT, "event stream"))
async def names_no_endpoint_in_time(request: Request) -> None:
    await (_drip(request, _STREAM, b": wait\n\n") if request.method == "GET" else request.reply(b"", 405))


@serves("names an endpoint of the older transport, and never answers", Refused(Reason.TIMED_OUT, "initialize"))
async def names_an_endpoint_and_hangs(request: Request) -> None:
    if request.method == "GET":
        await request.stream()
        await request.event("/endpoint", "endpoint")
        await asyncio.sleep(_FOREVER)
    await request.reply(b"", 202 if request.path == "/endpoint" else 405)


@serves("drips its robots.txt", Refused(Reason.TIMED_OUT, "robots.txt"), own_robots=True)
async def drips_robots(request: Request) -> None:
    await _drip(request, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"#")


@serves("wants a sign-in, and never says more of it", Refused(Reason.SIGN_IN, "HTTP 401"))
async def hangs_on_its_metadata(request: Request) -> None:
    if request.method == "GET":
        await asyncio.sleep(_FOREVER)
    await request.reply(b"", 401, WWW_Authenticate="Bearer")


@connects("accepts, and never begins TLS", Refused(Reason.TIMED_OUT, "in time"), url="https://{host}/mcp")
async def hangs_before_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(_FOREVER)


@connects("sends its part of TLS a byte at a time", Refused(Reason.TIMED_OUT, "in time"), url="https://{host}/mcp")
async def drips_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")  # a long record with a long ServerHello
    while True:
        writer.write(b"\x00")
        await writer.drain()
        await asyncio.sleep(_DRIP)


stands("resolves-slowly", "has a name whose DNS server does not answer",
       Refused(Reason.UNREACHABLE, "does not resolve in time"), dns=((LATE, OWN),))  # fmt: skip

_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


async def _drip(request: Request, head: bytes, drop: bytes) -> None:
    await request.raw(head)
    while True:
        await request.raw(drop)
        await asyncio.sleep(_DRIP)
