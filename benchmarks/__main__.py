"""`make bench`: what the commands cost in time and memory, measured from outside. See README.md beside this file."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.commands import Cost, run
from benchmarks.tools import count_tools, write_tools


def main() -> None:
    """Run every command on the same tools and print a line each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--tools", type=Path, help="a file that `catalogue import` reads; default: tools made up here")
    parser.add_argument("--count", type=int, default=10_000, help="how many tools to make up")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tools = options.tools or write_tools(Path(folder) / "tools.jsonl", options.count)
        count = count_tools(tools)
        print(
            f"{count:,} tools of {options.tools or 'our own making'}, {os.cpu_count()} cores, Python {sys.version[:6]}"
        )
        print(f"{'command':<34}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'tools/s':>10}")
        for cost in measure(tools, Path(folder)):
            rate = f"{count / cost.wall:>10,.0f}" if cost.wall > 1 else f"{'':>10}"
            print(f"{cost.command:<34}{cost.wall:>9.2f}{cost.cpu:>9.2f}{cost.peak:>10.0f}{rate}")


def measure(tools: Path, folder: Path) -> Iterator[Cost]:
    """Yield the cost of each command, in the order in which a catalogue is made."""
    database = ("--database", f"sqlite:///{folder}/bench.db")
    yield run("--help")
    yield run("classify", "--tools", str(write_tools(folder / "one.jsonl", 1)), label="classify --tools (one tool)")
    yield run("classify", "--tools", str(tools), "--output", os.devnull, allowed={0, 4}, label="classify --tools")
    yield run("import", str(tools), *database, allowed={0, 4})
    yield run("classify", *database)
    yield run("publish", "--out", str(folder / "site"), *database)
    yield run("publish", "--out", str(folder / "site"), *database, allowed={0, 3}, label="publish (nothing changed)")
    yield run("export", "--out", str(folder / "export"), *database)


if __name__ == "__main__":
    main()
