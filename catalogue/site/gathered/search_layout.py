"""Gives everything that can be found a number, best first. Knows no word.

Numbers go by how many words the name has, then by risk and category, so that an early number is a good answer and both
filters are ranges of numbers. Within such a stratum a thing stands where the digest of its path says, or on the next
free place: what comes or goes moves a few neighbours only, and the rest of the index stays as it is.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catalogue.site.context import CATEGORY_ABOUT, SEVERITIES

LONGEST_NAME = 5
"""Words of a name that are counted; longer names rank alike."""

SERVER = "server"
_KINDS = (("", SERVER), *((severity.value, category.value) for severity in SEVERITIES for category in CATEGORY_ABOUT))
_CODES: Mapping[tuple[str, str], int] = {kind: code for code, kind in enumerate(_KINDS)}


class Stratum(NamedTuple):
    """Numbers of one kind of thing: words in the name, risk level and category ("" and "server" for servers).

    `size` is how many numbers there are, of which at most four in five are in use.
    """

    words: int
    severity: str
    category: str
    size: int


def stratum_code(words: int, severity: str, category: str) -> int:
    """Return the place of a stratum among all."""
    return (min(max(words, 1), LONGEST_NAME) - 1) * len(_KINDS) + _CODES[severity, category]


def place(path: str) -> int:
    """Return 32 bits of a path's digest."""
    return int.from_bytes(hashlib.blake2b(path.encode("ascii"), digest_size=4).digest(), "big")


@dataclass(frozen=True, slots=True)
class Layout:
    """The strata in the order of their numbers, and the thing that has each number (`EMPTY`: none)."""

    strata: tuple[Stratum, ...]
    things: array[int]

    @property
    def digest(self) -> str:
        """What tells this division of numbers from others: files of one index name the same."""
        return hashlib.sha256(repr(self.strata).encode("ascii")).hexdigest()[:12]


EMPTY = 0xFFFFFFFF


def lay_out(codes: Sequence[int], places: Sequence[int]) -> Layout:
    """Give numbers to things, of which the codes of their strata and their places are given."""
    members: dict[int, list[int]] = {}
    for thing, code in enumerate(codes):
        members.setdefault(code, []).append(thing)
    strata = []
    things = array("I")
    for code in sorted(members):
        own = sorted(members[code], key=places.__getitem__)
        size = _size(len(own))
        words, kind = divmod(code, len(_KINDS))
        strata.append(Stratum(words + 1, *_KINDS[kind], size))
        things.extend(_placed(own, [places[thing] for thing in own], size))
    return Layout(tuple(strata), things)


def _size(count: int) -> int:
    """Return a size for so many, of which there are few: it seldom changes when the count does."""
    wanted = count + count // 4 + 1
    step = 1 << max(0, wanted.bit_length() - 3)
    return -(-wanted // step) * step


def _placed(own: Sequence[int], places: Sequence[int], size: int) -> array[int]:
    slots = []
    after = 0
    for wanted in places:
        after = max(after, wanted * size >> 32) + 1
        slots.append(after - 1)
    last = size
    for at in range(len(slots) - 1, -1, -1):  # who was moved beyond the end moves those before
        if slots[at] < last:
            break
        last = slots[at] = last - 1
    placed = array("I", [EMPTY]) * size
    for thing, slot in zip(own, slots, strict=True):
        placed[slot] = thing
    return placed
