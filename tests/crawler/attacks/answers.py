"""Attacks on HTTP: answers that are none, that break off, or that two readers read as two things."""

from __future__ import annotations

import asyncio
import socket
import struct

from crawler.records import Reason
from tests.crawler.attacks.attack import Lists, Refused, connects, lists, says, serves
from tests.crawler.peers.remotes import TOOLS, Request, page

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_NO_HTTP = Refused(Reason.NOT_MCP, "does not answer in HTTP")
_BROKEN_OFF = Refused(Reason.UNREACHABLE, "the answer broke off")

for _name, _does, _raw in (
    ("speaks-ssh", "greets like an SSH server", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ("speaks-smtp", "greets like a mail server", b"220 mail.example ESMTP ready\r\n\r\n"),
    ("speaks-http-0.9", "sends a page without a status line", b"<html>welcome</html>\r\n\r\n"),
    ("speaks-http-2", "answers with HTTP/2 frames", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\r\n\r\n"),
    ("has-a-long-status", "answers with a status of twenty digits", b"HTTP/1.1 20000000000000000000 OK\r\n\r\n"),
    ("has-a-negative-length", "says that its body has -1 bytes", _OK + b"Content-Length: -1\r\n\r\n{}"),
    ("has-a-hexadecimal-length", "says its length in hexadecimal", _OK + b"Content-Length: 0x10\r\n\r\n{}"),
    ("has-an-endless-length", "says its length in forty digits", _OK + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n{}"),
    ("has-two-lengths", "says two lengths, for two readers", _OK + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"),
    ("has-a-header-without-a-name", "sends a header without a name", _OK + b": x\r\n\r\n{}"),
    ("has-a-header-without-a-colon", "sends a header without a colon", _OK + b"nonsense\r\n\r\n{}"),
    ("has-a-space-before-the-colon", "hides a header from one reader", _OK + b"Content-Length : 2\r\n\r\n{}"),
    ("has-a-nul-in-a-header", "puts a NUL into a header", _OK + b"X: a\x00b\r\n\r\n{}"),
    ("has-a-chunk-of-nonsense", "gives a chunk a size that is no number", _CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"),
    ("has-a-chunk-of-minus-one", "gives a chunk the size -1", _CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n"),
    ("has-a-chunk-beyond-counting", "gives a chunk thirty digits", _CHUNKED + b"f" * 30 + b"\r\n{}\r\n0\r\n\r\n"),
    ("has-a-chunk-that-is-longer", "sends more than the chunk's size", _CHUNKED + b"1\r\n{}\r\n0\r\n\r\n"),
):
    says(_name, _does, _NO_HTTP, _raw)

says("breaks-off-in-a-chunk", "ends within a chunk", _BROKEN_OFF, _CHUNKED + b"ffff\r\n{")
says("breaks-off-in-the-body", "ends within its body", _BROKEN_OFF, _OK + b"Content-Length: 99\r\n\r\n{")
says("breaks-off-in-the-headers", "ends within its headers", _BROKEN_OFF, _OK + b"Content-Le")
says("hangs-up", "closes without a word", Refused(Reason.UNREACHABLE, "closed the connection without an answer"), b"")
says("speaks-http-3.1", "names a version of HTTP that there is not", Refused(Reason.NOT_MCP, "HTTP 200"),
     b"HTTP/3.1 200 OK\r\n\r\n")  # fmt: skip
says("is-empty", "answers with nothing", Refused(Reason.NOT_MCP, "HTTP 200"), _OK + b"Content-Length: 0\r\n\r\n")
says("switches-protocols", "switches to another protocol unasked", Refused(Reason.NOT_MCP, ""),
     b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02{}")  # fmt: skip
says("has-no-content-but-a-body", "says that there is no content, and sends some", Refused(Reason.NOT_MCP, "HTTP 204"),
     b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}")  # fmt: skip
says("has-not-changed", "answers that nothing has changed since", Refused(Reason.NOT_MCP, "HTTP 304"),
     b"HTTP/1.1 304 Not Modified\r\n\r\n")  # fmt: skip
says("is-a-page", "is a web page", Refused(Reason.NOT_MCP, "HTTP 200 with text/html"),
     b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nRefresh: 0; url=http://canary.test/\r\n\r\n<!doctype html>",
     )  # fmt: skip
says("is-plain-text", "says in plain words that it runs", Refused(Reason.NOT_MCP, "HTTP 200 with text/plain"),
     b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nMCP server is running")  # fmt: skip
says("calls-a-page-json", "calls its web page JSON", Refused(Reason.NOT_MCP, "application/json that is none"),
     _OK + b"\r\n<!doctype html>")  # fmt: skip
says("is-half-utf-8", "sends bytes that no text has", Refused(Reason.NOT_MCP, "can't decode"),
     _OK + b'\r\n{"a": "\xff\xfe"}')  # fmt: skip
says("is-utf-16", "writes its JSON in UTF-16", Refused(Reason.NOT_MCP, "application/json that is none"),
     _OK + b"\r\n" + '{"jsonrpc":"2.0"}'.encode("utf-16"))  # fmt: skip


@connects("resets the connection as soon as there is one", Refused(Reason.UNREACHABLE, ""))
async def resets_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _reset(writer)


@serves("resets the connection when it is asked", Refused(Reason.UNREACHABLE, ""))
async def resets_when_asked(request: Request) -> None:
    _reset(request.writer)


@serves("resets the connection within its headers", Refused(Reason.UNREACHABLE, ""))
async def resets_in_the_headers(request: Request) -> None:
    await request.raw(_OK)
    await asyncio.sleep(0.1)
    _reset(request.writer)


@serves("resets the connection within its body", _BROKEN_OFF)
async def resets_in_the_body(request: Request) -> None:
    await request.raw(_OK + b"Content-Length: 99\r\n\r\n{")
    await asyncio.sleep(0.1)
    _reset(request.writer)


@connects("speaks plain HTTP where TLS is due", Refused(Reason.UNREACHABLE, "SSL"), url="https://{host}/mcp")
async def speaks_http_for_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(_OK + b"\r\n{}")
    writer.close()


@lists("sends a second answer behind the first, for whoever asks next", Lists())
async def smuggles_an_answer(request: Request) -> None:
    wrong = b'{"jsonrpc":"2.0","id":99,"result":{"tools":[{"name":"smuggled"}]}}'
    await request.result(page(TOOLS))
    await request.raw(_OK + b"Content-Length: %d\r\n\r\n" % len(wrong) + wrong)


@serves("says its length in two ways, and hides an answer between them", Refused(Reason.PROTOCOL_ERROR, "no such"))
async def smuggles_between_lengths(request: Request) -> None:
    body = b'{"jsonrpc":"2.0","id":%d,"error":{"code":-32603,"message":"no such thing"}}' % request.message.get("id", 0)
    hidden = b'HTTP/1.1 200 OK\r\n\r\n{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"smuggled"}]}}'
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    await request.raw(_OK + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + hidden)
    request.writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST and not with FIN."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
