"""Finds names that prose lists ("Actions: list, get, delete") and what it says of each ("- delete: removes it").

Knows no verb and no schema. Every pattern takes time linear in its text: each repetition is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

_NAME = r"(?:--)?[A-Za-z][A-Za-z0-9]{0,63}(?:[_./:-][A-Za-z0-9]{1,32}){0,6}"
_OPEN, _CLOSE = "[`'\"“‘*]{0,3}", "[`'\"”’*]{0,3}"

_ITEM = re.compile(rf"[\s([{{]{{0,4}}({_OPEN})({_NAME})({_CLOSE})(?:\s?\([^()\n]{{0,160}}\))?")
_BULLET = re.compile(
    rf"[^\n]{{0,400}}\n\s{{0,12}}(?:[-*•–]|\d{{1,2}}[.)])\s{{0,4}}{_OPEN}({_NAME}){_CLOSE}(?=\s?(?:[:=(–—-]|$|\n))"
)
_SEPARATOR = re.compile(r"\s{0,2}(?:[,;|/、，]\s{0,8}(?:(?:and|or)\s)?|\s(?:and|or)\s|\n\s{0,8}[-*•]\s)")
_END = re.compile(r"\s{0,2}(?:[.;)\]}\n。）]|,?\s?(?:etc|\.\.\.|…)|$)")
"""What stands behind the last name of a list; a word there makes it the beginning of a sentence."""

_CUE = re.compile(
    r"(?<!related )(?<!other )(?<!similar )\b(?:actions?|operations?|sub-?commands?|methods?)\b"
    r"[`'\"*]{0,3}"
    r"(?P<words>(?:[ \t]{1,2}[a-z'-]{1,20}){0,6}?)[ \t]{0,2}(?P<open>[:(（：](?=[^/])|(?=[ \t][a-z]+[-_,]))[ \t]?"
    r"(?:e\.g\.|i\.e\.|one of|any of|such as|including|like)?,?:?",
    re.IGNORECASE,
)
"""What announces a list of actions: "Supported actions:", "the following operations (", "file operations like"."""

_LABELLED = re.compile(
    rf"(?:^|(?<=[\n;,.(|•:]))[\s*•–-]{{0,12}}(?:\d{{1,2}}[.)]\s)?{_OPEN}({_NAME}){_CLOSE}\s?"
    r"(?:\([^()\n]{0,160}\)\s?)?(?:[:=：]>?|->|→|–|—|-(?=\s)|\()\s?(?=[^\s\d])"
)
_GLOSS = re.compile(r"(?:[^\n;|)•.,]|\.(?!\s|$)|,(?!\s(?:[`'\"]|\w{1,32}:))){3,200}")
"""What is said of a name: up to the end of the sentence or line, or to the next name."""

_KEYED = re.compile(rf"\b(?:action|operation)[`'\"]?\s?[:=]\s?[`'\"]({_NAME})[`'\"]", re.IGNORECASE)
"""A call given as an example: action: "add"."""

_OPENING = re.compile(r"[:(（：]|\b(?:of|either|to|or|like)\s|(?=(?<!\w)[`'\"]\w)")

_NO_NAMES = frozenset(["etc", "required", "optional", "default", "more"])
"""What stands at the end of a list and is no part of it."""

_LEADING = re.compile(r"[^\n.;:,(]{0,120}\((?=[a-z_-]{1,40}(?:, ?|/| ?\| ?)[a-z_-]{1,40}[,/| ])")
"""The first words of a description up to a list: "Manages notes (create, update, delete)"."""

_MOST_LISTED = 64
"""Names of one list in prose."""


class Span(NamedTuple):
    """Words of a text: where they begin and end."""

    text: str
    start: int
    end: int


def announced_lists(text: str) -> Iterator[list[Span]]:
    """Yield each list of names that the text announces as one of actions, in one line or with a bullet each."""
    end = 0
    for cue in _CUE.finditer(text):
        if cue.start() >= end:
            names = _names_from(text, cue.end()) or _bullets_from(text, cue.end())
            if len(names) > (1 if cue["open"] else 2):
                yield names
                end = names[-1].end


def leading_list(text: str) -> list[Span]:
    """Return the names in the first parenthesis of a text's first sentence; none unless there are three or more."""
    opening = _LEADING.match(text)
    names = _names_from(text, opening.end()) if opening else []
    return names if len(names) > 2 else []


def lists_in(text: str, start: int = 0, end: int | None = None) -> Iterator[list[Span]]:
    """Yield each list of names in a text that is about the names: what is said of the parameter that takes them."""
    done = start
    openings = _OPENING.finditer(text, start, len(text) if end is None else end)
    for at in chain([start], (opening.end() for opening in openings)):
        if at >= done and (names := _names_from(text, at) or _bullets_from(text, at)):
            yield names
            done = names[-1].end


def keyed_names(text: str) -> list[Span]:
    """Return the names that examples of calls give to an action: `action: "add"`, each once."""
    found: dict[str, Span] = {}
    for match in _KEYED.finditer(text):
        found.setdefault(match[1], Span(match[1], *match.span(1)))
    return list(found.values())[:_MOST_LISTED]


def labelled(text: str) -> Mapping[str, Span]:
    """Return what the text says of each name: "archive: moves it away" leads from archive to the rest of the line."""
    said: dict[str, Span] = {}
    label = _LABELLED.search(text)
    while label:
        gloss = _GLOSS.match(text, label.end())
        if gloss:
            said.setdefault(label[1], Span(gloss.group(), *gloss.span()))
        label = _LABELLED.search(text, gloss.end() if gloss else label.end())
    return said


def _names_from(text: str, start: int) -> list[Span]:
    """Return the names of the list that begins at `start`; none unless there are two or more."""
    names: list[Span] = []
    while len(names) < _MOST_LISTED:
        item = _ITEM.match(text, start)
        if item is None or item[2].lower() in _NO_NAMES or text.startswith(":", item.end()):
            break
        quoted = bool(item[1] and item[3])
        separator = _SEPARATOR.match(text, item.end())
        if not (quoted or separator or _END.match(text, item.end())):
            break
        names.append(Span(item[2], *item.span(2)))
        if separator is None:
            break
        start = separator.end()
    return names if len(names) > 1 else []


def _bullets_from(text: str, start: int) -> list[Span]:
    """Return the names that lead the lines behind `start`, each with a bullet; none unless there are two or more."""
    names: list[Span] = []
    bullet = _BULLET.match(text, start)
    while bullet and len(names) < _MOST_LISTED:
        names.append(Span(bullet[1], *bullet.span(1)))
        bullet = _BULLET.match(text, bullet.end())
    return names if len(names) > 1 else []
