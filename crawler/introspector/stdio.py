"""The stdio transport: a process's lines, read in linear time and on a budget. Knows no sandbox and no method.

Whatever the process does, it and its children are gone when the channel is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from crawler.introspector.budget import Budget, Meter, Stopped
from crawler.introspector.last_words import telling_line
from crawler.introspector.wire import answer_of, decode, encode, reply_to
from crawler.records import Reason, Wire

_STDERR_KEPT = 16 * 1024
"""Bytes of the end of standard error: enough for the last lines of a traceback."""

_STDERR_READ = 4 * 1024 * 1024
"""Bytes of standard error that are read at all; a process that writes more finds its pipe full, and waits."""

_STRAYS_KEPT = 4 * 1024
"""Bytes of the end of what strayed onto standard output: some programs print there why they end."""

_LAST_WORDS_SECONDS = 0.5
"""How long a process that closed its output may take to end and say why."""

_STOP_ROUNDS = 1_000
"""Milliseconds to wait for a process to stop; one that is deep in the kernel takes its time."""

_REPLIES = 16
"""Requests from the server that we reply to; one that asks more often is not waiting for our answer."""


class Process:
    """A running process, its output read by nobody else; `tail` is the end of its standard error.

    `excess` is asked, when it has ended, whether that was for a limit that others hold it to ("": it was not).
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid
        self.excess: Callable[[], Awaitable[str]] = _no_excess
        self._overstepped = ""
        self._tail = bytearray()
        assert process.stdin is not None  # noqa: S101 - all three are pipes, as `start` asks
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        self.stdin, self.stdout, self._errors = process.stdin, process.stdout, process.stderr
        self._stderr = asyncio.create_task(self._drain())

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; `None` while it runs."""
        return self._process.returncode

    async def overstepped(self) -> str:
        """Say which limit it was ended for, "" when it was not."""
        return self._overstepped or await self.excess()

    @property
    def tail(self) -> str:
        return self._tail.decode("utf-8", "replace")

    async def wait(self) -> int:
        """Wait for the end and the last of standard error; return the exit code, negative for a signal."""
        code = await self._process.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._stderr), _LAST_WORDS_SECONDS)
        return code

    async def end(self, overstepped: str = "") -> None:
        """End the process and all its descendants.

        It is stopped first: killed between making a child and telling it whose it is, bubblewrap leaves one behind.
        """
        self._overstepped = self._overstepped or overstepped
        _signal(self.pid, signal.SIGSTOP)
        for _ in range(_STOP_ROUNDS):
            if not is_running(self.pid):
                break
            await asyncio.sleep(0.001)
        for pid in reversed(family(self.pid)):
            _signal(pid, signal.SIGKILL)

    async def close(self) -> None:
        """End the process, and wait until it has ended and its pipes are empty: asyncio waits for both."""
        if self._process.returncode is None:
            await self.end()
        self._stderr.cancel()
        self.stdin.close()
        await asyncio.wait([self._stderr])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await asyncio.gather(_skip(self.stdout), _skip(self._errors))
                await self._process.wait()

    async def _drain(self) -> None:
        seen = 0
        while seen < _STDERR_READ and (chunk := await self._errors.read(_STDERR_KEPT)):
            seen += len(chunk)
            self._tail.extend(chunk)
            del self._tail[:-_STDERR_KEPT]


@asynccontextmanager
async def start(command: Sequence[str], files: Sequence[int] = (), *, longest_line: int) -> AsyncIterator[Process]:
    """Run a command as the leader of a process group; it is killed on the way out. `files` are passed on to it.

    The environment is empty but for PATH: what a process may know is part of its command.
    Raises `Stopped` when it cannot be started.
    """
    pipe = asyncio.subprocess.PIPE
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            limit=longest_line,
            pass_fds=tuple(files),
            start_new_session=True,
            env={"PATH": os.defpath},
            cwd="/",
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL or half a surrogate pair in an argument
        raise Stopped(Reason.START_FAILED, f"the command cannot be started: {error}") from error
    process = Process(child)
    try:
        yield process
    finally:
        await asyncio.shield(process.close())


class Stdio:
    """A channel over a process's standard input and output."""

    legacy_signs = frozenset({Reason.TIMED_OUT, Reason.PROTOCOL_ERROR})

    def __init__(self, process: Process, budget: Budget, *, modern: bool) -> None:
        self.modern = modern
        self._process = process
        self._longest = budget.message_bytes
        self._meter = Meter(budget)
        self._ids = count(1)
        self._replies = _REPLIES
        self._strays = bytearray()

    @property
    def said(self) -> str:
        """The end of what the process has said that is no message: on standard output, then on standard error."""
        return "\n".join(filter(None, (self._strays.decode("utf-8", "replace"), self._process.tail)))

    async def ask(self, method: str, params: Wire, revision: str | None) -> Wire:  # noqa: ARG002 - a channel's
        request_id = next(self._ids)
        await self._write({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        while True:
            message = await self._read()
            answer = answer_of(message, request_id)
            if answer is not None:
                return answer
            reply = reply_to(message)
            if reply and self._replies:
                self._replies -= 1
                await self._write(reply)

    async def tell(self, method: str, revision: str | None) -> None:  # noqa: ARG002 - a channel's
        await self._write({"jsonrpc": "2.0", "method": method})

    async def _write(self, message: Wire) -> None:
        try:
            self._process.stdin.write(encode(message) + b"\n")
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise await self._ended() from error

    async def _read(self) -> Any:
        """Return the next line that is JSON; banners and logs that strayed onto standard output are passed over."""
        while True:
            try:
                line = await self._process.stdout.readuntil(b"\n")
            except asyncio.IncompleteReadError as error:
                self._keep(error.partial)
                raise await self._ended() from error
            except asyncio.LimitOverrunError as error:
                raise Stopped(Reason.TOO_LARGE, f"wrote a line of more than {self._longest} bytes") from error
            self._meter.take(len(line))
            self._meter.take_message(line)
            with contextlib.suppress(ValueError):
                return decode(line)
            self._keep(line)

    def _keep(self, stray: bytes) -> None:
        self._strays.extend(stray[-_STRAYS_KEPT:])
        del self._strays[:-_STRAYS_KEPT]

    async def _ended(self) -> Stopped:
        try:
            code = await asyncio.wait_for(self._process.wait(), 2 * _LAST_WORDS_SECONDS)
        except TimeoutError:
            return Stopped(Reason.START_FAILED, "closed its output before it listed its tools")
        if overstepped := await self._process.overstepped():
            return Stopped(Reason.TOO_LARGE, overstepped)
        with contextlib.suppress(TimeoutError, ValueError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                self._keep(await self._process.stdout.read(_STRAYS_KEPT))
        return Stopped(Reason.START_FAILED, telling_line(self.said) or exit_status(code), self.said)


async def _no_excess() -> str:
    return ""


def family(leader: int) -> list[int]:
    """Return a process and all its descendants, parents before children; whoever has gone is not among them."""
    found = [leader]
    for pid in found:  # grows as it goes
        with contextlib.suppress(OSError, ValueError):
            for task in Path("/proc", str(pid), "task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def is_running(pid: int) -> bool:
    """Say whether a process exists and has not been stopped."""
    with contextlib.suppress(OSError, IndexError):
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] not in "TZX"
    return False


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


async def _skip(stream: asyncio.StreamReader) -> None:
    """Read to the end and forget."""
    while await stream.read(65536):
        pass


def exit_status(code: int) -> str:
    """Say how a process ended, as a sentence's end."""
    if code >= 0:
        return f"ended with exit code {code} and said nothing"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
