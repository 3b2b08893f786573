"""What introspecting packages costs: the real servers of the examples, and small ones of our own. See README.md."""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from benchmarks.commands import machine, run, show
from tests.crawler.peers.packages import peer_wheel

_EXAMPLES = Path(__file__).parents[1] / "examples" / "servers.json"
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2): what outlives its parent becomes our child, so that we see it
_SECONDS_BETWEEN_LOOKS = 0.5
_BLOCK = 512  # bytes of what stat(2) counts in, whatever the file system's own


def main() -> None:
    """Measure and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.packages")
    parser.add_argument(
        "--servers", type=Path, default=_EXAMPLES, help="a client configuration with npx and uvx servers"
    )
    parser.add_argument("--own", type=int, default=20, help="how many packages of our own; they need no network")
    options = parser.parse_args()
    print(machine())
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        measure("our own", _own_servers(Path(folder), options.own), {"UV_NO_INDEX": "1", "UV_FIND_LINKS": folder})
    measure("real", options.servers, {})


def measure(name: str, servers: Path, environment: Mapping[str, str]) -> None:
    """Print what a crawl of these packages costs, and what it leaves behind."""
    count = len(json.loads(servers.read_text())["mcpServers"])
    before = _processor_time()
    with tempfile.TemporaryDirectory() as database, tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o711)  # the sandbox's user passes through it
        with Disk(Path(scratch)) as disk:
            cost = run(
                *("crawl", "--source", f"file={servers}", "--database", f"sqlite:///{database}/bench.db"),
                allowed={0, 4},
                environment={**os.environ, "TMPDIR": scratch, **environment},
            )
        left = _is_anything_left()
        show(f"{name}: packages", str(count))
        show(f"{name}: packages an hour", f"{3600 * count / cost.wall:,.0f}")
        show(f"{name}: seconds of processor for a package", f"{(_processor_time() - before) / count:.1f}")
        show(f"{name}: most disk at a time, MiB", f"{disk.peak / 2**20:,.1f}")
        show(f"{name}: files left behind", str(sum(1 for _ in Path(scratch).rglob("*"))))
        show(f"{name}: processes left behind", "some" if left else "none")


def _own_servers(folder: Path, count: int) -> Path:
    """Write wheels and a client's configuration that starts each; return the configuration."""
    names = [f"bench-server-{number}" for number in range(count)]
    for name in names:
        peer_wheel(folder, name, "modern")
    file = folder / "servers.json"
    file.write_text(json.dumps({"mcpServers": {name: {"command": "uvx", "args": [name]} for name in names}}))
    return file


def _is_anything_left() -> bool:
    """Say whether a process outlived the command and still runs; it is our child now."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass  # one that has ended by itself
    except ChildProcessError:
        return False
    return True


def _processor_time() -> float:
    """Return the seconds that all ended child processes took, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Disk:
    """Looks again and again at how many bytes lie in a folder, and keeps the most."""

    def __init__(self, folder: Path) -> None:
        self.peak = 0
        self._folder = folder
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Disk:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            self.peak = max(self.peak, _size(self._folder))


def _size(folder: Path) -> int:
    size = 0
    for place, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):  # gone in the meantime
                size += Path(place, file).lstat().st_blocks * _BLOCK
    return size


if __name__ == "__main__":
    main()
