"""Edits YAML text and keeps its comments, order and quotes, with ruamel.yaml. Reads plain data only, and no tags."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, MutableSequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.util import load_yaml_guess_indent

from catalogue.editing.edits import Edit, EditError, Members, is_equal, misplaced, value_after

_WIDEST = 1_000_000  # no line is folded


def data_of(text: str) -> Any:
    """What the text means; an empty object for text without any value."""
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    return {} if found is None else found


def edited(text: str, edits: Iterable[Edit]) -> str:
    editor, document = _loaded(text)
    for edit in edits:
        _edit(document, edit)
    written = StringIO()
    editor.dump(document, written)
    return written.getvalue()


def _loaded(text: str) -> tuple[YAML, Any]:
    """The editor, set to the text's own indentation, and the document."""
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = _WIDEST
    try:
        _, step, offset = load_yaml_guess_indent(text) if text.strip() else (None, None, None)
        document = editor.load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    offset = offset or 0
    editor.indent(mapping=2 if not step else step - offset or 2, sequence=step or 2, offset=offset)
    if document is None:
        document = editor.map() if not text.strip() else editor.load(f"{text.rstrip()}\n{{}}\n")
    return editor, document


def _edit(document: Any, edit: Edit) -> None:
    parent = document
    for depth, key in enumerate(edit.path[:-1]):
        if not isinstance(parent, MutableMapping):
            raise misplaced(edit.path[:depth], "a mapping", parent)
        parent = parent.setdefault(key, {})
    if not isinstance(parent, MutableMapping):
        raise misplaced(edit.path[:-1], "a mapping", parent)
    before = parent.get(edit.path[-1])
    after = value_after(edit, before)
    if after is None or is_equal(after, before):
        return
    if isinstance(before, MutableSequence) and isinstance(edit, Members):
        _change(before, after)
    else:
        parent[edit.path[-1]] = after


def _change(items: MutableSequence[Any], after: list[Any]) -> None:
    for index in reversed(range(len(items))):
        if items[index] not in after:
            del items[index]
    items.extend(after[len(items) :])


def _unreadable(error: Exception) -> EditError:
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}" if mark else ""
    return EditError(f"it is not YAML: {getattr(error, 'problem', None) or type(error).__name__}{where}")
