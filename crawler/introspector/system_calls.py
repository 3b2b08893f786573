"""The system calls that a box goes without: a filter of the kernel's, as the bytes that bubblewrap takes.

Knows neither bubblewrap nor packages. Namespaces leave holes that this closes: keys of the user's session are inherited
by every process; a virtual machine's sockets to its host belong to no network namespace; files in memory and System V
segments are memory that no process holds. The rest are doors to the kernel that no server needs. What is refused is
answered as if the kernel had no such call, for which programs have a second way.
https://docs.kernel.org/userspace-api/seccomp_filter.html, https://docs.docker.com/engine/security/seccomp/
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crawler.records import Level

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ, |JGE, BPF_RET
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000  # SECCOMP_RET_ALLOW, _ERRNO, _KILL_PROCESS
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; an argument has 8 bytes, low ones first
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)  # 16: AF_NETLINK, which lists the own interfaces
_TERMINAL = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX: typing for whoever sits at the terminal

_KEYS = ("add_key", "request_key", "keyctl")
_OTHERS = ("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd")
_MOUNTS = (
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "move_mount", "fsopen", "fsconfig"),
    *("fsmount", "fspick", "mount_setattr", "name_to_handle_at", "open_by_handle_at", "quotactl"),
)
_UNSEEN_MEMORY = ("memfd_create", "memfd_secret", "shmget", "msgget", "semget", "vmsplice", "userfaultfd")
_KERNEL = (
    *("bpf", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register", "kexec_load", "syslog"),
    *("kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff", "acct"),
)
_REFUSED = (*_KEYS, *_OTHERS, *_MOUNTS, *_UNSEEN_MEMORY, *_KERNEL)

_OF_GVISOR = frozenset(
    {"ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "chroot", "unshare", "setns",
     "memfd_create"}
)  # fmt: skip
"""What runsc confines a package with, and keeps its memory in; it filters the calls of its own kernel more strictly."""

# Numbers of the calls since Linux 5.0, the same on every machine.
_SAME = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "mount_setattr": 442,
    "memfd_secret": 447,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Machine:
    """A kind of machine: its AUDIT_ARCH, and its numbers of the calls; from `foreign` on they are another machine's."""

    arch: int
    numbers: Mapping[str, int]
    foreign: int | None = None


# https://github.com/torvalds/linux/blob/master/arch/x86/entry/syscalls/syscall_64.tbl
_X86_64 = _Machine(
    0xC000003E,
    {
        **_SAME, "ioctl": 16, "socket": 41, "shmget": 29, "semget": 64, "msgget": 68, "ptrace": 101, "syslog": 103,
        "pivot_root": 155, "chroot": 161, "acct": 163, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
        "reboot": 169, "init_module": 175, "delete_module": 176, "quotactl": 179, "kexec_load": 246, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "vmsplice": 278, "perf_event_open": 298,
        "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "memfd_create": 319, "kexec_file_load": 320,
        "bpf": 321, "userfaultfd": 323,
    },
    foreign=0x40000000,  # the x32 calls, which no program uses and a filter by numbers would miss
)  # fmt: skip

# https://github.com/torvalds/linux/blob/master/include/uapi/asm-generic/unistd.h
_ARM64 = _Machine(
    0xC00000B7,
    {
        **_SAME, "ioctl": 29, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60,
        "vmsplice": 75, "acct": 89, "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106,
        "syslog": 116, "ptrace": 117, "reboot": 142, "msgget": 186, "semget": 190, "shmget": 194, "socket": 198,
        "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225, "perf_event_open": 241,
        "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "memfd_create": 279, "bpf": 280,
        "userfaultfd": 282, "kexec_file_load": 294,
    },
)  # fmt: skip

_MACHINES = {"x86_64": _X86_64, "aarch64": _ARM64}


def refusals(level: Level) -> bytes | None:
    """Return the filter for this machine, `None` where we do not know the numbers of its calls."""
    machine = _MACHINES.get(os.uname().machine)
    allowed = _OF_GVISOR if level is Level.GVISOR else frozenset()
    return b"".join(_program(machine, [name for name in _REFUSED if name not in allowed])) if machine else None


def _program(machine: _Machine, refused: Iterable[str]) -> Iterator[bytes]:
    yield from (_load(_MACHINE), _jump(_EQUAL, machine.arch, 1, 0), _return(_KILL), _load(_NUMBER))
    if machine.foreign is not None:
        yield from _refuse_if(_AT_LEAST, machine.foreign, errno.ENOSYS)
    for name in refused:
        yield from _refuse_if(_EQUAL, machine.numbers[name], errno.ENOSYS)
    asks = [code for request in _TERMINAL for code in _refuse_if(_EQUAL, request, errno.EPERM)]
    yield from _only_for(machine.numbers["ioctl"], 1, asks)
    allowed = [code for family in _FAMILIES for code in (_jump(_EQUAL, family, 0, 1), _return(_ALLOW))]
    yield from _only_for(machine.numbers["socket"], 0, [*allowed, _return(_REFUSE | errno.EAFNOSUPPORT)])
    yield _return(_ALLOW)


def _only_for(number: int, argument: int, codes: list[bytes]) -> Iterator[bytes]:
    """Look at an argument of one call, its low half, which is all of it for the calls that are asked about here."""
    yield from (_jump(_EQUAL, number, 0, len(codes) + 2), _load(_ARGUMENTS + 8 * argument), *codes, _load(_NUMBER))


def _refuse_if(test: int, value: int, error: int) -> tuple[bytes, bytes]:
    return _jump(test, value, 0, 1), _return(_REFUSE | error)


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(test: int, value: int, then: int, otherwise: int) -> bytes:
    return struct.pack("=HBBI", test, then, otherwise, value)


def _return(answer: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, answer)
