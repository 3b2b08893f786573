"""A value of decoded JSON together with where it stands, for parsers that report every fault. Knows no grammar."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TypeGuard

_LONGEST_NAME = 200
_MOST_COMPARED = 2000
"""Characters of an unknown name, and known names, that are compared: a file may have many unknown ones."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: an RFC 6901 pointer to it ("" is the whole document), and what was expected."""

    pointer: str
    message: str


@lru_cache(maxsize=1024)
def closest(name: str, known: tuple[str, ...]) -> str | None:
    """The known name that is spelled most like this one; `None` if none is close."""
    found = get_close_matches(name[:_LONGEST_NAME], known[:_MOST_COMPARED], n=1)
    return found[0] if found else None


def step(pointer: str, token: str | int) -> str:
    """The RFC 6901 pointer one level below `pointer`."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


def shown(value: object) -> str:
    """The value as short JSON on one line, safe to print: an error quotes what it was given."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


@dataclass(frozen=True, slots=True)
class Place:
    """A value, its pointer, and the list that takes the faults found on the way.

    Every reader returns something usable after it noted a fault, so that the parser goes on to the next one.
    """

    value: object
    pointer: str
    faults: list[Fault]

    def fault(self, message: str) -> None:
        self.faults.append(Fault(self.pointer, message))

    def fields(self, required: Collection[str], optional: Collection[str]) -> dict[str, Place]:
        """The fields of an object that are present; missing and unknown ones are faults."""
        fields = dict(self.entries())
        known = [*required, *optional]
        for name, place in fields.items():
            if name not in known:
                near = closest(name, tuple(known))
                meant = f"did you mean {near}?" if near else f"the fields here are {', '.join(known)}"
                place.fault(f"unknown field {shown(name)}; {meant}")
        for name in required if isinstance(self.value, dict) else ():
            if name not in fields:
                self.fault(f"the field {name} is missing")
        return {name: place for name, place in fields.items() if name in known}

    def entries(self) -> Iterator[tuple[str, Place]]:
        """The entries of an object, whatever their names."""
        if not isinstance(self.value, dict):
            self.fault(f"expected an object, found {shown(self.value)}")
            return
        for name, value in self.value.items():
            yield name, Place(value, step(self.pointer, name), self.faults)

    def items(self) -> list[Place]:
        if not isinstance(self.value, list):
            self.fault(f"expected a list, found {shown(self.value)}")
            return []
        return [Place(value, step(self.pointer, index), self.faults) for index, value in enumerate(self.value)]

    def text(self) -> str:
        if isinstance(self.value, str):
            return self.value
        self.fault(f"expected a string, found {shown(self.value)}")
        return ""

    def choice(self, choices: Collection[str]) -> str | None:
        """One of the words; `None` after a fault."""
        if isinstance(self.value, str) and self.value in choices:
            return self.value
        near = closest(self.value, tuple(choices)) if isinstance(self.value, str) else None
        meant = f"; did you mean {near}?" if near else ""
        self.fault(f"expected one of {', '.join(choices)}, found {shown(self.value)}{meant}")
        return None

    def number(self) -> int | float:
        if is_number(self.value):
            return self.value
        self.fault(f"expected a number, found {shown(self.value)}")
        return 0


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether JSON calls it a number: Python's booleans, NaN and the infinities are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def is_scalar(value: object) -> TypeGuard[str | int | float | bool]:
    """Whether it is a string, a number, true or false."""
    return isinstance(value, str | bool) or is_number(value)
