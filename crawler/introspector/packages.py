"""From a package to its tools: install it in a box that reaches its registry, run it in a box that reaches nothing.

Knows neither npm nor PyPI, nor how a box is made. No code of the package runs while there is a network or a
credential of the user's; when it runs, it sees what was installed and nothing else.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from crawler.introspector import dummies, egress, sandbox
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.ecosystems import APP, CACHE, ECOSYSTEMS, Ecosystem, Installed, has_newer_sdk
from crawler.introspector.file_hosts import way_out
from crawler.introspector.sandbox import Box
from crawler.introspector.session import Listed, Session
from crawler.introspector.stdio import Process, Stdio
from crawler.records import Attempt, Reason, Target, Transport

_INSTALLER = 61184
"""The uid of all install steps where we are root: they share a cache, and no package's code runs in them."""

_WORTH_ANOTHER = frozenset({Reason.START_FAILED, Reason.TIMED_OUT, Reason.PROTOCOL_ERROR})
"""Failures that made-up values, or an older SDK, may mend."""

_LACKS = re.compile(
    r"\b(?:missing|required?|must (?:be )?(?:set|provided?|specif)|not (?:set|provided|configured|defined)"
    r"|please (?:set|provide)|no configuration|usage:|api[ _-]?key|environment variable|credentials?)",
    re.IGNORECASE,
)
_DISK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Filling:
    """What one attempt fills in: the arguments after the command, and made-up variables."""

    name: Literal["bare", "dummy-values", "older-sdk"]
    arguments: tuple[str, ...]
    values: Mapping[str, str]

    def command(self, installed: Installed) -> str:
        """Return the command as a shell takes it, for whoever wants to repeat it."""
        values = [f"{name}={shlex.quote(value)}" for name, value in sorted(self.values.items())]
        return " ".join([*values, shlex.join([installed.command, *self.arguments])])


async def list_package(target: Target, budget: Budget) -> tuple[Listed, Attempt]:
    """Install a package and list its tools. Raises `Stopped` with the reason of the first attempt that failed."""
    ecosystem = ECOSYSTEMS.get(target.kind)
    if ecosystem is None:
        raise Stopped(Reason.UNSUPPORTED, f"packages of the kind {target.kind} are recorded and not run")
    if target.transport is not Transport.STDIO:
        raise Stopped(Reason.UNSUPPORTED, f"a package that serves {target.transport} is recorded and not run")
    await asyncio.to_thread(sandbox.require)
    try:
        async with _installed(ecosystem, target, budget) as (app, installed):
            return await _first_that_lists(installed, target, app, budget)
    except _Outdated as outdated:
        filling = _filled(target, "older-sdk", outdated.said)
        try:
            async with _installed(ecosystem, target, budget, older_sdk=True) as (app, installed):
                return await _attempt(installed, filling, app, budget)
        except Stopped:
            raise _truthful(outdated) from None


class _Outdated(Stopped):
    """A package that failed on an SDK newer than the one it may have been written for."""


async def _first_that_lists(installed: Installed, target: Target, app: Path, budget: Budget) -> tuple[Listed, Attempt]:
    bare = _Filling("bare", tuple(dummies.arguments(target.needs, filled=False)), {})
    try:
        listed, attempt = await _attempt(installed, bare, app, budget)
    except Stopped as stopped:
        return await _with_values(stopped, installed, target, app, budget)
    filling = _filled(target, "dummy-values", "")
    if listed.tools or (filling.arguments, filling.values) == (bare.arguments, bare.values):
        return listed, attempt
    try:  # it lists nothing, and we left out what it asks for
        fuller = await _attempt(installed, filling, app, budget)
    except Stopped:
        return listed, attempt
    return fuller if fuller[0].tools else (listed, attempt)


async def _with_values(
    failed: Stopped, installed: Installed, target: Target, app: Path, budget: Budget
) -> tuple[Listed, Attempt]:
    if failed.reason not in _WORTH_ANOTHER:
        raise failed
    try:
        return await _attempt(installed, _filled(target, "dummy-values", failed.said), app, budget)
    except Stopped:
        if has_newer_sdk(installed):
            raise _Outdated(failed.reason, str(failed), failed.said) from None
        raise _truthful(failed) from None


def _filled(target: Target, name: Literal["dummy-values", "older-sdk"], said: str) -> _Filling:
    """Fill in what the record declares, and what the process named when it refused to start."""
    values = {**dummies.named_in(said), **dummies.variables(target.needs)}
    return _Filling(name, tuple(dummies.arguments(target.needs, filled=True)), values)


