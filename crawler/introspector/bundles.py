"""From an MCP bundle (.mcpb, formerly .dxt) to its tools: fetched, held to its checksum, unpacked, run in the sandbox.

Knows neither how a zip file is unpacked nor what a manifest looks like. What the manifest declares is known even where
the server does not start; it is kept apart from what a server lists.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from crawler.introspector import downloads, dummies, runtimes, sandbox
from crawler.introspector.attempts import Attempts, Filling
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.bundle_archive import unpack
from crawler.introspector.bundle_manifest import Manifest, read_manifest
from crawler.introspector.ecosystems import APP, read_inside
from crawler.introspector.packages import list_in_box, require_stdio
from crawler.introspector.runtimes import Runtime
from crawler.introspector.sandbox import Box
from crawler.introspector.session import Listed
from crawler.introspector.workplace import Workplace
from crawler.records import Attempt, Level, Reason, Target

_INTERPRETERS = {"node": "node", "python": "python", "python3": "python"}


async def list_bundle(target: Target, budget: Budget, level: Level, *, allow_private: bool) -> tuple[Listed, Attempt]:
    """Fetch a bundle and list its tools. Raises `Stopped` with the most truthful reason; it has the declared tools."""
    require_stdio(target)
    workplace = await asyncio.to_thread(Workplace)
    try:
        try:
            async with asyncio.timeout(budget.install_seconds):
                digest = await _fetch(target, workplace.path / "bundle", budget, allow_private=allow_private)
        except TimeoutError:
            late = f"took longer than {budget.install_seconds:.0f} s to fetch"
            raise Stopped(Reason.INSTALL_FAILED, late) from None
        app = workplace.path / "app"
        app.mkdir()
        await asyncio.to_thread(unpack, workplace.path / "bundle", app, budget)
        manifest = read_manifest(read_inside(app, "manifest.json"), APP, budget)
        return await _run(target, app, manifest, digest, budget, level)
    finally:
        await asyncio.shield(asyncio.to_thread(workplace.remove))


async def _fetch(target: Target, place: Path, budget: Budget, *, allow_private: bool) -> str:
    """Fetch the bundle's file and return its SHA-256. Raises `Stopped` when its record states another one."""
    found = hashlib.sha256()
    with place.open("wb") as file:
        async with (
            downloads.opened(budget, allow_private=allow_private) as client,
            downloads.answered(client, target.address) as response,
        ):
            downloads.check(response, "the bundle")
            async for chunk in downloads.chunks(response, budget.download_bytes):
                found.update(chunk)
                file.write(chunk)
    stated = next((need.value for need in target.needs if need.kind == "checksum"), None)
    if stated is not None and stated != found.hexdigest():
        raise Stopped(Reason.INSTALL_FAILED, f"the bundle has the SHA-256 {found.hexdigest()}, its record {stated}")
    return f"sha256:{found.hexdigest()}"


async def _run(
    target: Target, app: Path, manifest: Manifest, digest: str, budget: Budget, level: Level
) -> tuple[Listed, Attempt]:
    """Start what the manifest says; whatever comes of it has the tools that the manifest declares beside it."""
    try:
        if manifest.unfit:
            raise manifest.unfit
        await asyncio.to_thread(sandbox.require, level)
        known = {(need.kind, need.name) for need in manifest.needs if need.name}
        more = (need for need in target.needs if need.kind == "env" and (need.kind, need.name) not in known)
        attempts = Attempts(replace(target, needs=(*manifest.needs, *more)))
        runtime = await asyncio.to_thread(_runtime, manifest.command[0])
        found = await attempts.first_that_lists(_Starts(manifest, runtime, app, digest, budget, level), "bare")
        if found is None:
            raise attempts.truth("")
    except Stopped as stopped:
        told = Stopped(stopped.reason, f"{stopped}{manifest.declaration()}", stopped.said)
        told.declared = manifest.tools
        raise told from stopped
    found[0].declared = manifest.tools
    return found


@dataclass(frozen=True, slots=True)
class _Starts:
    """Starts an unpacked bundle without a network, and lists its tools."""

    manifest: Manifest
    runtime: Runtime
    app: Path
    digest: str
    budget: Budget
    level: Level

    async def __call__(self, filling: Filling) -> tuple[Listed, Attempt]:
        box = Box(
            sandbox.new_user(),
            readable={APP: str(self.app), **self.runtime.readable},
            folders=(dummies.DATA,),
            files={} if filling.name == "bare" else dummies.FILES,
            environment=filling.values,
            path=f"{self.runtime.folder}:/usr/local/bin:/usr/bin:/bin",
            level=self.level,
        )
        first, *fixed = self.manifest.command
        words = (*(self.runtime.command or (first,)), *fixed)
        listed = await list_in_box(box, (*words, *filling.arguments), self.budget)
        shown = replace(filling, arguments=(*fixed, *filling.arguments))
        return listed, Attempt(filling.name, shown.command_line(first), self.digest)


def _runtime(command: str) -> Runtime:
    """Return this machine's interpreter for a command that names one; any other command is a program in the box."""
    kind = _INTERPRETERS.get(command)
    if kind == "node":
        return runtimes.need(runtimes.node(), "node")
    return runtimes.need(runtimes.python(), "a Python interpreter") if kind else Runtime(())
