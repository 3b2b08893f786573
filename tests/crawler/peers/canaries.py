"""What a hostile package is after on the host: a secret, a process, a folder, and services, all watched."""

from __future__ import annotations

import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


class Canaries:
    """Places on the host that a package would like to reach; `visits` are those of its services that it did."""

    def __init__(self, folder: Path) -> None:
        self.secret = f"canary-{secrets.token_hex(8)}"
        self._name = secrets.token_hex(8)
        self.visits: list[str] = []
        self.folder = folder / "host"
        self.folder.mkdir()
        self.file = self.folder / "secret"
        self.file.write_text(self.secret)
        self._sockets = dict(self._listen())
        self.process = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)", self.secret], env={"SECRET": self.secret}
        )

    @property
    def host(self) -> Mapping[str, Any]:
        """What a package may know of the host beforehand."""
        port = self._sockets["tcp"].getsockname()[1]
        return {
            "file": str(self.file), "folder": str(self.folder), "home": str(Path.home()), "process": self.process.pid,
            "port": port, "socket": str(self.folder / "socket"), "abstract": self._name,
            "stranger": f"http://127.0.0.1:{port}",
        }  # fmt: skip

    def _listen(self) -> Iterator[tuple[str, socket.socket]]:
        """Listen on loopback in both families, on a socket with a path, and on an abstract one."""
        tcp = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        yield "tcp", tcp
        for name, address in (("path", str(self.folder / "socket")), ("abstract", f"\0{self._name}")):
            end = socket.socket(socket.AF_UNIX)
            end.bind(address)
            end.listen()
            yield name, end
        (self.folder / "socket").chmod(0o777)

    def start(self) -> None:
        for name, end in self._sockets.items():
            threading.Thread(target=self._accept, args=(name, end), daemon=True).start()

    def _accept(self, name: str, end: socket.socket) -> None:
        while True:
            try:
                end.accept()[0].close()
            except OSError:
                return
            self.visits.append(name)

    def close(self) -> None:
        for end in self._sockets.values():
            end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.process.kill()
        self.process.wait()


@contextmanager
def watched(folder: Path) -> Iterator[Canaries]:
    canaries = Canaries(folder)
    canaries.start()
    try:
        yield canaries
    finally:
        canaries.close()


def processes_with(argument: str) -> list[str]:
    """Return the processes of this machine that have this argument."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found += [place.parent.name] if argument.encode() in place.read_bytes().split(b"\0") else []
    return found