async def _attempt(installed: Installed, filling: _Filling, app: Path, budget: Budget) -> tuple[Listed, Attempt]:
    """Start the package without a network and list its tools; once more if our first question was its end."""
    runtime = installed.runtime
    box = Box(
        sandbox.new_user(),
        readable={APP: str(app), **runtime.readable},
        folders=(dummies.DATA,),
        files={} if filling.name == "bare" else dummies.FILES,
        environment=filling.values,
        path=f"{runtime.folder}:/usr/local/bin:/usr/bin:/bin",
    )
    command = (installed.command, *filling.arguments)
    listed = await list_in_box(box, command, budget)
    return listed, Attempt(filling.name, filling.command(installed), installed.version)


async def list_in_box(box: Box, command: tuple[str, ...], budget: Budget) -> Listed:
    """Run a stdio server in a box and list its tools. Raises `Stopped` when it does not."""
    deadline = asyncio.get_running_loop().time() + budget.package_seconds
    try:
        return await _list_once(box, command, budget, deadline, modern=True)
    except Stopped as stopped:
        if stopped.reason is not Reason.START_FAILED:
            raise
        try:  # it may have ended at a question it does not know
            return await _list_once(box, command, budget, deadline, modern=False)
        except Stopped:
            raise stopped from None


async def _list_once(box: Box, command: tuple[str, ...], budget: Budget, deadline: float, *, modern: bool) -> Listed:
    async with sandbox.running(box, command, budget) as process:
        channel = Stdio(process, budget, modern=modern)
        return await Session(channel, budget, deadline, budget.start_seconds).list_tools()


@asynccontextmanager
async def _installed(
    ecosystem: Ecosystem, target: Target, budget: Budget, *, older_sdk: bool = False
) -> AsyncIterator[tuple[Path, Installed]]:
    """Install a package into a folder of its own, which is deleted on the way out."""
    step = await asyncio.to_thread(ecosystem.step, target, older_sdk=older_sdk)
    place = _workplace()
    try:
        app = _owned(place / "app")
        cache = _owned(_cache_home() / target.kind.value)
        async with egress.opened(place / "gate", await way_out(step.access, step.pages)) as gate:
            box = Box(
                _INSTALLER,
                readable={**step.runtime.readable, **step.access.readable, **gate},
                writable={APP: str(app), CACHE: str(cache)},
                files={**step.access.files, **step.files},
                programs=step.programs,
                environment={**step.access.environment, **step.environment, **egress.BOX_ENVIRONMENT},
                path=f"{step.runtime.folder}:/usr/local/bin:/usr/bin:/bin",
            )
            await _install(box, step.command, app, ecosystem.complaint, budget)
        yield app, await asyncio.to_thread(ecosystem.installed, app, target)
    finally:
        await asyncio.shield(asyncio.to_thread(_remove, place))


async def _install(
    box: Box, command: tuple[str, ...], app: Path, complaint: Callable[[str], str], budget: Budget
) -> None:
    slow = replace(budget, cpu_seconds=int(budget.install_seconds))
    async with sandbox.running(box, command, slow) as process:
        disk = asyncio.create_task(_watch_disk(process, app, budget.install_bytes))
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
        if code != 0:
            why = process.overstepped or complaint(process.tail) or f"the installer ended with exit code {code}"
            raise Stopped(Reason.INSTALL_FAILED, why)


async def _watch_disk(process: Process, folder: Path, limit: int) -> None:
    while True:
        await asyncio.sleep(_DISK_SECONDS)
        if await asyncio.to_thread(_size_of, folder) > limit:
            await process.end(f"takes more than {limit} bytes of disk")


def _size_of(folder: Path) -> int:
    """Return the bytes that a tree takes on disk; files that vanish meanwhile count as nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118 - a hundred thousand files
            except OSError:
                continue
    return total


def _truthful(stopped: Stopped) -> Stopped:
    """Call a process that ended because it lacks something by that name."""
    if stopped.reason is Reason.START_FAILED and _LACKS.search(str(stopped)):
        return Stopped(Reason.NEEDS_CONFIGURATION, str(stopped))
    return stopped


def _cache_home() -> Path:
    """Return the folder of the installers' caches: root's home is closed to the uid they run as."""
    if os.geteuid() == 0:
        return Path("/var/cache/mcp-risk-catalogue")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mcp-risk-catalogue")


def _workplace() -> Path:
    place = Path(tempfile.mkdtemp(prefix="mcp-box-"))
    place.chmod(0o711)  # the box's user passes through it
    return place


def _owned(folder: Path) -> Path:
    """Make a folder that belongs to the installer."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    if os.geteuid() == 0:
        os.chown(folder, _INSTALLER, _INSTALLER)
    return folder


def _remove(place: Path) -> None:
    """Delete a tree, folders that its maker closed to us included."""

    def open_and_retry(function: Callable[..., Any], path: str, _: Any) -> None:
        try:
            Path(path).parent.chmod(0o700)
            function(path)
        except OSError:
            return  # the system's temporary folder is cleaned by its owner

    shutil.rmtree(place, onerror=open_and_retry)
