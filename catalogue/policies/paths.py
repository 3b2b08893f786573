"""Dotted paths into the arguments of a call, such as `args.files[].path`. Knows no operator and no policy.

A path is `args`, then one or more names with a dot before each; `[]` after a name stands for every member of that
array, and `[20]` for its twenty-first, which is how a document says that an array is too long. A name may hold any
character but `.`, `[` and `]`: a property with one of these in its name has no path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

PATTERN = r"^args(\.[^.\[\]]+(\[(0|[1-9][0-9]{0,5})?\])*)+$"
"""In the dialect of JSON Schema, which this package publishes it in."""

_PATH = re.compile(PATTERN.removeprefix("^").removesuffix("$"))
Step: TypeAlias = str | int | None
_EACH = None
"""The step `[]`."""


class Lack(Enum):
    """Why there is no value at a path."""

    ABSENT = "absent"  # not given, given as null, or a member of an empty array
    MISSHAPEN = "misshapen"  # the arguments have another shape than the path says


def is_path(text: str) -> bool:
    return _PATH.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether a property of this name can stand in a path."""
    return bool(text) and "." not in text and "[" not in text and "]" not in text


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[Step, ...]:
    """The steps below `args`: names, numbers of members, and `None` for every member of an array."""
    found: list[Step] = []
    for part in path.split(".")[1:]:
        name, *arrays = part.replace("]", "").split("[")
        found += [name, *(int(number) if number else _EACH for number in arrays)]
    return tuple(found)


def values_at(arguments: object, path: str) -> list[object]:
    """Every value that the path names, never an empty list: a `Lack` stands where there is none."""
    found: list[object] = [arguments]
    for part in steps(path):
        found = _descend(found[0], part) if len(found) == 1 else [one for each in found for one in _descend(each, part)]
    return [Lack.ABSENT if value is None else value for value in found]


def _descend(value: object, part: Step) -> list[object]:
    if isinstance(part, str) and isinstance(value, dict):  # as nearly always, and quick to see
        return [value.get(part, Lack.ABSENT)]
    if value is None or value is Lack.ABSENT:
        return [Lack.ABSENT]
    if isinstance(part, str):
        return [value.get(part, Lack.ABSENT) if isinstance(value, Mapping) else Lack.MISSHAPEN]
    if not isinstance(value, list | tuple):
        return [Lack.MISSHAPEN]
    if part is _EACH:
        return list(value) or [Lack.ABSENT]
    return [value[part] if part < len(value) else Lack.ABSENT]


def with_value(arguments: object, path: str, value: object) -> dict[str, object]:
    """A copy of the arguments with the value at the path.

    An array on the way has as many members then as the path asks for, all the same. `Lack.ABSENT` as value takes away
    what is there.
    """
    placed = _placed(arguments, steps(path), value)
    return placed if isinstance(placed, dict) else {}


def _placed(old: object, rest: tuple[Step, ...], value: object) -> object:
    if not rest:
        return value
    first, *later = rest
    if not isinstance(first, str):
        member = _placed(old[0] if isinstance(old, list) and old else None, tuple(later), value)
        return [member] * (0 if member is Lack.ABSENT else (first or 0) + 1)
    fields = dict(old) if isinstance(old, dict) else {}
    fields[first] = _placed(fields.get(first), tuple(later), value)
    return {name: field for name, field in fields.items() if field is not Lack.ABSENT}
