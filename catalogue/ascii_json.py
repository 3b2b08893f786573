"""JSON for machines: one line of ASCII without a hidden character, in which any string survives. Knows no file."""

from __future__ import annotations

import codecs
import json
from functools import lru_cache
from typing import Any

import orjson

_DELETE = "\x7f"
"""The one control character that JSON encoders leave as it is. In JSON it can only stand in a string."""


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Write what ASCII lacks as JSON escapes, for a codec: it passes over the rest faster than anything else."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_spelled, error.object[error.start : error.end])), error.end


@lru_cache(maxsize=4096)
def _spelled(char: str) -> str:
    return json.dumps(char)[1:-1]


codecs.register_error("json-escape", _escaped)


def compact(value: Any) -> str:
    """Return `value` as one line of ASCII JSON, lone surrogates and large numbers too."""
    return encoded(value).decode("ascii")


def encoded(value: Any) -> bytes:
    """Return the same as bytes."""
    try:
        text = orjson.dumps(value)
    except TypeError:  # of a lone surrogate, a large number, a named tuple
        text = json.dumps(value, separators=(",", ":")).encode("ascii")
    return in_ascii(text)


def in_ascii(text: bytes) -> bytes:
    """Return compact JSON in UTF-8 as ASCII without a hidden character."""
    if not text.isascii():
        text = text.decode("utf-8").encode("ascii", "json-escape")
    return text.replace(b"\x7f", rb"\u007f")


def visible(text: str) -> str:
    """Return compact ASCII JSON of any encoder without a hidden character."""
    return text.replace(_DELETE, r"\u007f")
