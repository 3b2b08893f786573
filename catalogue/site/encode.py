"""JSON as the site writes it: compact for machines, indented for people, in both without a hidden character."""

from __future__ import annotations

import json
from typing import Any

from catalogue.site.marks import hidden_runs


def compact(value: Any) -> bytes:
    """Return `value` as one line of ASCII JSON, so that any string survives, lone surrogates too."""
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def readable(value: Any) -> str:
    """Return `value` as indented JSON for people: letters of all scripts as they are, hidden characters escaped."""
    return hidden_runs(json.dumps(value, indent=2, ensure_ascii=False), lambda run: json.dumps(run)[1:-1])
