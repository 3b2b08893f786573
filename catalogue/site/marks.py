"""Strangers' text made safe to show: hostile characters visible, the words that rules matched in segments.

Knows rules only by number. What comes out is plain text still; the templates escape it for HTML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple, TypeAlias

from catalogue.invisible import HIDDEN, SUSPECT

Role: TypeAlias = Literal["support", "signal", "dissent"]

_BLOCK = re.compile(f"(?:{HIDDEN})+")
_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")  # most text, and seven times faster to see than that it is not hostile
_LINE = re.compile(f"(?:{HIDDEN}|[\t\n])+")
_SUSPECT = re.compile(SUSPECT)
_SUSPECT_IN_LINE = re.compile(f"{SUSPECT}|[\t\n]")


class Mark(NamedTuple):
    """Words that a rule matched: a span of code points, the number of the rule on its page, and what it speaks for."""

    start: int
    end: int
    number: int
    role: Role


class Segment(NamedTuple):
    """A piece of a quoted text. `role` is "" where no rule matched; `escape` names the hidden characters it stands for.

    `numbers` are the rules whose marks end with this segment.
    """

    text: str
    role: Role | Literal[""]
    escape: str
    numbers: tuple[int, ...]


class Quoted(NamedTuple):
    """A text of a stranger, ready to show. `segments` is empty where nothing in `text` is marked or escaped."""

    text: str
    segments: tuple[Segment, ...] = ()


def inert(text: str, longest: int = 0) -> str:
    """Return `text` for one line: hidden characters, tabs and line breaks visible; shortened if `longest` is not 0."""
    if longest and len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    if (text.isascii() and text.isprintable()) or not _SUSPECT_IN_LINE.search(text):
        return text
    return _LINE.sub(lambda match: _codes(match[0]), text)


def hidden_runs(text: str, replace: Callable[[str], str]) -> str:
    """Return `text` with each run of hidden characters (tabs and line breaks are none) replaced."""
    return text if _is_plain(text) else _BLOCK.sub(lambda match: replace(match[0]), text)


def _is_plain(text: str) -> bool:
    """Tell whether a text of several lines surely has nothing hidden, without the dear look at what stands around."""
    return _PLAIN.fullmatch(text) is not None or not _SUSPECT.search(text)


def quote(text: str, marks: Sequence[Mark] = (), longest: int = 0) -> Quoted:
    """Return `text` as a quotation that may have several lines, with its marked words; overlapping marks are merged.

    What lies behind `longest` characters (0: no limit) is cut off, and so are the marks there. Time is linear in the
    text and in the number of marks.
    """
    cut = text[: longest - 1] + "…" if longest and len(text) > longest else text
    plain = (cut.isascii() and cut.isprintable()) or _is_plain(cut) or not _BLOCK.search(cut)
    marks = [mark for mark in marks if 0 <= mark.start < mark.end <= len(cut)] if marks else ()
    if plain and not marks:
        return Quoted(cut)
    parts = _intervals(cut, marks)
    if plain:
        return Quoted(cut, parts)
    segments = tuple(piece for part in parts for piece in _escaped(part))
    return Quoted("".join(segment.text for segment in segments), segments)


def _intervals(text: str, marks: Sequence[Mark]) -> tuple[Segment, ...]:
    """Cut `text` wherever a mark starts or ends; a piece has the role of the most important mark over it."""
    starts: dict[int, list[Mark]] = {}
    ends: dict[int, list[Mark]] = {}
    for mark in marks:
        starts.setdefault(mark.start, []).append(mark)
        ends.setdefault(mark.end, []).append(mark)
    active: dict[Role, int] = {"support": 0, "signal": 0, "dissent": 0}  # the most important first
    pieces = []
    left, *edges = sorted({0, len(text), *starts, *ends})
    for right in edges:
        for mark in starts.get(left, ()):
            active[mark.role] += 1
        for mark in ends.get(left, ()):
            active[mark.role] -= 1
        role: Role | Literal[""] = ""
        for one, open_marks in active.items():
            if open_marks:
                role = one
                break
        ending = ends.get(right)
        numbers = tuple(sorted({mark.number for mark in ending})) if ending else ()
        pieces.append(Segment(text[left:right], role, "", numbers))
        left = right
    return tuple(pieces)


def _escaped(segment: Segment) -> Iterator[Segment]:
    """Split the runs of hidden characters off; the last piece keeps the numbers."""
    pieces: list[tuple[str, str]] = []
    done = 0
    for match in _BLOCK.finditer(segment.text):
        pieces += [(segment.text[done : match.start()], ""), (_codes(match[0]), _names(match[0]))]
        done = match.end()
    pieces.append((segment.text[done:], ""))
    kept = [piece for piece in pieces if piece[0]]
    for place, (text, escape) in enumerate(kept, 1):
        yield Segment(text, segment.role, escape, segment.numbers if place == len(kept) else ())


def _codes(run: str) -> str:
    """Return the code points of a run of hidden characters, repetitions counted: `⟨U+200B ×3 U+202E⟩`."""
    codes = ((char, len(list(same))) for char, same in groupby(run))
    return "⟨" + " ".join(f"U+{ord(char):04X}" + (f" ×{count}" if count > 1 else "") for char, count in codes) + "⟩"


def _names(run: str) -> str:
    names = list(dict.fromkeys(unicodedata.name(char, "unnamed control character") for char in run))
    return "hidden text: " + ", ".join(names[:3]).lower() + (" and others" if len(names) > 3 else "")
