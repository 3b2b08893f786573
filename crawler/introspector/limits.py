"""Which limits this machine really holds a box to: each is tried in a box that is to meet it.

Knows no package. What a kernel, a container around us or an administrator's setting takes away is seen by trying.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, replace
from itertools import zip_longest

from crawler.introspector import control_groups, sandbox, usage
from crawler.introspector.budget import MEBIBYTE, Budget
from crawler.introspector.sandbox import Box, new_user, try_in_box
from crawler.introspector.stdio import family
from crawler.records import Level

_SMALL = Budget(file_bytes=MEBIBYTE, scratch_bytes=2 * MEBIBYTE, memory=64 * MEBIBYTE, cpu_seconds=7, open_files=16)
_FEW = 12
_NEXT = "next"
"""What a box writes between two trials."""
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Trial:
    """A shell script that prints a number, at most `most` where the limit holds; `line` says that it does not."""

    script: str
    most: int
    line: str
    budget: Budget = _SMALL
    of_host: bool = False
    """Whether it is about the host's kernel, which a package does not reach where it has one of its own."""

    def holds(self, said: str) -> bool:
        """Tell whether the limit holds by what the script printed."""
        return said.strip().isdecimal() and int(said) <= self.most


_TRIALS = (
    _Trial(
        "dd if=/dev/zero of=/tmp/x bs=64k count=64 2>/dev/null; wc -c </tmp/x; rm /tmp/x",
        MEBIBYTE,
        "the size of a file that a package writes is not limited",
    ),
    _Trial(
        "for n in 1 2 3 4 5; do head -c 900000 /dev/zero >/tmp/$n 2>/dev/null; done; cat /tmp/? | wc -c",
        2 * MEBIBYTE,
        "what a package writes in its own file systems is not limited",
    ),
    _Trial(
        "dd if=/dev/zero of=/dev/null bs=128M count=1 2>/dev/null && echo 1 || echo 0",
        0,
        "the memory of a package's process is not limited",
    ),
    _Trial("ulimit -t", 7, "the processor time of a package's process is not limited"),
    _Trial("ulimit -n", 16, "the number of files that a package's process has open is not limited"),
    _Trial(
        "(n=0; while [ $n -lt 40 ]; do sleep 5 & n=$((n+1)); done) 2>/dev/null; set -- /proc/[0-9]*; echo $#",
        _FEW + 3,
        "the number of a package's processes is not limited, or counts this user's other ones too",
        replace(_SMALL, processes=_FEW),
    ),
    _Trial("grep -c : /proc/net/dev", 1, "a package has more of a network than its own loopback"),
    _Trial(
        "unshare -U true 2>/dev/null && echo 1 || echo 0", 0, "a package can make namespaces of its own", of_host=True
    ),
    _Trial(
        "grep -c 'Seccomp:.[01]$' /proc/self/status || true",
        0,
        f"system calls are not filtered on this {os.uname().machine}, so a package reaches more of the kernel",
        of_host=True,
    ),
)

_NOT_IN_GVISOR = "the number of files that a package makes is not limited in gVisor, but by the memory that they take"
"""They are in the memory of the package's own kernel, and not to be counted from outside."""


def unenforced(level: Level) -> tuple[str, ...]:
    """Return one line for each limit that a box is not held to here."""
    lines = [trial.line for trial in _failed(level)]
    if level is Level.GVISOR:
        lines.append(_NOT_IN_GVISOR)
    if not _is_seen(level):
        lines.append("what a package's processes use together cannot be watched, so each has its own limits only")
    if control_groups.top() is None:
        lines.append(
            "no control group can be made here, so the memory of all a package's processes is watched and not limited"
            " (systemd-run --user --scope --property=Delegate=yes gives one)"
        )
    return tuple(lines)


def _failed(level: Level) -> list[_Trial]:
    """Return the trials whose limits do not hold; those with one budget share a box, as gVisor is slow to start."""
    failed: list[_Trial] = []
    trials = [trial for trial in _TRIALS if level is Level.BUBBLEWRAP or not trial.of_host]
    for budget in dict.fromkeys(trial.budget for trial in trials):
        same = [trial for trial in trials if trial.budget == budget]
        script = f"\necho {_NEXT}\n".join(f"( {trial.script} )" for trial in same)
        said = try_in_box(Box(new_user(), level=level), ("/bin/sh", "-c", f"{script}\ntrue"), budget).split(_NEXT)
        failed += [trial for trial, answer in zip_longest(same, said) if trial and not trial.holds(answer or "")]
    return failed


def _is_seen(level: Level) -> bool:
    """Tell whether we see from outside what a box uses."""
    with sandbox.command_line(Box(new_user(), level=level), ("/bin/sleep", str(_SECONDS)), Budget()) as (
        line,
        descriptors,
    ):
        process = subprocess.Popen(
            line, pass_fds=descriptors, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": os.defpath}
        )
        try:
            ends = time.monotonic() + _SECONDS
            while time.monotonic() < ends and process.poll() is None:
                members = family(process.pid)[1:]
                if usage.resident(members) and usage.files_in_memory(members, sandbox.SCRATCH):
                    return True
                time.sleep(0.01)
        finally:
            process.kill()
            process.wait()
    return False
