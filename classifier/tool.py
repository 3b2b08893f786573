"""A tool definition, parsed once from its wire JSON into what rules ask about. Knows no rule and no word list."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from classifier.lazy import lazy
from classifier.schema import Parameter, walk_properties
from classifier.text import Sentence, Token, split_identifier, split_sentences

Wire: TypeAlias = Mapping[str, Any]
"""A decoded JSON object exactly as its author sent it."""

_LONGEST_NAME = 512
"""Code points of a name that rules look at; the longest of 19,000 real names has 105, the protocol advises 128."""


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class ClassifierError(Exception):
    """Root of the classifier's own errors: one sentence, or several lines where a set of problems is reported."""


class NotAToolError(ClassifierError):
    """A value that is no tool definition: not an object, or without a name."""


def canonical(value: Any) -> str:
    """Return `value` as JSON with sorted keys, no white space, and ASCII only, so that any string survives any store.

    Raises `NotAToolError` for what JSON cannot say (NaN, infinities) and for nesting beyond the interpreter's limit.
    """
    try:
        return _ENCODER.encode(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotAToolError(f"a definition that JSON cannot carry: {error}") from error


def definition_digest(wire: Wire) -> str:
    """Return the SHA-256 of the canonical JSON of a definition, as 64 hexadecimal digits."""
    return _digest(canonical(wire))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class Annotations(NamedTuple):
    """The server's own hints. `True`, `False` and `None` (absent) are three facts; a default is never filled in."""

    title: str | None = None
    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None

    @classmethod
    def from_wire(cls, value: Any) -> Annotations:
        """Read the hints; a hint that is not a boolean is absent."""
        if not isinstance(value, dict):
            return _NO_ANNOTATIONS
        return cls(
            title=_text(value.get("title")) or None,
            read_only=_flag(value.get("readOnlyHint")),
            destructive=_flag(value.get("destructiveHint")),
            idempotent=_flag(value.get("idempotentHint")),
            open_world=_flag(value.get("openWorldHint")),
        )


_NO_ANNOTATIONS = Annotations()


@dataclass(frozen=True)
class Tool:
    """One definition. Strings that are absent or of another type are ""; what the wire says stands in `wire`."""

    name: str
    title: str
    title_pointer: str
    description: str
    annotations: Annotations
    wire: Wire

    @classmethod
    def from_wire(cls, wire: Any) -> Tool:
        """Parse a definition. Raises `NotAToolError` when it is not an object with a name."""
        if not isinstance(wire, dict):
            raise NotAToolError(f"a tool is a JSON object, not {_kind(wire)}")
        name = wire.get("name")
        if not isinstance(name, str) or not name:
            raise NotAToolError(f"a tool has a name, a non-empty string, not {_kind(name)}")
        annotations = Annotations.from_wire(wire.get("annotations"))
        title = _text(wire.get("title"))
        return cls(
            name=name,
            title=title or annotations.title or "",
            title_pointer="/title" if title else "/annotations/title",
            description=_text(wire.get("description")),
            annotations=annotations,
            wire=wire,
        )

    @lazy
    def parameters(self) -> tuple[Parameter, ...]:
        """The properties of the input schema, in their author's order: what people are shown."""
        return walk_properties(self.wire.get("inputSchema"), "/inputSchema")

    @lazy
    def output(self) -> tuple[Parameter, ...]:
        """The properties of the output schema, in their author's order."""
        return walk_properties(self.wire.get("outputSchema"), "/outputSchema")

    @lazy
    def canonical(self) -> str:
        """The definition's canonical JSON: every string of it in one ASCII text, which is quick to look through."""
        return canonical(self.wire)

    @lazy
    def digest(self) -> str:
        """The definition's digest; see `definition_digest`."""
        return _digest(self.canonical)

    @lazy
    def words(self) -> tuple[Token, ...]:
        """The name's words, lower case, with their places in the name."""
        return split_identifier(self.name[:_LONGEST_NAME])

    @lazy
    def title_words(self) -> tuple[Token, ...]:
        """The title's words."""
        return split_identifier(self.title[:_LONGEST_NAME])

    @lazy
    def sentences(self) -> tuple[Sentence, ...]:
        """The description's sentences, each with its section and its words."""
        return split_sentences(self.description)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "an empty string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
