"""Writes edits into a new text or into one that stands there already. Knows no disk.

Whatever a form's own editor does, its result is read again: it has to hold the data that was there, with the edits and
nothing else, or it is not returned. A text that needs no change is returned as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from catalogue.editing import json_text, toml_text, yaml_text
from catalogue.editing.edits import Edit, EditError, apply, is_equal
from catalogue.editing.forms import Form

LARGEST = 2 * 2**20
"""Bytes. A client's configuration has some thousands; the largest settings files of editors have some 100,000."""
_MARK = b"\xef\xbb\xbf"
_EDITORS: dict[Form, ModuleType] = {Form.JSON: json_text, Form.TOML: toml_text, Form.YAML: yaml_text}


def written(form: Form, edits: Iterable[Edit]) -> str:
    """A new text with nothing but the edits, its last line ended."""
    edits = tuple(edits)
    if form is Form.JSON:
        return json.dumps(apply({}, edits), ensure_ascii=False, indent=2) + "\n"
    text: str = _EDITORS[form].edited("", edits)
    return text


def read_data(form: Form, data: bytes) -> Any:
    """What a file means. Raises `EditError` for one that is not of this form."""
    return _EDITORS[form].data_of(_decoded(data))


def merged(form: Form, data: bytes, edits: Iterable[Edit]) -> bytes:
    """The file with the edits done, and with its byte-order mark and line endings.

    Raises `EditError` for a file that is not of this form, that holds something else where an edit leads, or that the
    edits cannot be written into without changing more.
    """
    text = _decoded(data)
    mark = _MARK if data.startswith(_MARK) else b""
    editor, edits = _EDITORS[form], tuple(edits)
    before = editor.data_of(text)
    wanted = apply(before, edits)
    if is_equal(before, wanted):
        return data
    after = _line_ends(text, editor.edited(text, edits))
    if not is_equal(editor.data_of(after), wanted):
        raise EditError("it is written in a way that cannot be edited without changing more than was asked for")
    return mark + after.encode("utf-8")


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise EditError(f"it is larger than {LARGEST:,} bytes, too large for a configuration")
    try:
        return data.removeprefix(_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        raise EditError(f"it is not UTF-8 text: byte {error.start:,} cannot be read") from error


def _line_ends(before: str, after: str) -> str:
    """The new text with the line ends of the old one, where that had one kind only."""
    if "\r\n" not in before or before.count("\n") != before.count("\r\n"):
        return after
    return after.replace("\r\n", "\n").replace("\n", "\r\n")
