"""Podman or docker: a container that has no network, nothing of the host, and limits for all it does.

Knows no registry and no protocol. The engine gets images from a file of ours, and pulls none. What its user configured
(the runtime, say) stays that user's choice; whether all of it works here is tried once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from crawler.introspector.budget import Budget, Stopped, one_line
from crawler.introspector.image_archive import empty_image
from crawler.introspector.last_words import telling_line
from crawler.introspector.sandbox import HOME, TOO_MUCH_MEMORY, new_user
from crawler.introspector.stdio import Process, start
from crawler.records import Reason

_ENGINES = ("podman", "docker")
_PREFIX = "mcp-box-"
_NEEDED = ("HOME", "PATH", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "DOCKER_HOST", "CONTAINER_HOST")
"""What an engine finds its own storage and service by."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SHM = "64m"
_NO_PROGRAM = 127
"""What the engines answer for a program that the image does not have: by then all limits have been set."""

_KILLED = 137
"""What the engines answer for a container that SIGKILL ended: 128 and the signal's number."""

_TRY_SECONDS = 60
_ASK_SECONDS = 5
_REMOVE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that runs containers: podman or docker."""

    program: str

    @property
    def name(self) -> str:
        return Path(self.program).name

    def command(self, *words: str) -> tuple[str, ...]:
        """Return a whole command; it begins with the environment, of which a process of ours has none otherwise."""
        known = (f"{name}={os.environ[name]}" for name in _NEEDED if name in os.environ)
        return ("/usr/bin/env", "-i", *known, self.program, *words)

    def load(self, archive: Path, seconds: float) -> None:
        """Take in an image from an archive. Raises `Stopped` when it cannot."""
        done = _run(self.command("load", "--quiet", "--input", str(archive)), seconds)
        if done.returncode != 0:
            raise Stopped(Reason.INSTALL_FAILED, f"{self.name} cannot load the image: {telling_line(done.stderr)}")

    def remove(self, name: str) -> None:
        """End a container and remove it and the image of that name, if there are any."""
        for words in (("rm", "--force", name), ("rmi", "--force", image_tag(name))):
            with contextlib.suppress(Stopped):  # what is left, the next crawl removes
                _run(self.command(*words), _REMOVE_SECONDS)


@dataclass(frozen=True, slots=True)
class Container:
    """One run of an image that was loaded under `name`; `user` is the uid it has in the container and outside of it."""

    engine: Engine
    name: str
    user: int
    environment: Mapping[str, str]
    arguments: Sequence[str]

    def command(self, budget: Budget) -> tuple[str, ...]:
        """Return the whole command. Raises `Stopped` for a variable that no environment can hold."""
        variables = {"HOME": HOME, **self.environment}
        for name, value in variables.items():
            if not _VARIABLE.fullmatch(name) or not {"\0", "\n"}.isdisjoint(value):
                raise Stopped(Reason.START_FAILED, f"no environment can hold the variable {name}")
        words = ["run", "--name", self.name, "--interactive", "--pull=never", *_isolation(self.user)]
        words += [*_limits(budget), *(("--read-only-tmpfs=false",) if self.engine.name == "podman" else ())]
        words += [f"--env={name}={value}" for name, value in variables.items()]
        return self.engine.command(*words, image_tag(self.name), *self.arguments)


@asynccontextmanager
async def running(container: Container, budget: Budget) -> AsyncIterator[Process]:
    """Run a container; it is gone on the way out, whatever became of the engine's own process."""
    try:
        async with start(container.command(budget), longest_line=budget.message_bytes) as process:
            ends = asyncio.get_running_loop().time() + budget.cpu_seconds / (os.cpu_count() or 1)
            process.excess = partial(_out_of_memory, container, process, ends)
            yield process
    finally:
        removal = ("rm", "--force", container.name)
        await asyncio.shield(asyncio.to_thread(_run_quietly, container.engine.command(*removal)))


