"""Reads JSON with comments and trailing commas, and where each part of it stands in the text. Changes nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from catalogue.editing.edits import EditError

_TRIVIA = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_SCALAR = re.compile(r"(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.+-])")
_DEEPEST = 200
_LONGEST_NUMBER = 400
"""Digits; no setting has more, and reading a number takes time with the square of them."""


@dataclass(slots=True)
class Element:
    """A member of an object or an item of an array: `start` is that of its key, `comma` where its comma stands."""

    start: int
    value: Node
    key: str = ""
    comma: int | None = None


@dataclass(slots=True)
class Node:
    """A value: `data` is what it means, `elements` is `None` for anything but objects and arrays."""

    start: int
    end: int
    data: Any
    elements: list[Element] | None = field(default=None)

    def member(self, key: str) -> Node | None:
        if not isinstance(self.data, dict) or key not in self.data:
            return None
        return next(one.value for one in self.elements or () if one.key == key)


def read(text: str) -> Node | None:
    """The root; `None` if the text holds nothing but comments. Raises `EditError` for anything but such JSON."""
    at = _skip(text, 0)
    if at == len(text):
        return None
    root = _value(text, at, 0)
    end = _skip(text, root.end)
    if end < len(text):
        raise _unexpected(text, end, "the end of the file")
    return root


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise EditError(f"it is nested deeper than {_DEEPEST} levels")
    if text[at : at + 1] in ("{", "["):
        return _container(text, at, depth)
    match = _STRING.match(text, at) or _SCALAR.match(text, at)
    if match is None:
        raise _unexpected(text, at, "a value")
    return Node(at, match.end(), _decoded(text, at, match[0]))


def _container(text: str, start: int, depth: int) -> Node:
    is_object = text[start] == "{"
    close = "}" if is_object else "]"
    elements: list[Element] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != close:
        if elements and elements[-1].comma is None:
            raise _unexpected(text, at, f"a comma or {close}")
        element = _member(text, at, depth) if is_object else Element(at, _value(text, at, depth + 1))
        elements.append(element)
        at = _skip(text, element.value.end)
        if text[at : at + 1] == ",":
            element.comma = at
            at = _skip(text, at + 1)
    if not is_object:
        return Node(start, at + 1, [one.value.data for one in elements], elements)
    data = {one.key: one.value.data for one in elements}
    if len(data) < len(elements):
        keys = [one.key for one in elements]
        twice = next(key for key in data if keys.count(key) > 1)
        raise EditError(
            f"the key {json.dumps(twice)} stands there twice, in line {_line(text, elements[0].start)} or below"
        )
    return Node(start, at + 1, data, elements)


def _member(text: str, at: int, depth: int) -> Element:
    match = _STRING.match(text, at)
    if match is None:
        raise _unexpected(text, at, "a key in double quotes")
    colon = _skip(text, match.end())
    if text[colon : colon + 1] != ":":
        raise _unexpected(text, colon, "a colon")
    return Element(at, _value(text, _skip(text, colon + 1), depth + 1), _decoded(text, at, match[0]))


def _decoded(text: str, at: int, token: str) -> Any:
    try:
        return json.loads(token, parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_NUMBER else digits)
    except ValueError as error:
        raise _unexpected(text, at, "a value") from error


def _skip(text: str, at: int) -> int:
    match = _TRIVIA.match(text, at)
    return match.end() if match else at


def _unexpected(text: str, at: int, expected: str) -> EditError:
    found = json.dumps(text[at]) if at < len(text) else "the end of the file"
    column = at - text.rfind("\n", 0, at)
    return EditError(f"it is not JSON: expected {expected} in line {_line(text, at)}, column {column}, found {found}")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
