"""JSON for machines: one line of ASCII without a hidden character, in which any string survives. Knows no file."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_DELETE = "\x7f"
"""The one control character that JSON encoders leave as it is. In JSON it can only stand in a string."""

_BEYOND = re.compile(r"[^\x00-\x7f]+")


def compact(value: Any) -> str:
    """Return `value` as one line of ASCII JSON, lone surrogates and large numbers too."""
    try:
        text = orjson.dumps(value).decode("utf-8")
    except TypeError:  # of a lone surrogate, a large number, a named tuple
        text = json.dumps(value, separators=(",", ":"))
    return visible(text if text.isascii() else _BEYOND.sub(lambda match: json.dumps(match[0])[1:-1], text))


def visible(text: str) -> str:
    """Return compact ASCII JSON of any encoder without a hidden character."""
    return text.replace(_DELETE, r"\u007f")
