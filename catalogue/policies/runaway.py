"""Tells which regular expressions can run away in an engine that backtracks. Compiles none and knows no policy.

Our own engine takes linear time whatever the pattern (see `patterns`), but a policy is a file that goes to other
programs, whose engine may try every way to split a text. What makes that exponential is a repetition without an end
around something that itself repeats without an end, with nothing in between that says where one round stops; or around
choices of which one begins like another. The check reads RE2's syntax and looks for these two forms only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_ATOM = re.compile(
    r"\\Q.*?(?:\\E|$)|\\x\{[^}]*\}|\\[pP]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|[^()|]", re.DOTALL
)
_OPENING = re.compile(r"\((?:\?P?<\w+>|\?[a-zA-Z-]*:)?")
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+\)")
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d+)(,?)(\d*)\})\??")


class _Alternative:
    """What is read of one alternative of a group so far."""

    def __init__(self) -> None:
        self.text = ""  # its atoms, of use while each is single and not repeated
        self.literal = True
        self.endless = False  # something in it repeats without an end
        self.anchored = False  # something in it stands there exactly so often

    @property
    def is_loose(self) -> bool:
        """Whether nothing says where one round of it stops."""
        return self.endless and not self.anchored

    def add(self, atom: str, group: Sequence[_Alternative], quantifier: str) -> None:
        loose = any(one.is_loose for one in group)
        self.literal = self.literal and not quantifier and bool(atom)
        self.text += atom
        self.endless = self.endless or loose or _is_endless(quantifier)
        self.anchored = self.anchored or not (loose or _is_endless(quantifier) or _is_optional(quantifier))


def can_run_away(pattern: str) -> bool:
    """Whether a backtracking engine may take exponential time for it. The pattern is one that RE2 accepts."""
    groups: list[list[_Alternative]] = [[_Alternative()]]
    at = 0
    while at < len(pattern):
        if flags := _FLAGS.match(pattern, at):
            at = flags.end()
        elif opening := _OPENING.match(pattern, at):
            groups.append([_Alternative()])
            at = opening.end()
        elif pattern[at] == "|":
            groups[-1].append(_Alternative())
            at += 1
        else:
            closed = groups.pop() if pattern[at] == ")" and len(groups) > 1 else []
            match = None if closed else _ATOM.match(pattern, at)
            atom = match[0] if match else ""
            quantifier = _QUANTIFIER.match(pattern, at + (len(atom) or 1))
            at = quantifier.end() if quantifier else at + (len(atom) or 1)
            repeated = quantifier[0] if quantifier else ""
            if _is_endless(repeated) and _is_ambiguous(closed):
                return True
            groups[-1][-1].add(atom, closed, repeated)
    return False


def _is_endless(quantifier: str) -> bool:
    return quantifier[:1] in ("*", "+") if quantifier[:1] != "{" else quantifier.rstrip("?}").endswith(",")


def _is_optional(quantifier: str) -> bool:
    return quantifier[:1] == "?" or quantifier.startswith("{0")


def _is_ambiguous(group: Sequence[_Alternative]) -> bool:
    if any(one.is_loose for one in group):
        return True
    texts = sorted(one.text for one in group if one.literal)
    return any(longer.startswith(shorter) for shorter, longer in pairwise(texts))
