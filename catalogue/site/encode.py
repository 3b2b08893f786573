"""JSON as the site writes it: compact for machines, indented for people, in both without a hidden character."""

from __future__ import annotations

import json
from typing import Any

from catalogue.site.marks import hidden_runs

_DELETE = "\x7f"
"""The one control character that JSON encoders leave as it is. In JSON it can only stand in a string."""


def compact(value: Any) -> str:
    """Return `value` as one line of ASCII JSON, so that any string survives, lone surrogates too."""
    return ascii_json(json.dumps(value, separators=(",", ":")))


def ascii_json(text: str) -> str:
    """Return compact ASCII JSON of any encoder without a hidden character."""
    return text.replace(_DELETE, r"\u007f")


def readable(value: Any) -> str:
    """Return `value` as indented JSON for people: letters of all scripts as they are, hidden characters escaped."""
    return hidden_runs(json.dumps(value, indent=2, ensure_ascii=False), _escaped)


def _escaped(run: str) -> str:
    return ascii_json(json.dumps(run)[1:-1])
