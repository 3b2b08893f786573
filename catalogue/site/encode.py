"""JSON as the site writes it: compact for machines, indented for people, in both without a hidden character."""

from __future__ import annotations

import json
from typing import Any

import orjson

from catalogue.site.marks import hidden_runs

_DELETE = "\x7f"
"""The one control character that JSON encoders leave as it is. In JSON it can only stand in a string."""


def compact(value: Any) -> str:
    """Return `value` as one line of ASCII JSON, so that any string survives, lone surrogates too."""
    try:
        text = orjson.dumps(value)
    except TypeError:  # of a lone surrogate, a large number, a named tuple
        text = b"\xff"
    return ascii_json(text.decode("ascii") if text.isascii() else json.dumps(value, separators=(",", ":")))


def ascii_json(text: str) -> str:
    """Return compact ASCII JSON of any encoder without a hidden character."""
    return text.replace(_DELETE, r"\u007f")


def script_json(value: Any) -> str:
    """Return JSON that can stand in a script element: nothing in it ends the element, opens a comment or an entity.

    An equals sign is escaped too, so that no text in it looks like an attribute where links are collected.
    """
    text = compact(value)
    for char in "<>&=":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def readable(value: Any) -> str:
    """Return `value` as indented JSON for people: letters of all scripts as they are, hidden characters escaped."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode("utf-8")
    except TypeError:  # as above
        text = json.dumps(value, indent=2, ensure_ascii=False)
    return hidden_runs(text, _escaped)


def _escaped(run: str) -> str:
    return ascii_json(json.dumps(run)[1:-1])
