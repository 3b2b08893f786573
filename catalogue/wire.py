"""Takes definitions from strangers: says of each whether it is a tool that can be kept, and under which digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifier.tool import NotAToolError, definition_digest

DEEPEST = 100
"""Levels of nesting that a definition may have. The deepest of 806 real ones has 21; Python gives up below 1,000."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A tool's wire JSON that can be kept, with its digest."""

    name: str
    digest: str
    wire: Mapping[str, Any]


def to_definition(wire: Any) -> Definition:
    """Check a tool's wire JSON. Raises `NotAToolError` that says why it cannot be kept."""
    return Definition(check_wire(wire), definition_digest(wire), wire)


def check_wire(wire: Any) -> str:
    """Return the name of a tool that could be kept. Raises `NotAToolError` that says why it cannot."""
    if not isinstance(wire, Mapping):
        raise NotAToolError("a tool is a JSON object")
    name = wire.get("name")
    if not isinstance(name, str) or not name:
        raise NotAToolError("a tool has a name, a non-empty string")
    if not is_shallow(wire):
        raise NotAToolError(f"the definition of {name[:80]!r} is nested deeper than {DEEPEST} levels")
    return name


def is_shallow(value: Any) -> bool:
    """Say whether a stranger's JSON can be written without running into the interpreter's limit of nesting."""
    return not _is_deeper(value, DEEPEST)


def _is_deeper(value: Any, limit: int) -> bool:
    """Say whether arrays and objects stand more than `limit` deep, without recursion."""
    level = [value]
    for _ in range(limit):
        level = [
            child
            for parent in level
            for child in (parent if isinstance(parent, list) else parent.values())
            if isinstance(child, (dict, list))  # what decoding makes; the abstract Mapping costs five times as much
        ]
        if not level:
            return False
    return True
