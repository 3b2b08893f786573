"""Regular expressions for texts that do not begin, or do not end, in one of some ways. Knows no policy.

A denial says which values are refused, and RE2 has no look-around to say "anything but": so the texts are put into a
tree, and the expression is every way to leave it. It is written so that RE2, Go and Python read it alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

_Tree: TypeAlias = "dict[str, _Tree]"
_END = ""
"""The key that marks where a text ends in the tree."""


def unless_prefix(texts: Iterable[str], then: str, skip: str = "") -> str:
    """A pattern for what does not begin with one of the texts, followed by its end or by one of the characters `then`.

    `then` and `skip` stand inside a character class; leading characters of `skip` are passed over.
    """
    lead = f"^[{skip}]*" if skip else "^"
    return lead + _leaving(_tree(texts), then, skip, forwards=True)


def unless_suffix(texts: Iterable[str]) -> str:
    """A pattern for what does not end with one of the texts."""
    return _leaving(_tree(text[::-1] for text in texts), "", "", forwards=False) + "$"


def _tree(texts: Iterable[str]) -> _Tree:
    root: _Tree = {}
    for text in texts:
        node = root
        for char in text:
            node = node.setdefault(char, {})
        node[_END] = {}
    return root


def _leaving(node: _Tree, then: str, skip: str, *, forwards: bool) -> str:
    """Every way to leave the tree at a node or below it; "" if there is none."""
    ends = _END in node
    if ends and not forwards:
        return ""
    chars = sorted(char for char in node if char)
    known = "".join(map(_in_class, chars)) + skip + (then if ends else "")
    ways = [] if ends else ["$" if forwards else "^"]
    ways.append(f"[^{known}]")
    for char in chars:
        if ends and then and re.match(f"[{then}]", char):
            continue  # what follows begins with this text already, whatever longer one goes on from here
        below = _leaving(node[char], then, "", forwards=forwards)
        if below:
            ways.append(re.escape(char) + below if forwards else below + re.escape(char))
    return f"(?:{'|'.join(ways)})"


def _in_class(char: str) -> str:
    return f"\\{char}" if char in r"\]^-[&~|" else char
