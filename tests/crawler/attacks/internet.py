"""An internet on loopback: every host has a port of its own, and whatever leads anywhere else leads to the canary.

The one half runs the servers; the other is put into the crawling process, in the place of its resolver and below its
address guard, which therefore sees nothing but public addresses and names.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from tests.crawler.attacks.attack import CANARY, LATE, OWN, UNKNOWN, Attack
from tests.crawler.peers.remotes import Request, converse


@dataclass(frozen=True, slots=True)
class Internet:
    """What the crawling process is told: what names resolve to, in turn, and which port an address is at."""

    names: Mapping[str, list[list[str]]]
    ports: Mapping[str, int]
    canary: int


@dataclass(slots=True)
class Heard:
    """What the servers heard: the requests of each host, and the first bytes of whatever reached the canary."""

    requests: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    astray: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def served(attacks: Iterable[Attack]) -> AsyncIterator[tuple[Internet, Heard]]:
    """Serve the attacks, and the canary."""
    heard = Heard()
    names: dict[str, list[list[str]]] = {CANARY: [["127.0.0.1"]]}
    ports: dict[str, int] = {}

    async def canary(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.astray.append(b"")
        heard.astray.append(await reader.read(300))
        writer.close()

    async with AsyncExitStack() as stack:
        canary_port = await _listen(stack, canary)
        for number, attack in enumerate(attacks):
            own = f"93.184.{number // 250}.{number % 250 + 1}"
            names[attack.host] = [[own if one == OWN else one for one in answers] for answers in attack.dns]
            ports[own] = await _listen(stack, _connected(attack, heard))
        yield Internet(names, ports, canary_port), heard
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _connected(attack: Attack, heard: Heard) -> Any:
    async def answer(request: Request) -> None:
        if request.path == "/robots.txt" and not attack.own_robots:
            await request.reply(b"", 404)
        else:
            assert attack.answer
            await attack.answer(request)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if attack.connection is None:
            return await converse(reader, writer, answer, heard.requests[attack.name])
        try:
            await attack.connection(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    return connected


async def _listen(stack: AsyncExitStack, connected: Any) -> int:
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    stack.callback(server.close)
    return int(server.sockets[0].getsockname()[1])


@contextmanager
def surrounded(internet: Internet, late_seconds: float) -> Iterator[list[str]]:
    """Let this process resolve names and make connections in that internet only; gives what led to the canary.

    An answer of its DNS that is late comes after that time.
    """
    connect = asyncio.open_connection
    astray: list[str] = []

    async def connected(host: str, port: int, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        there = internet.ports.get(host, internet.canary) if port in {80, 443} else internet.canary
        if there == internet.canary:
            astray.append(f"{host}:{port}")
        return await connect("127.0.0.1", there, **options)

    with (
        mock.patch.object(asyncio, "open_connection", connected),
        mock.patch.object(socket, "getaddrinfo", _resolver(internet, late_seconds)),
    ):
        yield astray


def _resolver(internet: Internet, late_seconds: float) -> Any:
    pending = {name: list(answers) for name, answers in internet.names.items()}

    def resolve(host: str | bytes, port: Any, *_: Any, **__: Any) -> list[Any]:
        answers = pending.get(host.decode() if isinstance(host, bytes) else host, [[UNKNOWN]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer[0] == LATE:
            time.sleep(late_seconds)
            answer = answer[1:]
        if answer == [UNKNOWN]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]

    return resolve
