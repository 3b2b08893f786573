"""Writes edits into a new file or into one that stands there already. Knows no disk.

Whatever a form's own editor does, its result is read again: it has to hold the data that was there, with the edits and
nothing else, or it is not returned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import tomlkit
import yaml

from catalogue.editing.edits import Edit, apply
from catalogue.editing.forms import Form


def written(form: Form, edits: Iterable[Edit]) -> str:
    """A new file with nothing but the edits, its last line ended."""
    data = apply({}, edits)
    if form is Form.TOML:
        return tomlkit.dumps(data)
    if form is Form.YAML:
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
