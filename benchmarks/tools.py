"""Tools to measure with, made from the examples of our own rules: as many as wanted, the same on every machine."""

from __future__ import annotations

import gzip
import json
from itertools import cycle, islice
from pathlib import Path

from classifier.ruleset import load

TOOLS_OF_A_SERVER = 20  # the median server of real listings has about a dozen, the mean is above twenty


def write_tools(file: Path, count: int) -> Path:
    """Write tools as JSON Lines with a `server` key; no two are the same. Return the file."""
    examples = [tool for rule in load().rules for kind in rule.examples.values() for tool in kind]
    with file.open("w", encoding="utf-8") as stream:
        for number, tool in enumerate(islice(cycle(examples), count)):
            description = f"{tool.get('description', '')} Number {number}.".strip()
            wire = {"server": f"bench/server-{number // TOOLS_OF_A_SERVER}", **tool, "description": description}
            stream.write(json.dumps(wire) + "\n")
    return file


def count_tools(file: Path) -> int:
    """The lines of a file that may be compressed."""
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        return sum(1 for _ in stream)
