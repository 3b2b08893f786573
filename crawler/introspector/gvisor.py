"""gVisor in the box: a package's system calls end in a kernel of its own, and do not reach the host's.

Knows no package, and not how the box around it is made: gives what runs there instead of the package's command. For
that runsc has capabilities in the box's own user namespace, and in no other. What the package writes it writes into
its own kernel's memory. https://gvisor.dev/docs/, https://github.com/opencontainers/runtime-spec/blob/main/config.md
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_PLACE = "/tmp/gvisor"  # noqa: S108 - in the box around it; the package has a /tmp of its own before this one
PROGRAM = f"{_PLACE}/runsc"
CONFIGURATION = f"{_PLACE}/config.json"

COMMAND = (
    *(PROGRAM, "--rootless", "--network=none", "--ignore-cgroups", f"--root={_PLACE}/state"),
    *("run", f"--bundle={_PLACE}", "box"),
)
"""Leaves the platform to each version of runsc: ptrace at first, since 2023 the faster systrap."""

CAPABILITIES = (
    *("CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETFCAP"),  # to start it
    *("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID"),  # its `goferCaps`
)
"""What runsc makes namespaces and mounts with: https://github.com/google/gvisor/blob/master/runsc/cmd/gofer.go"""


@cache
def program() -> Path | None:
    """Return runsc, if it is installed."""
    found = shutil.which("runsc")
    return Path(found).resolve() if found else None


def configuration(
    words: Sequence[str], environment: Mapping[str, str], folder: str, scratch: Mapping[str, int], files: Iterable[str]
) -> bytes:
    """Return what runsc reads: the command, and what it sees instead of the box's own file systems.

    `folder` is where the command starts; `scratch` are file systems in memory with their size in bytes, in whose place
    those of the box would be seen, and `files` what of those is to be seen all the same.
    """
    mounts = [_mount("/proc", "proc"), *(_in_memory(place, size) for place, size in scratch.items())]
    mounts += [{**_mount(place, "bind", "ro"), "source": place} for place in files]
    process = {
        "user": {"uid": 1000, "gid": 1000},
        "args": [*words],
        "env": [f"{name}={value}" for name, value in environment.items()],
        "cwd": folder,
        "noNewPrivileges": True,
    }
    return json.dumps(
        {
            "ociVersion": "1.0.0",
            "process": process,
            "root": {"path": "/", "readonly": True},
            "hostname": "box",
            "mounts": mounts,
            "linux": {"namespaces": [{"type": name} for name in ("pid", "mount", "ipc", "uts", "network")]},
        }
    ).encode()


def _in_memory(place: str, size: int) -> Mapping[str, Any]:
    return _mount(place, "tmpfs", f"size={size}", "mode=1777")


def _mount(place: str, kind: str, *options: str) -> dict[str, Any]:
    return {"destination": place, "type": kind, "source": kind, "options": [*options]}
