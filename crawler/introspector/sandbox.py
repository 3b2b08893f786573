"""The box a package runs in: bubblewrap with no network, no home, no files of the host but its system libraries.

Where gVisor works, a package can have a kernel of its own in the box: whatever breaks out of that is in the box still.

Knows no protocol and no package manager. Facts that shaped it: RLIMIT_NPROC does not bind root, so nothing runs as
root; a new /dev comes with a /dev/shm as large as half the memory unless one is mounted over it; RLIMIT_AS does not
suit node, which reserves far more than it uses; https://man7.org/linux/man-pages/man1/bwrap.1.html
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from crawler.introspector import control_groups, gvisor, system_calls, usage
from crawler.introspector.budget import Budget, Stopped, one_line
from crawler.introspector.control_groups import Group
from crawler.introspector.last_words import telling_line
from crawler.introspector.stdio import Process, family, start
from crawler.records import Level, Reason, SandboxError

HOME = "/home/u"
SCRATCH = ("/tmp", HOME, "/dev/shm")  # noqa: S108 - places in the box
"""Where a package may write: file systems in memory."""

_USERS = range(61184, 65520)
"""What systemd reserves for users that exist only while a service runs: nobody logs in as one of them."""

_SYSTEM = ("/etc/alternatives", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/ld.so.cache", "/etc/localtime")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ROOTS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_PASSWD = b"u:x:1000:1000::/home/u:/bin/sh\n"
_SHM = 64 * 1024 * 1024
TOO_MUCH_MEMORY = "used more memory than the box has"
_PROBE = Budget()
_PROBE_SECONDS = 20
_WATCH_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Box:
    """What one command in the box can see. Paths map a place inside to what is mounted there.

    `user` is the uid it runs as when we are root; `files` are made of bytes and never touch the host's disk; `programs`
    are copied in, so that they may lie where only we can read.
    """

    user: int
    readable: Mapping[str, str] = field(default_factory=dict)
    writable: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    programs: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = "/usr/local/bin:/usr/bin:/bin"
    level: Level = Level.BUBBLEWRAP


def new_user() -> int:
    """Pick a uid for one box: one of its own, so that its process count is its own too."""
    return random.choice(_USERS)


@contextmanager
def command_line(box: Box, command: tuple[str, ...], budget: Budget) -> Iterator[tuple[list[str], list[int]]]:
    """Give the whole command, and the file descriptors to pass on with it; those are closed on the way out."""
    descriptors: list[int] = []
    words = [*_limits(budget), *command]
    if box.level is Level.GVISOR:
        box, words = _in_gvisor(box, words, budget)
    try:
        line = [*_dropped_to(box.user), *_isolation(box, budget)]
        descriptors.append(_in_memory(_settings(_variables(box))))
        line += ["--args", str(descriptors[-1])]
        if refusals := system_calls.refusals(box.level):
            descriptors.append(_in_memory(refusals))
            line += ["--seccomp", str(descriptors[-1])]
        for place, content in {"/etc/passwd": _PASSWD, "/etc/group": b"u:x:1000:\n", **box.files}.items():
            descriptors.append(_in_memory(content))
            line += ["--perms", "0644", "--file", str(descriptors[-1]), place]
        for place, program in box.programs.items():
            descriptors.append(os.open(program, os.O_RDONLY))
            line += ["--perms", "0755", "--file", str(descriptors[-1]), place]
        line += ["--remount-ro", "/dev", "--remount-ro", "/"]  # both are file systems in memory without a size
        yield [*line, "--", *words], descriptors
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@asynccontextmanager
async def running(box: Box, command: tuple[str, ...], budget: Budget) -> AsyncIterator[Process]:
    """Run a command in the box; all of it is gone on the way out. Raises `Stopped` when it cannot be started.

    What its processes hold in memory together, and how many files they make there, is watched too: without a control
    group the kernel's limits hold for each process alone.
    """
    async with control_groups.made(budget.box_memory, budget.processes) as group:
        with command_line(box, command, budget) as (line, descriptors):
            whole = group.entered(line) if group else line
            async with start(whole, descriptors, longest_line=budget.message_bytes) as process:
                if group:
                    process.excess = partial(_out_of_memory, group)
                watch = asyncio.create_task(_watch(process, budget))
                try:
                    yield process
                finally:
                    watch.cancel()


@cache
def fault(level: Level = Level.BUBBLEWRAP) -> str | None:
    """Say why packages cannot be run here, or `None` when a box really works; tried once in a process."""
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed (on Debian and Ubuntu: apt-get install bubblewrap)"
    for program in ("prlimit", *(("setpriv",) if os.geteuid() == 0 else ())):
        if not shutil.which(program):
            return f"{program} is not installed (it is part of util-linux)"
    if level is Level.GVISOR and gvisor.program() is None:
        return "gVisor is not installed, no runsc was found (on Debian and Ubuntu: apt-get install runsc)"
    output = try_in_box(Box(new_user(), level=level), ("/bin/sh", "-c", "echo works"))
    if output == "works\n":
        return None
    what = "gVisor in bubblewrap" if level is Level.GVISOR else "bubblewrap 0.8 or newer"
    return f"{what} does not work here: {output or 'no output'}"


def try_in_box(box: Box, command: tuple[str, ...], budget: Budget = _PROBE) -> str:
    """Run a command of ours in a box and return what it writes, or one line that says why it could not."""
    with command_line(box, command, budget) as (line, descriptors):
        try:
            done = subprocess.run(
                line, pass_fds=descriptors, capture_output=True, timeout=_PROBE_SECONDS, check=False, text=True,
                env={"PATH": os.defpath}, cwd="/",
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return one_line(str(error))
    return done.stdout if done.returncode == 0 else one_line(telling_line(done.stderr))


def chosen(wanted: Level | None) -> Level:
    """Return the level at which packages are run: the one that is wanted, or else the highest that works here.

    Raises `SandboxError` when gVisor is wanted and does not work; that nothing does, each package is told (`require`).
    """
    why = fault(Level.GVISOR) if wanted is not Level.BUBBLEWRAP else ""
    if why and wanted is Level.GVISOR:
        raise SandboxError(f"packages cannot be run in gVisor: {why}")
    return Level.BUBBLEWRAP if why is not None else Level.GVISOR


def require(level: Level) -> None:
    """Raise `Stopped` when no such box works here."""
    if why := fault(level):
        raise Stopped(Reason.NO_SANDBOX, why)


def _dropped_to(user: int) -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"]


def _limits(budget: Budget) -> list[str]:
    """Set inside the box: its user namespace then counts processes from zero, whatever else the user runs."""
    return [
        "prlimit",
        f"--data={budget.memory}",
        f"--nproc={budget.processes}",
        f"--nofile={budget.open_files}",
        f"--fsize={budget.file_bytes}",
        f"--cpu={budget.cpu_seconds}",
        "--core=0",
    ]


def _in_gvisor(box: Box, words: list[str], budget: Budget) -> tuple[Box, list[str]]:
    """Return the box around gVisor, and what runs in it; what the command sees is what it would see in the box."""
    scratch = dict.fromkeys((*SCRATCH[:2], *box.folders), budget.scratch_bytes) | {SCRATCH[2]: _SHM}
    hidden = [place for place in box.files if place.startswith(tuple(f"{folder}/" for folder in SCRATCH))]
    configuration = gvisor.configuration(words, _variables(box), HOME, scratch, hidden)
    around = replace(
        box,
        readable={**box.readable, gvisor.PROGRAM: str(gvisor.program())},
        files={**box.files, gvisor.CONFIGURATION: configuration},
        environment={},
    )
    return around, [*gvisor.COMMAND]


def _isolation(box: Box, budget: Budget) -> list[str]:
    line = ["bwrap", "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]
    line += ["--unshare-net", "--die-with-parent", "--new-session", "--clearenv", *_privileges(box.level)]
    line += ["--hostname", "box", "--ro-bind", "/usr", "/usr", "--dir", "/etc"]
    for name in _ROOTS:
        line += _root(Path("/", name))
    for place in _SYSTEM:
        line += ["--ro-bind-try", place, place]
    line += ["--proc", "/proc", "--dev", "/dev", "--size", str(_SHM), "--tmpfs", "/dev/shm"]  # noqa: S108 - in the box
    for place in SCRATCH[:2]:
        line += ["--size", str(budget.scratch_bytes), "--tmpfs", place]
    for place, source in box.readable.items():
        line += ["--ro-bind", source, place]
    for place, source in box.writable.items():
        line += ["--bind", source, place]
    for place in box.folders:
        line += ["--dir", place]
    return [*line, "--chdir", HOME]


def _privileges(level: Level) -> list[str]:
    """Say who runs in the box: a package is nobody there, runsc its root, which is still nobody outside."""
    if level is Level.BUBBLEWRAP:
        return ["--cap-drop", "ALL", "--disable-userns", "--uid", "1000", "--gid", "1000"]
    added = [word for capability in gvisor.CAPABILITIES for word in ("--cap-add", capability)]
    return ["--cap-drop", "ALL", *added, "--uid", "0", "--gid", "0"]


def _variables(box: Box) -> Mapping[str, str]:
    """Return the box's variables. A NUL would end one and begin another of the value's choosing, so none has one."""
    variables = {"HOME": HOME, "PATH": box.path, "LANG": "C.UTF-8", "USER": "u", **box.environment}
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name) or "\0" in value:
            raise Stopped(Reason.START_FAILED, f"no environment can hold the variable {name}")
    return variables


def _settings(variables: Mapping[str, str]) -> bytes:
    """Return the options that set variables; not on the command line, which every user of the host can read."""
    words = (word for name, value in variables.items() for word in ("--setenv", name, value))
    return "".join(f"{word}\0" for word in words).encode("utf-8", "replace")


def _root(place: Path) -> list[str]:
    """Repeat one of the host's top folders: a link into /usr on most systems, a folder of its own on old ones."""
    if place.is_symlink():
        return ["--symlink", str(place.readlink()), str(place)]
    return ["--ro-bind", str(place), str(place)] if place.is_dir() else []


def _in_memory(content: bytes) -> int:
    descriptor = os.memfd_create("box")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


async def _out_of_memory(group: Group) -> str:
    return TOO_MUCH_MEMORY if group.ran_out_of_memory() else ""


async def _watch(process: Process, budget: Budget) -> None:
    """Kill the box when its processes together take more than they may."""
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        members = family(process.pid)
        if max(usage.resident(members), usage.open_memory(members)) > budget.box_memory:
            await process.end(TOO_MUCH_MEMORY)
        elif usage.files_in_memory(members[1:], SCRATCH) > budget.scratch_files:
            await process.end(f"made more than {budget.scratch_files} files")
