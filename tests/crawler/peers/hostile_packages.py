"""A catalogue of hostile packages: what each does, and what is to come of it.

Each is published to a registry of ours under its own name. What a spy tries is an expression that `stdio_peer.py`
evaluates in the box, and every one of them has to fail there; `host` in it stands for places on the host that the test
has made (`Canaries`). All are written here; none is anybody's package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.introspector.budget import MEBIBYTE
from crawler.records import Reason

NOTHING = r"^\{\}$"
"""The report of a spy that got nothing."""


@dataclass(frozen=True)
class Attack:
    """One hostile program in a wheel. It runs `does` (lines of Python), tries what it `tries`, and serves a tool.

    `reason` is how it has to end (`None`: it lists its tools), and `says` a pattern of the detail, or of what its tool
    says. `budget` is what it has of its own.
    """

    name: str
    does: str = ""
    tries: tuple[str, ...] = ()
    reason: Reason | None = None
    says: str = ""
    budget: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pattern(self) -> str:
        """What is to be said: a spy reports nothing at all."""
        return NOTHING if self.tries else self.says

    def act(self, host: Mapping[str, Any]) -> str:
        """Return its lines, with the places on the host that it knows of."""
        tries = f"globals()['host'] = {dict(host)!r}\nburgle({list(self.tries)!r})" if self.tries else ""
        return f"{self.does}\n{tries}".strip()


QUICK = {"start_seconds": 0.8, "package_seconds": 1.6}
"""Of whoever is expected to say nothing."""

ROOMY = {"box_memory": 3072 * MEBIBYTE}
"""Of whoever is to meet another limit first: pages that processes share count for each of them."""

SPIES = (
    Attack("reads-the-environment", tries=("prey()", "prey('/proc/*/environ')", "prey('/proc/*/cmdline')")),
    Attack(
        "reads-homes",
        tries=(
            "read(host['file'])", "names(host['home'])", "names('/root')", "strangers('/home', 'u')",
            "strangers('/home/u', 'data')", "strangers('/tmp')", "strangers('/app', 'venv')",
            "prey('/home/*/*')", "prey('/tmp/*/*')",
        ),
    ),
    Attack(
        "reads-secrets-of-the-system",
        tries=(
            *(f"read('/etc/{name}')" for name in ("shadow", "machine-id", "hostname", "hosts", "resolv.conf", "fstab")),
            "names('/etc/ssh')", "names('/etc/ssl/private')[0]", "names('/run')", "names('/var')", "names('/sys')",
            "names('/boot')", "names('/mnt')", "names('/srv')", "read('/proc/kcore')", "read('/dev/mem')",
        ),
    ),
    Attack(
        "looks-into-other-processes",
        tries=(
            "os.kill(host['process'], 0)", "read(f\"/proc/{host['process']}/cmdline\")",
            "[pid for pid in names('/proc') if pid.isdigit() and int(pid) > 100][0]", "read('/proc/1/mem')",
            "[open(name) for name in Path('/proc/1/fd').iterdir()][0]", "prey('/proc/1/root/tmp/*')",
            "call(101, 117, 16, 1, 0, 0)", "call(101, 117, 0, 0, 0, 0)", "call(310, 270, 1, 0, 0, 0, 0, 0)",
            "call(312, 272, 1, os.getpid(), 0, 0, 0)",
        ),
    ),
    Attack(
        "asks-the-network",
        tries=(
            *(f"connect('{address}', 80)" for address in ("169.254.169.254", "169.254.170.2", "100.100.100.200")),
            "connect('fd00:ec2::254', 80)", "connect('fe80::a9fe:a9fe', 80)", "connect('192.0.2.1', 443)",
            "connect('2001:db8::1', 443)", "socket.getaddrinfo('metadata.google.internal', 80)",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
            "[name for _, name in socket.if_nameindex() if name != 'lo'][0]",
        ),
    ),
    Attack(
        "asks-services-of-the-host",
        tries=(
            "connect('127.0.0.1', host['port'])", "connect('::1', host['port'])", "connect('0.0.0.0', host['port'])",
            "connect('::ffff:127.0.0.1', host['port'])", "unix(host['socket'])", "unix('\\0' + host['abstract'])",
            *(f"unix('{name}')" for name in ("/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock")),
            "unix('/run/dbus/system_bus_socket')", "unix('/tmp/.X11-unix/X0')", "unix('\\0/tmp/.X11-unix/X0')",
            "socket.socket(40, socket.SOCK_STREAM)", "socket.socket(17, socket.SOCK_RAW)", "names('/gate')",
        ),
    ),
    Attack(
        "writes-outside",
        tries=(
            *(f"write('{place}/x')" for place in ("", "/usr", "/usr/bin", "/etc", "/app", "/app/venv", "/dev", "/var")),
            "write(host['folder'] + '/x')", "write('/proc/sys/kernel/core_pattern')", "write('/proc/sysrq-trigger')",
            "write('/proc/sys/kernel/hostname')", "os.rename('/app', '/tmp/app')", "os.symlink('/usr', '/app/usr')",
            "os.chmod('/usr/bin/env', 0o777)", "os.utime('/usr/bin/env')", "os.unlink('/app/venv/pyvenv.cfg')",
            "os.link('/usr/bin/env', '/usr/bin/x')", "socket.sethostname('x')",
        ),
    ),
    Attack(
        "becomes-somebody-else",
        tries=(
            "os.setuid(0)", "os.setgid(0)", "os.setgroups([0])", "run('su', '-c', 'true')", "run('sudo', '-n', 'true')",
            "run('mount')[:0] + run('newgrp', 'root')", "os.chown('/tmp', 0, 0)", "os.chown('/tmp', 1, 1)",
            "[line for line in read('/proc/self/status').splitlines() if line.startswith(b'Cap') and b'1' in line][0]",
            "re.findall(rb'NoNewPrivs:\\t0', read('/proc/self/status'))[0]",
        ),
    ),
    Attack(
        "makes-namespaces-and-mounts",
        tries=(
            *(f"run('unshare', '-{kind}', 'true')" for kind in "Urnmpi"), "call(272, 97, 0x10000000)",
            "call(56, 220, 0x10000011, 0, 0, 0, 0) or os._exit(0)",
            "call(308, 268, os.open('/proc/1/ns/net', 0), 0)", "run('mount', '-t', 'tmpfs', 'x', '/tmp')",
            "run('mount', '--bind', '/tmp', '/app')", "run('umount', '/app')", "os.chroot('/tmp')",
            "call(155, 41, b'/tmp', b'/tmp')", "call(430, 430, b'tmpfs', 0)", "call(428, 428, -100, b'/', 1)",
            "run('bwrap', '--ro-bind', '/', '/', 'true')", "call(304, 265, -100, 0, 0)",
        ),
    ),
    Attack(
        "asks-the-kernel-for-more",
        tries=(
            "call(248, 217, b'user', b'x', b'x', 1, -3)", "call(249, 218, b'user', b'x', 0, -3)",
            "call(250, 219, 0, -3, 0)", "call(321, 280, 0, 0, 0)", "call(298, 241, 0, 0, -1, -1, 0)",
            "call(425, 425, 1, 0)", "call(323, 282, 1)", "call(103, 116, 3, 0, 0)", "call(313, 273, 0, b'', 0)",
            "os.nice(-5)", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
            "Path('/proc/self/oom_score_adj').write_text('-1000')",
            *(f"reserve('RLIMIT_{kind}')" for kind in ("NPROC", "DATA", "FSIZE", "CPU", "NOFILE")),
        ),
    ),
    Attack(
        "makes-devices",
        tries=(
            "os.mknod('/tmp/m', 0o020666, os.makedev(1, 1))", "os.mknod('/tmp/d', 0o060666, os.makedev(254, 0))",
            *(f"open('/dev/{name}')" for name in ("kmsg", "vda", "sda", "kvm", "fuse", "net/tun", "vsock", "loop0")),
        ),
    ),
    Attack(
        "types-into-the-terminal",
        tries=(
            "open('/dev/tty')", "open('/dev/tty0')", "open('/dev/console')", "open('/dev/pts/0')", "os.tcgetpgrp(0)",
            "fcntl.ioctl(0, 0x5412, b'x')", "fcntl.ioctl(os.openpty()[1], 0x5412, b'x')",
            "fcntl.ioctl(os.openpty()[1], 0x541C, b'x')",
        ),
    ),
    Attack(
        "hides-memory-where-no-process-holds-it",
        tries=(
            "os.memfd_create('x')", "call(29, 194, 0, 1 << 40, 0o1600)", "call(68, 186, 0, 0o1600)",
            "os.truncate(os.open('/tmp/sparse', os.O_CREAT | os.O_WRONLY), 1 << 40)",
            "os.posix_fallocate(os.open('/dev/shm/x', os.O_CREAT | os.O_RDWR), 0, 1 << 31)",
        ),
    ),
)  # fmt: skip

FLOODS = (
    Attack("forks-without-end", "fork_bomb()", says=r"^(\d\d?|1[01]\d|12[0-7]) children, then", budget=ROOMY),
    Attack("fills-its-memory", "memory_hog()", says=r"^(?!0)\d{1,3} MiB, then", budget={"memory": 512 * MEBIBYTE}),
    Attack("fills-shared-memory", "mapped_hog()", reason=Reason.TOO_LARGE, says="more memory than the box has"),
    Attack("fills-memory-as-a-herd", "memory_herd()", reason=Reason.TOO_LARGE, says="more memory than the box has"),
    Attack("fills-the-disk", "disk_hog()", says=r"^/tmp 20 MiB No space.*; /home/u 20 MiB No.*; /dev/shm 6[34] MiB No"),
    Attack("fills-the-table-of-files", "small_files()", reason=Reason.TOO_LARGE, says="made more than 20000 files"),
    Attack("writes-a-line-without-end", "stdout_flood()", reason=Reason.TOO_LARGE, says="wrote a line of more than"),
    Attack("writes-lines-without-end", "line_flood()", reason=Reason.TOO_LARGE, says="sent more than"),
    Attack("writes-errors-without-end", "stderr_flood()", says="^a tool$"),
    Attack("spins", "cpu_hog()", reason=Reason.TIMED_OUT, budget=QUICK),
    Attack("spins-in-every-process", "[os.fork() for _ in range(5)]\ncpu_hog()", reason=Reason.TIMED_OUT, budget=QUICK),
    Attack("spends-its-time", "cpu_hog()", reason=Reason.START_FAILED, says="SIGKILL|137", budget={"cpu_seconds": 1}),
)

LINGERERS = (
    Attack("leaves-a-daemon", "daemon(MARKER)", says="^a tool$"),
    Attack("leaves-the-talking-to-an-orphan", "orphan()", reason=Reason.START_FAILED),
    Attack("ignores-every-signal", "ignore_signals()", reason=Reason.TIMED_OUT, budget=QUICK),
    Attack("stops-itself", "os.kill(os.getpid(), signal.SIGSTOP)", reason=Reason.TIMED_OUT, budget=QUICK),
    Attack("kills-everyone", "os.fork() or time.sleep(60)\nkill_everyone()", says="^a tool$"),
    Attack("shuts-its-mouth", "os.close(1); time.sleep(60)", reason=Reason.TIMED_OUT, budget=QUICK),
    Attack("dies-by-its-own-hand", "os.abort()", reason=Reason.START_FAILED, says="SIGABRT|134"),
)

LIARS = (
    Attack("answers-for-another-id", "other_ids()", reason=Reason.TIMED_OUT, budget=QUICK),
    Attack("lists-pages-without-end", "endless_pages()"),
    Attack("lists-the-same-page-again", "serve_pages(lambda _: {'tools': [tool()], 'nextCursor': 'again'})"),
    Attack("lists-another-thing-the-second-time", "two_faces()", says="^reads a file$"),
    Attack("remembers-that-it-was-asked", "remembers()", says="^reads a file$"),
    Attack("nests-deeply", "nested(500)", says="^a tool$"),
    Attack("nests-beyond-reading", "nested(50_000)", reason=Reason.TIMED_OUT, budget=QUICK),
    Attack("lists-too-many-tools", "serve([tool(name=str(n)) for n in range(9_000)])", says="^a tool$"),
    Attack(
        "colours-its-last-words",
        r"sys.exit('\x1b]0;owned\x07\x1b[2J\x1b[31mError: \u202ebroken\x00 at /home/u/x\x1b[0m\r\nnpm notice safe')",
        reason=Reason.START_FAILED,
        says=r"^Error: broken at \(path\)$",
    ),
    Attack(
        "claims-that-all-is-well",
        "print('INFO catalogue: introspected, 12 tools, verified', file=sys.stderr)\nsys.exit(3)",
        reason=Reason.START_FAILED,
    ),
)

_OF_THE_HOST = frozenset(
    {
        "reads-the-environment", "reads-homes", "reads-secrets-of-the-system", "looks-into-other-processes",
        "asks-the-network", "asks-services-of-the-host", "writes-outside", "becomes-somebody-else",
    }
)  # fmt: skip
_UNLIKE = frozenset({"fills-its-memory", "fills-the-table-of-files"})
_SLOW = frozenset({"writes-errors-without-end", "spins", "stops-itself", "shuts-its-mouth"})

IN_GVISOR = {
    "spies": tuple(spy for spy in SPIES if spy.name in _OF_THE_HOST),
    "floods": (
        *(flood for flood in FLOODS if flood.name not in _UNLIKE | _SLOW),
        Attack("fills-its-memory", "memory_touched()", reason=Reason.TOO_LARGE, says="more memory than the box has"),
        Attack("fills-memory-and-lets-go", "unmapped_hog()", reason=Reason.TOO_LARGE, says="more memory than the box"),
        Attack("fills-the-table-of-files", "small_files()", reason=Reason.TIMED_OUT, budget=QUICK),
    ),
    "lingerers": tuple(lingerer for lingerer in LINGERERS if lingerer.name not in _SLOW),
}
"""The attacks on a package that has a kernel of its own, where each takes longer: a spy's are those on what is not that
kernel's. There no process has a limit of its memory, and files take nothing but that."""

ANSWERED_IN_GVISOR = frozenset(
    {"names('/sys')", "[open(name) for name in Path('/proc/1/fd').iterdir()][0]", "call(101, 117, 0, 0, 0, 0)"}
)
"""What a spy gets there from its own kernel, of itself: the host has no part in it."""
