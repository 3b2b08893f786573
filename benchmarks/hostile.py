"""Definitions made to be slow to judge, of any size: what a stranger could send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def described(text: str) -> dict[str, Any]:
    """Make a tool of its description."""
    return {"name": "x", "description": text}


def nested(depth: int) -> dict[str, Any]:
    """Make a tool whose parameter is that many objects deep."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return {"name": "x", "inputSchema": schema}


def wide(count: int) -> dict[str, Any]:
    """Make a tool of many parameters."""
    properties = {f"file_path_{index}": {"type": "string", "description": "A path."} for index in range(count)}
    return {"name": "x", "inputSchema": {"type": "object", "properties": properties}}


HOSTILE: Mapping[str, tuple[Callable[[int], dict[str, Any]], int]] = {
    "1 MB of sentences": (lambda n: described("Deletes a file. " * n), 32_500),
    "1 MB of one sentence": (lambda n: described("delete it and " * n), 37_500),
    "10,000 parameters": (wide, 5_000),
    "300 levels": (nested, 150),
    "line breaks": (lambda n: described("\n" * n), 250_000),
    "negations": (lambda n: described("not do not " * n), 45_000),
    "identifiers": (lambda n: described("use get_x " * n), 50_000),
    "attack words": (lambda n: described("never tell must ignore only before " * n), 15_000),
}
"""Kinds of hostile text, each with the size of which twice as much is the size that the figure is about."""
