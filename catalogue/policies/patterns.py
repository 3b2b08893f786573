"""Regular expressions whose cost grows with the text and with nothing else. Knows no policy.

A policy meets arguments that an attacker may have chosen, so a pattern must not be able to run away. The language is
RE2's, which has no backtracking and so no back-references and no look-around; it is also what policy gateways written
in Go use. Refusing dangerous patterns of Python's `re` was rejected: no such check is both safe and exact.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

LONGEST_PATTERN = 2000
"""Characters. The patterns of our own recommendations stay under 1,000."""

_MEMORY = 1 << 20
"""Bytes that RE2 may spend on one compiled pattern: an eighth of its default. It refuses what needs more, such as
nested repetitions that multiply."""


class PatternError(ValueError):
    """RE2 refuses the pattern; the message is its reason, without a full stop."""


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False  # the exception says it
    options.max_mem = _MEMORY
    options.never_capture = True  # we only ask whether it matches
    return options


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    try:
        return re2.compile(pattern, options=_options())
    except re2.error as error:
        detail = error.args[0]
        raise PatternError(detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)) from error
    except UnicodeEncodeError as error:
        raise PatternError("it holds half of a surrogate pair") from error


def check(pattern: str) -> None:
    """Raise `PatternError` for a pattern that cannot be used."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"it has {len(pattern)} characters, and {LONGEST_PATTERN} is the most")
    _compiled(pattern)


def found(pattern: str, text: str) -> bool | None:
    """Whether the pattern matches anywhere in the text; `None` for text that is not Unicode (half a surrogate pair)."""
    try:
        return _compiled(pattern).search(text) is not None
    except UnicodeEncodeError:
        return None
