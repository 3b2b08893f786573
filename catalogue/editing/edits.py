"""What is to change in a configuration, whatever its form, and what that does to its data. Knows no text.

Every edit says what shall stand there afterwards, so doing it twice is doing it once. A path is the keys from the root.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

from catalogue.errors import CatalogueError

Path: TypeAlias = tuple[str, ...]


class EditError(CatalogueError):
    """A configuration that cannot be edited: it is not what it says, or something else stands where an edit leads."""


@dataclass(frozen=True, slots=True)
class Put:
    """This value, which is not null, stands there, whatever stood there before."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Members:
    """In the list of strings there, each of `add` stands, none of `drop` does, and the rest as it was.

    `only`: nothing stands there but `add`.
    """

    path: Path
    add: tuple[str, ...]
    drop: tuple[str, ...] = ()
    only: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """In the list of objects there, those that have all of `mark` are these, in the place of the first of them."""

    path: Path
    mark: Mapping[str, Any]
    items: tuple[Mapping[str, Any], ...]


Edit: TypeAlias = Put | Members | Records


def apply(data: Any, edits: Iterable[Edit]) -> Any:
    """A copy of the data with the edits done. Raises `EditError` where something else stands in the way."""
    edited = deepcopy(data)
    for edit in edits:
        value = value_after(edit, value_at(edited, edit.path))
        if value is not None:
            parent = edited
            for key in edit.path[:-1]:
                parent = parent.setdefault(key, {})
            parent[edit.path[-1]] = value
    return edited


def value_at(data: Any, path: Path) -> Any:
    """What stands there; `None` if nothing does. Raises `EditError` where the way leads through no object."""
    for depth, key in enumerate(path):
        if not isinstance(data, Mapping):
            raise misplaced(path[:depth], "an object", data)
        if key not in data:
            return None
        data = data[key]
    return data


def value_after(edit: Edit, before: Any) -> Any:
    """What stands at the edit's path afterwards; `None` if nothing stood there and nothing is to."""
    if isinstance(edit, Put):
        return edit.value
    if before is None and not (edit.add or edit.only if isinstance(edit, Members) else edit.items):
        return None
    listed = before if before is not None else []
    if not isinstance(listed, list):
        raise misplaced(edit.path, "a list", before)
    return _members(edit, listed) if isinstance(edit, Members) else _records(edit, listed)


def is_equal(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: true is not 1, and the order of keys says nothing."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_equal, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def is_marked(item: Any, mark: Mapping[str, Any]) -> bool:
    return isinstance(item, Mapping) and all(item.get(key) == value for key, value in mark.items())


def _members(edit: Members, listed: list[Any]) -> list[Any]:
    wanted, dropped = {*edit.add}, {*edit.drop} - {*edit.add}
    kept = [item for item in listed if not edit.only or (isinstance(item, str) and item in wanted)]
    kept = [item for item in kept if not (isinstance(item, str) and item in dropped)]
    present = {item for item in kept if isinstance(item, str)}
    return kept + [item for item in dict.fromkeys(edit.add) if item not in present]


def _records(edit: Records, listed: list[Any]) -> list[Any]:
    at = next((index for index, item in enumerate(listed) if is_marked(item, edit.mark)), len(listed))
    before = listed[:at]
    after = [item for item in listed[at:] if not is_marked(item, edit.mark)]
    return [*before, *(dict(item) for item in edit.items), *after]


def misplaced(path: Path, expected: str, found: Any) -> EditError:
    """The error for a value of another kind than the edit needs."""
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    kind = next((name for one, name in kinds.items() if isinstance(found, one)), "a number")
    where = json.dumps(".".join(path)) if path else "the root"
    return EditError(f"expected {expected} at {where}, found {kind}")
