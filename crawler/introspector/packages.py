"""From a package to its tools: install it in a box that reaches its registry, run it in a box that reaches nothing.

Knows neither npm nor PyPI, nor how a box is made. No code of the package runs while there is a network or a
credential of the user's; when it runs, it sees what was installed and nothing else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from crawler.introspector import dummies, egress, sandbox
from crawler.introspector.attempts import Attempts, Filling
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.ecosystems import APP, CACHE, ECOSYSTEMS, Ecosystem, Installed, has_newer_sdk
from crawler.introspector.file_hosts import way_out
from crawler.introspector.last_words import ends_at_a_question, lacks
from crawler.introspector.sandbox import Box
from crawler.introspector.session import Listed, Session
from crawler.introspector.stdio import Process, Stdio
from crawler.introspector.workplace import Workplace
from crawler.records import Attempt, Level, Reason, Target, TargetKind, Transport

_INSTALLER = 61184
"""The uid of all install steps where we are root: they share a cache, and no package's code runs in them."""

_DISK_SECONDS = 2.0

_WHY_NOT = {TargetKind.NUGET: "starting one takes the .NET SDK, which is not driven here"}

Running: TypeAlias = Callable[[], AbstractAsyncContextManager[Process]]
"""Starts a stdio server; all of it is gone on the way out."""


async def list_package(target: Target, budget: Budget, level: Level) -> tuple[Listed, Attempt]:
    """Install a package and list its tools. Raises `Stopped` with the most truthful reason that its attempts gave."""
    ecosystem = ECOSYSTEMS.get(target.kind)
    if ecosystem is None:
        raise Stopped(Reason.UNSUPPORTED, f"{target.kind} packages are recorded and not run: {_WHY_NOT[target.kind]}")
    require_stdio(target)
    await asyncio.to_thread(sandbox.require, level)
    attempts = Attempts(target)
    async with _installed(ecosystem, target, budget) as (app, installed):
        found = await attempts.first_that_lists(_Starts(installed, app, budget, level), "bare")
    if found is None and attempts.may_want_older_sdk and has_newer_sdk(installed):
        with suppress(Stopped):  # there is no older one that fits: what the newest said stands
            async with _installed(ecosystem, target, budget, older_sdk=True) as (app, older):
                found = await attempts.first_that_lists(_Starts(older, app, budget, level), "older-sdk")
    if found is None:
        raise attempts.truth(installed.misfit)
    return found


def require_stdio(target: Target) -> None:
    """Raise `Stopped` for a package that is reached in another way."""
    if target.transport is not Transport.STDIO:
        raise Stopped(Reason.UNSUPPORTED, f"a package that serves {target.transport} is recorded and not run")


@dataclass(frozen=True, slots=True)
class _Starts:
    """Starts an installed package without a network, and lists its tools."""

    installed: Installed
    app: Path
    budget: Budget
    level: Level

    async def __call__(self, filling: Filling) -> tuple[Listed, Attempt]:
        runtime = self.installed.runtime
        box = Box(
            sandbox.new_user(),
            readable={APP: str(self.app), **runtime.readable},
            folders=(dummies.DATA,),
            files={} if filling.name == "bare" else dummies.FILES,
            environment=filling.values,
            path=f"{runtime.folder}:/usr/local/bin:/usr/bin:/bin",
            level=self.level,
        )
        command = (self.installed.command, *filling.arguments)
        listed = await list_in_box(box, command, self.budget)
        ran = filling.command_line(self.installed.command)
        return listed, Attempt(filling.name, ran, self.installed.version, self.installed.all)


async def list_in_box(box: Box, command: tuple[str, ...], budget: Budget) -> Listed:
    """Run a stdio server in a box and list its tools. Raises `Stopped` when it does not."""
    return await list_process(partial(sandbox.running, box, command, budget), budget)


async def list_process(running: Running, budget: Budget) -> Listed:
    """List the tools of the stdio server that `running` starts, anew each time. Raises `Stopped` when it does not."""
    deadline = asyncio.get_running_loop().time() + budget.package_seconds
    try:
        return await _list_once(running, budget, deadline, modern=True)
    except Stopped as stopped:
        line = str(stopped)
        if stopped.reason is not Reason.START_FAILED or (lacks(line) and not ends_at_a_question(line)):
            raise
        try:  # it may have ended at a question it does not know
            return await _list_once(running, budget, deadline, modern=False)
        except Stopped:
            raise stopped from None


