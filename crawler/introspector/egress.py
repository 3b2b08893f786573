"""The way out of an install step: to the package registries, and to nowhere else. Knows no package manager.

The box of an install step has no network. A relay of ours in it (`relay.py`, `relay.js`) listens on loopback as an HTTP
proxy and passes each connection on to a socket that is mounted into the box; behind that we stand, and connect to the
hosts that the user's own configuration names, by way of the user's own proxy where there is one.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from crawler.introspector.budget import Stopped
from crawler.records import Reason

RELAY = "/relay"
"""The relay's own file, as the box sees it."""

_GATE = "/gate"
_SOCKET = "socket"
_PORT = 3128
_PROXY = f"http://127.0.0.1:{_PORT}"

BOX_ENVIRONMENT: Mapping[str, str] = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _PROXY)
"""What tells an installer of the relay."""

_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_HEAD_BYTES = 64 * 1024
_HEAD_SECONDS = 30.0
_CHUNK = 64 * 1024
_HOP = re.compile(rb"\r\n(?:proxy-)?connection:[^\r\n]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """Where an install step may connect to, as (host, port), and the user's proxies ("http", "https", "no")."""

    hosts: frozenset[tuple[str, int]] = frozenset()
    proxies: Mapping[str, str] = field(default_factory=dict)

    def allows(self, host: str, port: int) -> bool:
        """Tell whether an installer may connect there."""
        return (host.lower().rstrip("."), port) in self.hosts

    def proxy(self, scheme: str, host: str) -> SplitResult | None:
        """Return the user's proxy for a host, if it is to be used for it."""
        url = self.proxies.get(scheme, "")
        if not url or self._is_direct(host):
            return None
        return urlsplit(url if "://" in url else f"http://{url}")

    def _is_direct(self, host: str) -> bool:
        """Tell whether the user reaches a host without the proxy: named itself, or by the domain it is in."""
        names = [name.strip().lstrip(".").lower() for name in self.proxies.get("no", "").split(",")]
        return any(name == "*" or host == name or host.endswith(f".{name}") for name in names if name)


class Refused(Exception):  # noqa: N818 - an answer to the installer on its way to becoming one
    """A connection that is not made; the message is the answer's status."""


def endpoint(url: str) -> tuple[str, int] | None:
    """Return the host and port of an http or https URL, `None` for anything else."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in _PORTS and parts.hostname:
            return parts.hostname.lower().rstrip("."), parts.port or _PORTS[parts.scheme]
    return None


def relayed(interpreter: tuple[str, ...], command: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command that runs `command` behind the relay, which the interpreter runs from `RELAY`."""
    return (*interpreter, RELAY, f"{_GATE}/{_SOCKET}", str(_PORT), *command)


def relay_source(name: str) -> bytes:
    """Return the text of a relay: "relay.py" or "relay.js"."""
    return (files(__package__) / name).read_bytes()


@asynccontextmanager
async def opened(folder: Path, way: Way) -> AsyncIterator[Mapping[str, str]]:
    """Stand behind the socket in `folder`, a new folder; give what to mount for it into the box."""
    gate = _Gate(way)
    server = await asyncio.start_unix_server(gate.serve, sock=_socket(folder), limit=_HEAD_BYTES)
    try:
        yield {_GATE: str(folder)}
    finally:
        server.close()
        gate.close()


def _socket(folder: Path) -> socket.socket:
    """Bind a socket in a new folder, for the box's user too. Raises `Stopped` where the folder's path is too long."""
    folder.mkdir(mode=0o755)
    place = folder / _SOCKET
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(place))
        place.chmod(0o666)
    except OSError as error:
        bound.close()
        raise Stopped(Reason.NO_SANDBOX, f"no socket can be made in the temporary folder: {error}") from error
    return bound


class _Gate:
    """Serves the connections of one install step."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._serving: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        for task in self._serving:
            task.cancel()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a connection is served in a task of its own
        self._serving.add(task)
        try:
            await self._pass_on(reader, writer)
        except Refused as refused:
            writer.write(f"HTTP/1.1 {refused}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError, asyncio.LimitOverrunError):
            pass  # the installer went away, said no sentence of HTTP, or was ended
        finally:
            self._serving.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        method, place, rest = _asked(head)
        tunnel = method == "CONNECT"
        wanted = endpoint(f"https://{place}" if tunnel else place)
        if wanted is None or not self._way.allows(*wanted):
            raise Refused("403 Not a package registry")
        try:
            upstream, greeting = await self._connect(wanted, tunnel=tunnel, place=place, head=(method, rest))
        except (OSError, EOFError, TimeoutError) as error:
            raise Refused("502 The package registry cannot be reached") from error
        try:
            (writer if tunnel else upstream[1]).write(greeting)
            await _both_ways((reader, writer), upstream)
        finally:
            upstream[1].close()

    async def _connect(
        self, wanted: tuple[str, int], *, tunnel: bool, place: str, head: tuple[str, bytes]
    ) -> tuple[tuple[asyncio.StreamReader, asyncio.StreamWriter], bytes]:
        """Connect to a registry; return the connection, and what to say first (to the installer, for a tunnel)."""
        proxy = self._way.proxy("https" if tunnel else "http", wanted[0])
        if tunnel:
            connection = await _open(proxy, wanted)
            if proxy:
                await _tunnel(connection, proxy, wanted)
            return connection, b"HTTP/1.1 200 Connected\r\n\r\n"
        parts = urlsplit(place)
        target = place if proxy else (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        first = f"{head[0]} {target} HTTP/1.1\r\nConnection: close".encode() + _login(proxy) + head[1]
        return await _open(proxy, wanted), first


def _asked(head: bytes) -> tuple[str, str, bytes]:
    """Take a request's head apart: method, target, and the header lines but for those about the connection."""
    line, _, rest = head.partition(b"\r\n")
    words = line.decode("latin-1").split(" ")
    if len(words) != 3:
        raise Refused("400 Not a request")
    return words[0], words[1], _HOP.sub(b"", b"\r\n" + rest)


async def _open(
    proxy: SplitResult | None, wanted: tuple[str, int]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if proxy is None:
        return await asyncio.open_connection(*wanted, limit=_HEAD_BYTES)
    secure = ssl.create_default_context() if proxy.scheme == "https" else None
    port = proxy.port or _PORTS.get(proxy.scheme, _PORT)
    return await asyncio.open_connection(proxy.hostname, port, ssl=secure, limit=_HEAD_BYTES)


async def _tunnel(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], proxy: SplitResult, wanted: tuple[str, int]
) -> None:
    """Ask the user's proxy for a tunnel. Raises `Refused` when it does not give one."""
    host = f"{wanted[0]}:{wanted[1]}"
    connection[1].write(f"CONNECT {host} HTTP/1.1\r\nHost: {host}".encode() + _login(proxy) + b"\r\n\r\n")
    async with asyncio.timeout(_HEAD_SECONDS):
        answer = await connection[0].readuntil(b"\r\n\r\n")
    if answer.split(b" ", 2)[1:2] != [b"200"]:
        raise Refused("502 The proxy of this machine gives no connection")


def _login(proxy: SplitResult | None) -> bytes:
    if proxy is None or proxy.username is None:
        return b""
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return b"\r\nProxy-Authorization: Basic " + base64.b64encode(login)


async def _both_ways(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter], other: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    await asyncio.gather(_copy(one[0], other[1]), _copy(other[0], one[1]))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
