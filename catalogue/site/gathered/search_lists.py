"""Lists of numbers as text: how the search index says which tools have a word. Knows no word and no tool.

A list is written as its gaps or as its bits, whichever is shorter, six bits a letter. Long lists are cut into pieces at
places that depend on their own numbers only, so that a number more or less changes one piece.
`site_templates/search.js` reads them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_GAPS, _BITS = ".", "!"
_SHORT = [LETTERS[gap] for gap in range(32)]


def encode(numbers: Sequence[int], start: int) -> str:
    """Return ascending numbers, all of at least `start`."""
    gaps = _gaps(numbers, start)
    width = numbers[-1] - start + 1
    return _bits(numbers, start) if width < 6 * len(gaps) else _GAPS + gaps


def _gaps(numbers: Sequence[int], start: int) -> str:
    """Write how many numbers are left out before each, five bits a letter, lowest first, 32 for "there is more"."""
    out = []
    for before, number in pairwise((start - 1, *numbers)):
        gap = number - before - 1
        while gap >= 32:
            out.append(LETTERS[32 + (gap & 31)])
            gap >>= 5
        out.append(_SHORT[gap])
    return "".join(out)


def _bits(numbers: Sequence[int], start: int) -> str:
    sixes = bytearray((numbers[-1] - start) // 6 + 1)
    for number in numbers:
        at = number - start
        sixes[at // 6] |= 1 << at % 6
    return _BITS + "".join(map(LETTERS.__getitem__, sixes))


def pieces(numbers: Sequence[int], start: int, end: int, most: int) -> Iterator[tuple[int, str]]:
    """Yield (start, text) of pieces of at most `most` letters that together hold the numbers in [start, end)."""
    if not numbers:
        return
    text = encode(numbers, start) if len(numbers) <= most or end - start <= 6 * most else ""
    if text and (len(text) <= most or end - start <= most):
        yield start, text
        return
    middle = (start + end) // 2
    at = bisect_left(numbers, middle)
    yield from pieces(numbers[:at], start, middle, most)
    yield from pieces(numbers[at:], middle, end, most)