async def _out_of_memory(container: Container, process: Process, ends: float) -> str:
    """Say so, if the kernel killed the container for it: of any kill, `run` passes on one exit code and no more.

    Nobody in a container can kill its first process, and before `ends` the time of no process is up: what is left is
    the memory. After that the engine's word counts; podman does not see it where control groups are of version 1.
    """
    if process.code != _KILLED:
        return ""
    if asyncio.get_running_loop().time() < ends:
        return TOO_MUCH_MEMORY
    words = ("inspect", "--format", "{{.State.OOMKilled}}", container.name)
    with contextlib.suppress(Stopped):
        done = await asyncio.to_thread(_run, container.engine.command(*words), _ASK_SECONDS)
        return TOO_MUCH_MEMORY if done.stdout.strip() == "true" else ""
    return ""


def name_for(place: Path) -> str:
    """Return the name of the container and image that belong to a folder; whoever finds the folder finds them."""
    return f"{_PREFIX}{hashlib.sha256(str(place).encode()).hexdigest()[:16]}"


def image_tag(name: str) -> str:
    """Return the tag under which an image of ours is loaded; no registry is at `localhost` without a port."""
    return f"localhost/{name}:latest"


@cache
def engine() -> Engine | None:
    """Return podman, or else docker, if one is installed."""
    found = filter(None, map(shutil.which, _ENGINES))
    return next((Engine(program) for program in found), None)


@cache
def fault() -> tuple[Reason, str] | None:
    """Say why images cannot be run here, or `None` when a container really starts; tried once in a process."""
    known = engine()
    if known is None:
        return Reason.NO_RUNTIME, "neither podman nor docker is installed"
    with tempfile.TemporaryDirectory(prefix="mcp-image-") as folder:
        archive, name = Path(folder, "image.tar"), name_for(Path(folder))
        archive.write_bytes(empty_image(image_tag(name)))
        container = Container(known, name, new_user(), {}, ("/absent",))
        try:
            known.load(archive, _TRY_SECONDS)
            done = _run(container.command(Budget()), _TRY_SECONDS)
        except Stopped as stopped:
            return Reason.NO_SANDBOX, str(stopped)
        finally:
            known.remove(name)
    if done.returncode == _NO_PROGRAM:
        return None
    return Reason.NO_SANDBOX, one_line(f"{known.name} does not work here: {telling_line(done.stderr)}")


def require() -> Engine:
    """Return the engine. Raises `Stopped` when no container works here."""
    if why := fault():
        raise Stopped(*why)
    known = engine()
    assert known is not None  # noqa: S101 - else there was a fault
    return known


def _isolation(user: int) -> Iterator[str]:
    yield from ("--network=none", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")
    yield from (f"--user={user}:{user}", "--hostname=box", "--ipc=private", "--log-driver=none", "--stop-timeout=0")
    yield f"--shm-size={_SHM}"


def _limits(budget: Budget) -> Iterator[str]:
    """Yield the limits; `nproc` and `data` hold where the engine's own `pids` and `memory` would not."""
    yield from (f"--memory={budget.box_memory}", f"--memory-swap={budget.box_memory}", "--cpus=1")
    yield f"--pids-limit={budget.processes}"
    rlimits = {
        "nproc": budget.processes,
        "nofile": budget.open_files,
        "fsize": budget.file_bytes,
        "data": budget.memory,
        "cpu": budget.cpu_seconds,
        "core": 0,
    }
    yield from (f"--ulimit={name}={value}:{value}" for name, value in rlimits.items())
    options = f"rw,nosuid,nodev,size={budget.scratch_bytes},mode=1777"
    yield from (f"--tmpfs={place}:{options}" for place in ("/tmp", HOME))  # noqa: S108 - in the container


def _run_quietly(command: Sequence[str]) -> None:
    with contextlib.suppress(Stopped):
        _run(command, _REMOVE_SECONDS)


def _run(command: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a command of the engine's to its end. Raises `Stopped` for one that takes too long."""
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False, text=True,
            errors="replace", env={"PATH": os.defpath}, cwd="/",
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:  # ValueError: a NUL in an argument
        raise Stopped(Reason.INSTALL_FAILED, f"the engine of containers: {error}") from error
