"""Versions of the official SDKs: installed into a folder, from the registry of the user's configuration, and served."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crawler.introspector import Budget, introspect
from crawler.introspector.budget import Stopped
from crawler.introspector.packages import list_process
from crawler.introspector.session import Listed
from crawler.introspector.stdio import start
from crawler.records import Introspected, NotIntrospected, Target, TargetKind, Transport

PEERS = Path(__file__).parent
BUDGET = Budget(request_seconds=15)
STDIO, SSE, HTTP = ("stdio",), ("sse",), ("streamable-http",)
STATELESS = ("streamable-http", "--stateless", "--json")
_PATHS = {"sse": "/sse", "streamable-http": "/mcp"}
_INSTALL_SECONDS = 120
_START_SECONDS = 20


class NotInstalledError(Exception):
    """An SDK that could not be installed, with the installer's last line; mostly the registry cannot be reached."""


@dataclass(frozen=True, slots=True)
class Sdk:
    """One version of an SDK, by what its installer is told; `transports` are those that it has."""

    language: str
    packages: tuple[str, ...]
    transports: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return f"{self.language} {self.packages[0]}"

    def install(self, folder: Path) -> tuple[str, ...]:
        """Install into a new folder and return the command of the peer, without its arguments."""
        return self._install_python(folder) if self.language == "python" else self._install_node(folder)

    def _install_python(self, folder: Path) -> tuple[str, ...]:
        from crawler.introspector.runtimes import uv

        program, python = str(uv() or "uv"), str(folder / "bin/python")
        _run(program, "venv", "--quiet", "--python", sys.executable, str(folder))
        _run(program, "pip", "install", "--quiet", "--python", python, *self.packages)
        return python, str(PEERS / "sdk_peer.py")

    def _install_node(self, folder: Path) -> tuple[str, ...]:
        folder.mkdir()
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", f"--prefix={folder}")
        _run("npm", "install", *options, *self.packages)
        shutil.copy(PEERS / "sdk_peer.mjs", folder)  # modules are looked for beside it
        return "node", str(folder / "sdk_peer.mjs")


def tools_of(command: tuple[str, ...], transport: tuple[str, ...]) -> Listed | Introspected | NotIntrospected | Stopped:
    """Serve the peer over a transport and introspect it."""
    name, *flags = transport
    if name == "stdio":
        return asyncio.run(_over_stdio((*command, "stdio")))
    with served(command, name, *flags) as base:
        target = Target(TargetKind.REMOTE, Transport(name), base + _PATHS[name])
        return asyncio.run(introspect(target, BUDGET, allow_private=True))


@contextmanager
def served(command: tuple[str, ...], transport: str, *flags: str) -> Iterator[str]:
    """Run the peer on a free port until the block ends; gives its origin."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*command, transport, str(port), *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


async def _over_stdio(command: tuple[str, ...]) -> Listed | Stopped:
    """List the tools as those of a package, in two questions and two starts, but without a box."""
    try:
        return await list_process(partial(start, command, longest_line=BUDGET.message_bytes), BUDGET)
    except Stopped as stopped:
        return stopped


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the SDK's server did not start")


def _run(*command: str) -> None:
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=True)
    except subprocess.CalledProcessError as error:
        lines = f"{error.stdout}\n{error.stderr}".strip().splitlines()
        raise NotInstalledError(lines[-1] if lines else "it ended with an error and said nothing") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalledError(str(error)) from error
