"""JSON where people or browsers read it: indented, or in a script element, and without a hidden character."""

from __future__ import annotations

import json
from typing import Any

import orjson

from catalogue.ascii_json import compact, visible
from catalogue.site.marks import hidden_runs


def script_json(value: Any) -> str:
    """Return JSON that can stand in a script element: nothing in it ends the element, opens a comment or an entity.

    An equals sign is escaped too, so that no text in it looks like an attribute to programs that look for links.
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
    if text.isascii() and "\x7f" not in text:  # JSON escapes what else ASCII has that is hidden
        return text
    return hidden_runs(text, _escaped)


def _escaped(run: str) -> str:
    return visible(json.dumps(run)[1:-1])
