"""Reads JSON as people write it into files: with comments, trailing commas and a byte order mark, as VS Code allows.

Knows no shape of document. Strict JSON is tried first, so a strict document never means anything else here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NoReturn

from crawler.records import SourceError

# Each alternative that starts also ends (at the end of the text if need be), so hostile text costs linear time.
_STRING = r'"(?:[^"\\]|\\.)*+"?'
_COMMENT = re.compile(rf"(?P<string>{_STRING})|//[^\n\r]*|/\*(?:.*?\*/|.*)", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"(?P<string>{_STRING})|,(?=\s*+[\]}}])", re.DOTALL)


class Members(dict[str, Any]):
    """A JSON object that keeps the first of members of one name, and remembers the names that were `repeated`."""

    repeated: tuple[str, ...] = ()


def read_json(content: str, what: str) -> Any:
    """The decoded text. Raises `SourceError`, which names `what` it was and where it stops being JSON."""
    try:
        return _decode(content)
    except (ValueError, RecursionError) as error:
        return _read_lenient(content, what, error)


def _read_lenient(content: str, what: str, fault: Exception) -> Any:
    """Read it again without comments and trailing commas; where that fails too, the first fault is the one told."""
    without_comments = _COMMENT.sub(lambda found: found["string"] or _same_lines(found[0]), content)
    try:
        return _decode(_TRAILING_COMMA.sub(lambda found: found["string"] or " ", without_comments))
    except (ValueError, RecursionError) as error:
        told = error if without_comments != content else fault
        raise SourceError(f"{what} is not JSON: {_reason(told)}") from error


def _same_lines(comment: str) -> str:
    """Blanks that keep the rest of the text where it was, so that a fault is named where its author sees it."""
    return re.sub(r"[^\n]", " ", comment)


def _decode(content: str) -> Any:
    return json.loads(content.removeprefix("\ufeff"), object_pairs_hook=_members, parse_constant=_refuse)


def _members(pairs: list[tuple[str, Any]]) -> Members:
    members = Members()
    for name, value in pairs:
        members.setdefault(name, value)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        members.repeated = tuple(name for name, count in counts.items() for _ in range(count - 1))
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
