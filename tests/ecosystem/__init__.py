"""A local internet for tests and measurements: a registry and MCP servers of both eras, well and ill, in one process.

with running(servers=300) as ecosystem:
    crawl(ecosystem.address)                  # the registry; its servers are below the same address
    ecosystem.expected()[name].outcome        # what an honest crawl must find
    ecosystem.asked()["listed"]               # how often each server was asked for its tools
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.ecosystem.world import DEFAULT_MIX, OUTCOMES, REVISIONS, Expected, Server, expected, world

__all__ = ["DEFAULT_MIX", "OUTCOMES", "REVISIONS", "Ecosystem", "Expected", "Server", "expected", "running", "world"]

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """A running ecosystem; `mix` is profile to per cent, the rest is healthy."""

    address: str
    servers: int
    seed: int
    mix: Mapping[str, float]
    revisions: Mapping[str, float]

    def expected(self) -> dict[str, Expected]:
        return expected(self.servers, self.seed, self.mix, self.revisions)

    def withdrawn(self) -> set[str]:
        """The names that the registry calls deleted, where it is asked for changes."""
        return {server.name for server in world(self.servers, self.seed, self.mix, self.revisions) if server.deleted}

    def asked(self) -> dict[str, Any]:
        """What the servers saw.

        `methods`: how often each was asked; `listed`: how often each server was asked for its first page; `visits`: who
        was at each server, from when to when (`visits.py`); `cpu`: seconds of processor that all this took.
        """
        with urlopen(self.address + "/asked", timeout=10) as answer:
            counts: dict[str, Any] = json.load(answer)
        return counts


@contextmanager
def running(
    servers: int = 300,
    seed: int = 1,
    mix: Mapping[str, float] = DEFAULT_MIX,
    latency: float = 0.0,
    revisions: Mapping[str, float] = REVISIONS,
) -> Iterator[Ecosystem]:
    """Start an ecosystem in a process of its own, and end it afterwards; each answer takes `latency` seconds."""
    command = [sys.executable, "-m", "tests.ecosystem", "--servers", str(servers), "--seed", str(seed)]
    command += ["--mix", json.dumps(dict(mix)), "--revisions", json.dumps(dict(revisions)), "--latency", str(latency)]
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        try:
            address = process.stdout.readline().strip()
            assert address, "the ecosystem did not start"
            yield Ecosystem(address, servers, seed, mix, revisions)
        finally:
            process.kill()
