"""A tool definition, parsed once from its wire JSON into what rules ask about. Knows no rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Wire: TypeAlias = Mapping[str, Any]
"""A decoded JSON object exactly as its author sent it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One property of the input schema, nested ones included.

    `pointer` is an RFC 6901 pointer into the wire JSON; `path` is dotted, arrays as `[]` ("files[].path"). `types` are
    JSON Schema type names (empty when unstated). `required` is true only if every object on the way requires it.
    """

    name: str
    path: str
    pointer: str
    words: tuple[str, ...]
    types: tuple[str, ...]
    format: str | None
    description: str
    enum: tuple[Any, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Annotations:
    """The server's own hints. `True`, `False` and `None` (absent) are three facts; a default is never filled in."""

    title: str | None = None
    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None
