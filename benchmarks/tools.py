"""Tools to measure with, made from the examples of our own rules: as many as wanted, the same on every machine."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from classifier.ruleset import load

TOOLS_OF_A_SERVER = 20  # the median server of real listings has about a dozen, the mean is above twenty


def made_up() -> list[Mapping[str, Any]]:
    """Return the examples of our rules."""
    return [tool for rule in load().rules for kind in rule.examples.values() for tool in kind]


def numbered(tools: Iterable[Mapping[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """Yield that many tools, again from the start where there are fewer; no two are the same."""
    for number, tool in enumerate(islice(cycle(tools), count)):
        yield {**tool, "description": f"{tool.get('description', '')} Number {number}.".strip()}


def write_tools(file: Path, count: int, tools: Iterable[Mapping[str, Any]] | None = None) -> Path:
    """Write tools as JSON Lines with a `server` key; no two are the same. Return the file."""
    with file.open("w", encoding="utf-8") as stream:
        for number, tool in enumerate(numbered(made_up() if tools is None else tools, count)):
            stream.write(json.dumps({"server": f"bench/server-{number // TOOLS_OF_A_SERVER}", **tool}) + "\n")
    return file


def count_tools(file: Path) -> int:
    """The lines of a file that may be compressed."""
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        return sum(1 for _ in stream)