async def _list_once(running: Running, budget: Budget, deadline: float, *, modern: bool) -> Listed:
    async with running() as process:
        channel = Stdio(process, budget, modern=modern)
        try:
            return await Session(channel, budget, deadline, budget.start_seconds).list_tools()
        except Stopped as stopped:
            if stopped.said or stopped.reason is Reason.START_FAILED:
                raise
            raise Stopped(stopped.reason, str(stopped), channel.said) from stopped


@asynccontextmanager
async def _installed(
    ecosystem: Ecosystem, target: Target, budget: Budget, *, older_sdk: bool = False
) -> AsyncIterator[tuple[Path, Installed]]:
    """Install a package into a folder of its own, which is deleted on the way out."""
    step = await asyncio.to_thread(ecosystem.step, target, older_sdk=older_sdk)
    workplace = await asyncio.to_thread(Workplace)
    try:
        app = _owned(workplace.path / "app")
        cache = _owned(_cache_home() / target.kind.value)
        async with egress.opened(workplace.path / "gate", await way_out(step.access, step.pages)) as gate:
            box = Box(
                _INSTALLER,
                readable={**step.runtime.readable, **step.access.readable, **gate},
                writable={APP: str(app), CACHE: str(cache)},
                files={**step.access.files, **step.files},
                programs=step.programs,
                environment={**step.access.environment, **step.environment, **egress.BOX_ENVIRONMENT},
                path=f"{step.runtime.folder}:/usr/local/bin:/usr/bin:/bin",
            )
            said = await _install(box, step.command, app, partial(ecosystem.failure, target=target), budget)
        yield app, await asyncio.to_thread(ecosystem.installed, app, target, said)
    finally:
        await asyncio.shield(asyncio.to_thread(workplace.remove))


async def _install(
    box: Box, command: tuple[str, ...], app: Path, failure: Callable[[str], Awaitable[Stopped]], budget: Budget
) -> str:
    """Run an install step and return what it wrote to standard error. Raises `Stopped` when it fails."""
    slow = replace(budget, cpu_seconds=int(budget.install_seconds))
    async with sandbox.running(box, command, slow) as process:
        disk = asyncio.create_task(_watch_disk(process, app, budget))
        try:
            async with asyncio.timeout(budget.install_seconds):
                while await process.stdout.read(65536):
                    pass
                code = await process.wait()
        except TimeoutError:
            raise Stopped(
                Reason.INSTALL_FAILED, f"took longer than {budget.install_seconds:.0f} s to install"
            ) from None
        finally:
            disk.cancel()
        overstepped = await process.overstepped() or await asyncio.to_thread(_excess, app, budget)
        if overstepped:
            raise Stopped(Reason.INSTALL_FAILED, overstepped)
        if code != 0:
            raise await failure(process.tail)
        return process.tail


async def _watch_disk(process: Process, folder: Path, budget: Budget) -> None:
    while True:
        await asyncio.sleep(_DISK_SECONDS)
        if excess := await asyncio.to_thread(_excess, folder, budget):
            await process.end(excess)


def _excess(folder: Path, budget: Budget) -> str:
    """Say in which way a tree is larger than it may be, "" when it is not; what vanishes meanwhile counts as nothing.

    Files count as well as bytes: an empty one takes none of those, and still its place in the file system's table.
    """
    files = size = 0
    for parent, folders, names in os.walk(folder):
        files += len(folders) + len(names)
        if files > budget.install_files:
            return f"has more than {budget.install_files} files"
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118 - a hundred thousand files
    return f"takes more than {budget.install_bytes} bytes of disk" if size > budget.install_bytes else ""


def _cache_home() -> Path:
    """Return the folder of the installers' caches: root's home is closed to the uid they run as."""
    if os.geteuid() == 0:
        return Path("/var/cache/mcp-risk-catalogue")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mcp-risk-catalogue")


def _owned(folder: Path) -> Path:
    """Make a folder that belongs to the installer."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    if os.geteuid() == 0:
        os.chown(folder, _INSTALLER, _INSTALLER)
    return folder
