"""What judging costs: speed, start-up, memory, and how cost grows with tools, rules and hostile text. See README.md."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.commands import run
from benchmarks.hostile import HOSTILE
from benchmarks.rules import multiply_rules
from benchmarks.tools import made_up, numbered, write_tools
from classifier.ruleset import RuleSet, load

_BESIDE = ("server", "source_repo", "source_path", "commit", "license", "partial")
"""Keys of a corpus that stand beside a definition."""

_STREAMED = 100_000


def main() -> None:
    """Measure and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classify")
    parser.add_argument("--tools", type=Path, help="JSON Lines of definitions; default: tools made up here")
    options = parser.parse_args()
    tools = read_tools(options.tools) if options.tools else [*numbered(made_up(), 8_500)]
    print(f"{len(tools):,} tools of {options.tools or 'our own making'}, Python {sys.version[:6]}")
    with tempfile.TemporaryDirectory() as folder:
        for lines in (speeds(tools), commands(tools, Path(folder)), rules(tools, Path(folder)), hostile()):
            for name, value in lines:
                print(f"{name:<52}{value:>14}", flush=True)


def read_tools(file: Path) -> list[dict[str, Any]]:
    """Read definitions, without what a compilation puts beside them."""
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        return [
            {key: item for key, item in json.loads(line).items() if key not in _BESIDE and item is not None}
            for line in lines
        ]


def speeds(tools: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield the rates of one processor, beside that of decoding the same tools, which tells the machine's own pace."""
    ruleset = load()
    texts = [json.dumps(tool) for tool in tools]
    ruleset.judge(tools[0])
    yield "JSON decoding, tools a second", rate(len(tools), lambda: deque(map(json.loads, texts), maxlen=0))
    yield "judging with all evidence, tools a second", rate(len(tools), lambda: judge_some(ruleset, tools))


def commands(tools: Sequence[Any], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what `catalogue classify` costs, from one tool to many."""
    one = run("classify", "--tools", str(write_tools(folder / "1.jsonl", 1, tools)), "--output", os.devnull)
    yield "start-up of classify --tools, seconds", f"{one.wall:.2f}"
    costs = {}
    for count in (1_000, 10_000, _STREAMED):
        file = write_tools(folder / f"{count}.jsonl", count, tools)
        costs[count] = run("classify", "--tools", str(file), "--output", os.devnull, allowed={0, 4})
        file.unlink()
        yield f"classify --tools, {count:,} tools, tools a second", f"{count / costs[count].wall:,.0f}"
    each = {count: (cost.cpu - one.cpu) / count for count, cost in costs.items()}
    yield "growth of the time for a tool, 1,000 to 100,000", f"{each[_STREAMED] / each[1_000]:.2f}"
    yield f"largest process with {_STREAMED:,} tools, MiB", f"{costs[_STREAMED].peak:.0f}"


def rules(tools: Sequence[Any], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield how much ten times the rules cost: copies under other names, with other words."""
    times = {}
    for copies in (1, 10):
        ruleset = load(multiply_rules(folder / str(copies), rules=60, copies=copies))
        times[copies] = least(lambda ruleset=ruleset: judge_some(ruleset, tools[:2_000]))
    yield "growth of the time, 60 to 600 rules", f"{times[10] / times[1]:.2f}"


def judge_some(ruleset: RuleSet, tools: Sequence[Any]) -> None:
    """Judge tools and keep nothing."""
    for tool in tools:
        ruleset.judge(tool)


def hostile() -> Iterator[tuple[str, str]]:
    """Yield, for each kind of hostile text, the time of twice the text over the time of the text."""
    ruleset = load()
    for name, (build, size) in HOSTILE.items():
        small, large = build(size), build(2 * size)
        ratio = least(lambda one=large: ruleset.judge(one)) / least(lambda one=small: ruleset.judge(one))
        yield f"twice the text: {name}", f"{ratio:.2f}"


def rate(count: int, work: Callable[[], object]) -> str:
    """Return how many a second, by processor time."""
    return f"{count / least(work):,.0f}"


def least(work: Callable[[], object]) -> float:
    """Return the shortest of three times, in seconds of processor: the one least disturbed by the machine."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
