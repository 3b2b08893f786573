"""Where agents reach the server: standard input and output, or streamable HTTP on an address. Knows no tool.

Over HTTP it answers whoever names it by its own address and comes from no other site: a page in a browser on the same
machine could otherwise ask it, also by a name of its own that leads here (DNS rebinding). It keeps no session.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import anyio
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from catalogue.agents.questions import LONGEST_CONFIGURATION
from catalogue.errors import CatalogueError

_PATH = "/mcp"
_LARGEST_REQUEST = 6 * LONGEST_CONFIGURATION + 64 * 1024  # bytes: a text all of escapes, and a few names
_MOST_AT_ONCE = 100  # connections and requests in flight; more are refused at once
_LOOPBACK = "127.0.0.1"
_NAMES_OF_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. `host` is a name or an address, an IPv6 one without its brackets."""

    host: str
    port: int


def read_address(text: str) -> Address:
    """Read `HOST:PORT`, `[IPV6]:PORT`, or a port alone, which is one of loopback.

    Raises `CatalogueError` for anything else, and for addresses that stand for all: nobody could say then by which
    names the server is called.
    """
    try:
        parts = urlsplit(f"//{text}" if ":" in text else f"//:{text}")
        host, port = parts.hostname or _LOOPBACK, parts.port
    except ValueError as error:
        raise CatalogueError(f"{text!r} is not HOST:PORT: {error}") from error
    if port is None or parts.path or parts.query or parts.username is not None:
        raise CatalogueError(f"{text!r} is not HOST:PORT", "for instance 127.0.0.1:8000, or 8000 alone")
    if _is_any(host):
        raise CatalogueError(f"{text!r} stands for all addresses", "give the one by which clients call this machine")
    return Address(host, port)


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def serve_stdio(server: Server[Any]) -> None:
    """Serve whoever started this process, until its input ends."""

    async def serve() -> None:
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    for number in (signal.SIGINT, signal.SIGTERM):  # a thread waits for input, and would go on; nothing can be lost
        signal.signal(number, signal.SIG_DFL)
    anyio.run(serve)


def serve_http(server: Server[Any], address: Address, announce: Callable[[str], None]) -> None:
    """Serve everybody who reaches the address, until told to stop; `announce` gets the URL once it answers."""
    with _listen(address) as listening:
        names = _names(address.host, listening.getsockname()[1])
        app = server.streamable_http_app(
            streamable_http_path=_PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=_LARGEST_REQUEST,
            transport_security=TransportSecuritySettings(
                allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
            ),
        )
        config = uvicorn.Config(
            _posts_only(app), log_config=None, access_log=False, server_header=False, limit_concurrency=_MOST_AT_ONCE
        )
        announce(f"http://{names[0]}{_PATH}")
        uvicorn.Server(config).run(sockets=[listening])


def _posts_only(app: ASGIApp) -> ASGIApp:
    """Refuse what is no question: a GET would open a stream on which nothing is ever said, and keep its place."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] != "POST":
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
        else:
            await app(scope, receive, send)

    return answer


def _listen(address: Address) -> socket.socket:
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CatalogueError(f"cannot listen on {address.host} port {address.port}: {reason}") from error


def _names(host: str, port: int) -> list[str]:
    """Return what a client may call the server, the given name first; the usual port may be left out."""
    own = f"[{host}]" if ":" in host else host
    hosts = dict.fromkeys((own, *_NAMES_OF_LOOPBACK)) if _is_loopback(host) else (own,)
    return [f"{name}:{port}" for name in hosts] + ([*hosts] if port == 80 else [])


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
