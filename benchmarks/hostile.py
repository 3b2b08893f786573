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
    "one identifier": (lambda n: described("use a_" + "b_" * n), 125_000),
    "one word": (lambda n: described("a" * n), 250_000),
    "joined words": (lambda n: described("a-" * n), 125_000),
    "white space": (lambda n: described("a" + " \n" * n), 125_000),
    "headings": (lambda n: described("Args:\n" * n), 40_000),
    "quotations": (lambda n: described("'get_x " * n), 35_000),
    "tags": (lambda n: described("<important " * n), 22_500),
    "zero width": (lambda n: described("a\u200b\u200d" * n), 80_000),
    "Chinese": (lambda n: described("删除" * n), 125_000),
    "humps": (lambda n: {"name": "x", "inputSchema": {"properties": {"Ab" * n: {}}}}, 125_000),
}
"""Kinds of hostile text, each with the size of which twice as much is the size that the figure is about.

Those of one text go for a pattern or a loop each: what makes it look again at what it has seen.
"""
