"""Edits YAML text and keeps its comments, order and quotes, with ruamel.yaml. Reads plain data only, and no tags.

The library writes the whole text anew. A text that it would write otherwise than it stands there is not edited.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from yaml import ScalarNode
from yaml.resolver import Resolver

from catalogue.editing.edits import Edit, EditError, Members, is_equal, value_after, value_at

_WIDEST = 1_000_000  # no line is folded


_INDENTS = ((2, 2, 0), (2, 4, 2), (4, 4, 0), (4, 4, 2), (4, 6, 4), (4, 6, 2), (3, 3, 0), (8, 8, 0))
"""Widths of indentation that people use: of mappings, of the text of list items, of their dashes."""
_MOST_VALUES = 100_000
"""Values that a text stands for, those that its aliases repeat included: a few lines can stand for billions."""


def data_of(text: str) -> Any:
    """What the text means; an empty object for text without any value."""
    try:
        found = YAML(typ="safe", pure=True).load(text)
        _counted(found, {})
    except (YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    return {} if found is None else found


def edited(text: str, edits: Iterable[Edit]) -> str:
    editor, document = _loaded(text)
    for edit in edits:
        _edit(document, edit)
    return _dumped(editor, document)


def _loaded(text: str) -> tuple[YAML, Any]:
    """An editor that writes the text as it stands there, and the document."""
    for mapping, sequence, offset in _INDENTS:
        editor = YAML()
        editor.preserve_quotes = True
        editor.width = _WIDEST
        editor.explicit_start = text.startswith("---")
        editor.indent(mapping=mapping, sequence=sequence, offset=offset)
        try:
            document = editor.load(text)
        except (YAMLError, ValueError, RecursionError) as error:
            raise _unreadable(error) from error
        if document is None and not text.strip():
            return editor, editor.map()
        if document is not None and _dumped(editor, document) == text:
            return editor, document
    raise EditError("it is laid out in a way that would not be kept, such as with more than one width of indentation")


def _dumped(editor: YAML, document: Any) -> str:
    written = StringIO()
    editor.dump(document, written)
    return written.getvalue()


def _counted(value: Any, known: dict[int, int]) -> int:
    """How many values there are in a value. Raises `EditError` for too many."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_VALUES  # should it hold itself
        below = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_counted(one, known) for one in below)
    if known[id(value)] >= _MOST_VALUES:
        raise EditError(f"it stands for more than {_MOST_VALUES:,} values")
    return known[id(value)]


def _edit(document: Any, edit: Edit) -> None:
    before = value_at(document, edit.path)
    after = value_after(edit, before)
    if after is None or is_equal(after, before):
        return
    parent = document
    for key in edit.path[:-1]:
        parent = parent.setdefault(_unmistakable(key), {})
    if isinstance(before, MutableSequence) and isinstance(edit, Members):
        _change(before, after)
    else:
        parent[_unmistakable(edit.path[-1])] = _unmistakable(after)


def _change(items: MutableSequence[Any], after: list[Any]) -> None:
    for index in reversed(range(len(items))):
        if items[index] not in after:
            del items[index]
    items.extend(_unmistakable(after[len(items) :]))


def _unmistakable(value: Any) -> Any:
    """The value with quotes around each text that a reader of YAML 1.1 takes for something else, as `yes` or `1:30`."""
    if isinstance(value, dict):
        return {_unmistakable(key): _unmistakable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_unmistakable(one) for one in value]
    if isinstance(value, str) and _resolved(value) != "tag:yaml.org,2002:str":
        return DoubleQuotedScalarString(value)
    return value


def _resolved(text: str) -> str:
    """The kind of value that a plain text is to YAML 1.1."""
    return str(Resolver().resolve(ScalarNode, text, (True, False)))  # type: ignore[no-untyped-call]


def _unreadable(error: Exception) -> EditError:
    if isinstance(error, RecursionError):
        return EditError("it is nested too deeply to be read")
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}" if mark else ""
    problem = (getattr(error, "problem", None) or type(error).__name__).removeprefix("but ")
    return EditError(f"it is not YAML: {problem}{where}")
