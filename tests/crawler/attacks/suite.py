"""The whole suite: all attacks beside healthy neighbours, in one crawl of a process of its own; and what is to be held
against what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crawler.introspector import Budget
from tests.crawler.attacks import ATTACKS
from tests.crawler.attacks.attack import Attack, Lists, Refused
from tests.crawler.attacks.internet import Heard, served
from tests.crawler.peers.remotes import PEERS, healthy

NEIGHBOURS = [
    Attack(f"neighbour-{number}", "is healthy", Lists(), PEERS["events"] if number % 3 == 0 else healthy)
    for number in range(30)
]

_ROOT = Path(__file__).parents[3]
_QUESTIONS = {"server/discover", "initialize", "notifications/initialized", "tools/list"}
_SECRETS = {"authorization", "cookie", "proxy-authorization"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the introspection of one address ended; `why` says of the first entry that is no tool why it is none."""

    outcome: str
    detail: str
    seconds: float
    tools: int
    complete: bool
    malformed: int
    why: str


@dataclass(frozen=True, slots=True)
class Suite:
    """One run. `memory` is what the asking took at its peak, in KiB; `astray` are connections to the canary."""

    outcomes: dict[str, Outcome]
    seconds: float
    memory: int
    astray: list[str]
    database: str
    heard: Heard


def run(folder: Path, budget: Budget) -> Suite:
    """Crawl all attacks and neighbours, in the folder, with the environment full of proxies."""
    return asyncio.run(_run(folder, budget))


async def _run(folder: Path, budget: Budget) -> Suite:
    # Mixed, and always alike: floods beside floods would only show how busy the machine is.
    listed = sorted([*ATTACKS.values(), *NEIGHBOURS], key=lambda one: hashlib.sha256(one.name.encode()).digest())
    servers = [
        {"server": {"name": f"test/{one.name}", "remotes": [{"type": one.transport, "url": one.address}]}}
        for one in listed
    ]
    (folder / "servers.json").write_text(json.dumps({"servers": servers}))
    again = [one.address for one in listed if one.again]
    async with served(listed) as (internet, heard):
        plan = {"internet": asdict(internet), "again": again, "budget": asdict(budget)}
        (folder / "plan.json").write_text(json.dumps(plan))
        proxy = f"http://127.0.0.1:{internet.canary}"
        proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"), proxy)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crawler.attacks.crawl", str(folder), cwd=_ROOT,
            env={**os.environ, **proxies}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return _suite(json.loads(said), f"sqlite:///{folder}/catalogue.db", heard)


def _suite(said: dict[str, Any], database: str, heard: Heard) -> Suite:
    outcomes = {address: Outcome(**fields) for address, fields in said["outcomes"].items()}
    return Suite(outcomes, said["seconds"], said["memory"], said["astray"], database, heard)


def faults(attack: Attack, outcome: Outcome, budget: Budget) -> Iterator[str]:
    """Say in what the outcome differs from what is to become of the attack."""
    if isinstance(attack.ends, Refused):
        if (outcome.outcome, outcome.tools) != (attack.ends.reason.value, 0):
            yield f"ends {attack.ends.reason.value}, without tools"
        if attack.ends.words not in outcome.detail:
            yield f"says {attack.ends.words!r}"
        if not outcome.detail.isprintable() or not 0 < len(outcome.detail) <= 300:
            yield "has a detail of one plain line"
    else:
        if (outcome.outcome, outcome.complete) != ("introspected", attack.ends.complete):
            yield f"lists its tools, {'complete' if attack.ends.complete else 'not complete'}"
        if attack.ends.tools not in {None, outcome.tools}:
            yield f"lists {attack.ends.tools} tools"
        if outcome.malformed != attack.ends.malformed or not outcome.why.startswith(attack.ends.words):
            yield f"lists {attack.ends.malformed} entries that are none: {attack.ends.words!r}"
    if outcome.seconds > budget.session_seconds + 3:
        yield "ends with its session's time"


def indiscretions(heard: Heard) -> Iterator[str]:
    """Say what was sent that is none of a server's business, or asks more than for a listing."""
    for host, requests in heard.requests.items():
        for request in requests:
            if request.asked not in {*_QUESTIONS, ""}:
                yield f"{host} was asked {request.asked}"
            if sent := _SECRETS & request.headers.keys():
                yield f"{host} was sent {', '.join(sent)}"
            if request.message.get("result") or request.message.get("error", {"code": -32601})["code"] != -32601:
                yield f"{host} was answered {request.message}"
            if request.headers.get("accept-encoding") != "identity":
                yield f"{host} was asked to compress"
