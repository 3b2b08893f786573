"""Text and data as the files of gateways spell them, so that no name or pattern of a stranger's ends its own quotes.

A text in double quotes, with JSON's escapes, is the same text to JSON, YAML, CEL and Rego. YAML made by a library was
rejected for files of our own: readers differ on which plain words are numbers, such as the tool name 1e3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_ESCAPED = re.compile(r"[\x7f-\xa0\xad\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What JSON takes as it is, and YAML reads as the end of a line, or not at all."""


def json_text(value: object, *, indent: int | None = None) -> str:
    """The value as JSON, of characters that YAML takes as they are, too."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def yaml_text(data: Mapping[str, object], margin: str = "") -> str:
    """The mapping as YAML: a line for each entry of a list, and every key and text in quotes."""
    lines = []
    for key, value in data.items():
        name = json_text(key)
        if isinstance(value, Mapping) and value:
            lines.append(f"{margin}{name}:\n{yaml_text(value, margin + '  ')}")
        elif isinstance(value, Sequence) and not isinstance(value, str) and value:
            lines += [f"{margin}{name}:\n", *(f"{margin}  - {json_text(item)}\n" for item in value)]
        else:
            lines.append(f"{margin}{name}: {json_text(value)}\n")
    return "".join(lines)
