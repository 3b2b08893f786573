"""Edits TOML text and keeps its comments, order and spacing, with tomlkit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError
from tomlkit.items import AoT, Array, Comment

from catalogue.editing.edits import Edit, EditError, Members, Records, is_equal, is_marked, value_after, value_at


def data_of(text: str) -> Any:
    return _parsed(text).unwrap()


def edited(text: str, edits: Iterable[Edit]) -> str:
    document = _parsed(text)
    try:
        for edit in edits:
            _edit(document, edit)
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise EditError(f"it cannot be edited: {error}") from error


def _parsed(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except ParseError as error:
        raise EditError(f"it is not TOML: {str(error).partition(' at line')[0]} in line {error.line}") from error
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise EditError(f"it is not TOML: {error}") from error


def _edit(document: tomlkit.TOMLDocument, edit: Edit) -> None:
    before = value_at(document, edit.path)
    after = value_after(edit, before.unwrap() if hasattr(before, "unwrap") else before)
    if after is None or is_equal(after, before):
        return
    parent: Any = document
    for depth, key in enumerate(edit.path[:-1]):
        if key not in parent:
            parent[key] = tomlkit.table(is_super_table=depth < len(edit.path) - 2)
        parent = parent[key]
    if isinstance(before, Array) and isinstance(edit, Members):
        _change(before, after)
    elif isinstance(before, AoT) and isinstance(edit, Records):
        _replace(before, edit, after)
    else:
        parent[edit.path[-1]] = _item(after)


def _change(array: Array, after: list[Any]) -> None:
    for index in reversed(range(len(array))):
        if array[index] not in after:
            del array[index]
    for value in after[len(array) :]:
        array.append(value)


def _replace(tables: AoT, edit: Records, after: list[Any]) -> None:
    """Take out the tables with the mark, and put the new ones in their place."""
    words: list[Any] = []
    for index in reversed(range(len(tables))):
        if is_marked(tables[index].unwrap(), edit.mark):
            words = _closing_words(tables[index]) + words
            del tables[index]
    last = next((index for index, one in reversed(list(enumerate(after))) if is_marked(one, edit.mark)), -1)
    for index, value in enumerate(after):
        if index >= len(tables) or not is_equal(tables[index].unwrap(), value):
            tables.insert(index, _table(value))
            tables[index].value.body.extend(words if index == last and words else [(None, tomlkit.nl())])
    if words and last < 0 and tables:
        tables[-1].value.body.extend(words)


def _closing_words(table: Any) -> list[Any]:
    """The comments behind a table's last value, which speak of the next table, and the blank lines between."""
    body = table.value.body
    last = max((index for index, (key, _) in enumerate(body) if key is not None), default=-1)
    words = body[last + 1 :]
    return words if any(isinstance(item, Comment) for _, item in words) else []


def _item(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        tables = tomlkit.aot()
        for one in value:
            tables.append(_table(one))
        return tables
    return _array(value) if isinstance(value, list) else value


def _array(values: list[Any]) -> Array:
    array = tomlkit.array()
    array.extend(values)
    return array.multiline(len(values) > 1)


def _table(value: dict[str, Any]) -> Any:
    table = tomlkit.table()
    for key, one in value.items():
        table.add(key, _item(one))
    return table
