"""What an attack is, and the means to write one down in a few lines. Each has a host and an address of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from crawler.records import Reason
from tests.crawler.peers.remotes import TOOLS, Answer, Request, healthy, opened

OWN = "own"
"""In an answer of the attack's DNS: the public address at which its own server is."""

LATE = "late"
"""Before an answer of the attack's DNS: it comes when nobody waits for it any more."""

UNKNOWN = "unknown"
"""In place of an answer of the attack's DNS: there is no such name."""

CANARY = "canary.test"
"""A host at 127.0.0.1. Whatever is connected to that is no attack's own server reaches the canary, which notes it."""

Connection: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Refused:
    """The attack ends without a listing, for this reason, with these words in its detail."""

    reason: Reason
    words: str


@dataclass(frozen=True, slots=True)
class Lists:
    """The attack ends with a listing: so many tools, all there are or not, and so many entries that are none.

    `tools` is `None` where it depends on the clock; `words` are why the first of the entries is none.
    """

    tools: int | None = len(TOOLS)
    complete: bool = True
    malformed: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile remote: what it does, and how its introspection is to end.

    `answer` is given each HTTP request but that for robots.txt, which is not found unless `own_robots`; `connection`
    takes whole connections in its place. `dns` holds what the host resolves to, in turn. `url` says where it is listed:
    `{host}` stands for its host. One that lies only later is asked `again`.
    """

    name: str
    does: str
    ends: Refused | Lists
    answer: Answer | None = None
    connection: Connection | None = None
    own_robots: bool = False
    dns: tuple[tuple[str, ...], ...] = ((OWN,),)
    url: str = "http://{host}/mcp"
    transport: str = "streamable-http"
    again: bool = False

    @property
    def host(self) -> str:
        return f"{self.name}.test"

    @property
    def address(self) -> str:
        return self.url.replace("{host}", self.host)


ATTACKS: dict[str, Attack] = {}


def add(attack: Attack) -> None:
    assert attack.name not in ATTACKS, attack.name
    ATTACKS[attack.name] = attack


def serves(does: str, ends: Refused | Lists, **more: Any) -> Callable[[Answer], Answer]:
    """Register the attack whose server answers every request as the function does."""

    def register(answer: Answer) -> Answer:
        add(Attack(_name(answer), does, ends, answer, **more))
        return answer

    return register


def lists(does: str, ends: Refused | Lists, **more: Any) -> Callable[[Answer], Answer]:
    """Register the attack whose server opens its session well and answers tools/list as the function does."""

    def register(answer: Answer) -> Answer:
        add(Attack(_name(answer), does, ends, _then(answer), **more))
        return answer

    return register


def connects(does: str, ends: Refused | Lists, **more: Any) -> Callable[[Connection], Connection]:
    """Register the attack that takes whole connections as the function does."""

    def register(connection: Connection) -> Connection:
        add(Attack(_name(connection), does, ends, connection=connection, **more))
        return connection

    return register


def says(name: str, does: str, ends: Refused | Lists, raw: bytes, **more: Any) -> None:
    """Register the attack that answers every request with the same bytes, and closes."""

    async def answer(request: Request) -> None:
        await request.raw(raw)
        request.writer.close()

    add(Attack(name, does, ends, answer, **more))


def results(name: str, does: str, ends: Refused | Lists, result: bytes) -> None:
    """Register the attack whose tools/list has this JSON for its result, word for word."""
    messages(name, does, ends, b'{"jsonrpc":"2.0","id":%d,"result":' + result.replace(b"%", b"%%") + b"}")


def messages(name: str, does: str, ends: Refused | Lists, message: bytes) -> None:
    """Register the attack that answers tools/list with this message, word for word; `%d` is the id of the question."""

    async def answer(request: Request) -> None:
        await request.reply(message % request.message["id"] if b"%" in message else message)

    add(Attack(name, does, ends, _then(answer)))


def stands(name: str, does: str, ends: Refused | Lists, **more: Any) -> None:
    """Register the attack that consists in where its server, which is in order, is said to be."""
    add(Attack(name, does, ends, healthy, **more))


def _then(answer: Answer) -> Answer:
    async def respond(request: Request) -> None:
        await (answer(request) if request.asked == "tools/list" else opened(request))

    return respond


def _name(function: Callable[..., Any]) -> str:
    return function.__name__.replace("_", "-")
