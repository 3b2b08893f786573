"""JSON for machines: one line of ASCII without a hidden character, in which any string survives. Knows no file."""

from __future__ import annotations

import codecs
import json
from typing import Any

import orjson

_DELETE = "\x7f"
"""The one control character that JSON encoders leave as it is. In JSON it can only stand in a string."""


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Write what ASCII lacks as JSON escapes, for a codec: it passes over the rest faster than anything else."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("json-escape", _escaped)


def compact(value: Any) -> str:
    """Return `value` as one line of ASCII JSON, lone surrogates and large numbers too."""
    try:
        text = orjson.dumps(value).decode("utf-8")
    except TypeError:  # of a lone surrogate, a large number, a named tuple
        text = json.dumps(value, separators=(",", ":"))
    return visible(text.encode("ascii", "json-escape").decode("ascii"))


def visible(text: str) -> str:
    """Return compact ASCII JSON of any encoder without a hidden character."""
    return text.replace(_DELETE, r"\u007f")
