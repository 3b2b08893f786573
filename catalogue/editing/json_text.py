"""Edits JSON text in place: what is not edited stays as it is, byte for byte, with its comments and commas.

Own code, since the round-trip editors for Python write the whole text anew or are not kept up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from catalogue.editing.edits import Edit, Put, is_equal, value_after
from catalogue.editing.json_tree import Element, Node, read

_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_REST_OF_LINE = re.compile(r"[ \t]*(?://[^\r\n]*|/\*[^\r\n]*?\*/[ \t]*)?(?=\r?\n)")
_INDENT = re.compile(r"[ \t]*")
_FIRST_INDENT = re.compile(r"[{\[]\r?\n([ \t]+)")
_Splice = tuple[int, int, str]


def data_of(text: str) -> Any:
    """What the text means; an empty object for text without any value."""
    root = read(text)
    return {} if root is None else root.data


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits done one after the other."""
    for group in _together(edits):
        root = read(text)
        if root is None:
            text = _with_root(text)
            root = read(text)
        text = _Editor(text).edit(root, group) if root else text
    return text


def _together(edits: Iterable[Edit]) -> Iterator[list[Edit]]:
    """The edits one by one, but values that are put into one object together: there may be hundreds of them."""
    by_place = groupby(edits, lambda edit: edit.path[:-1] if isinstance(edit, Put) else None)
    for place, group in by_place:
        yield from [list(group)] if place is not None else ([edit] for edit in group)


def _with_root(text: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{text}{'' if not text or text.endswith(newline) else newline}{{}}{newline}"


class _Editor:
    """One edit of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        found = _FIRST_INDENT.search(text)
        self._unit = found[1] if found else "  "

    def edit(self, root: Node, edits: list[Edit]) -> str:
        """One edit, or several that put values into one object."""
        place, last = edits[0].path[:-1], edits[0].path[-1]
        node, depth = root, 0
        while depth < len(place) and (below := node.member(place[depth])):
            node, depth = below, depth + 1
        before = node.member(last) if depth == len(place) else None
        if not isinstance(edits[0], Put) and before is not None and before.elements is not None:
            return self._items(before, before.elements, value_after(edits[0], before.data))
        values: dict[str, Any] = {edit.path[-1]: value_after(edit, None) for edit in edits}
        if values[last] is None:
            return self._text
        for key in reversed(place[depth:]):
            values = {key: values}
        return self._spliced(self._members(node, values))

    def _members(self, node: Node, values: Mapping[str, Any]) -> list[_Splice]:
        """What gives an object these members: in the place of those of the same key, or behind all others."""
        elements = node.elements or []
        indent = self._inner_indent(node, elements)
        splices, new = [], []
        for key, value in values.items():
            before = node.member(key)
            if before is None:
                new.append(f"{json.dumps(key, ensure_ascii=False)}: {self._rendered(value, indent)}")
            elif not is_equal(before.data, value):
                splices.append((before.start, before.end, self._rendered(value, self._indent_at(before.start))))
        return splices + (self._insertion(node, elements, len(elements) - 1, new) if new else [])

    def _items(self, node: Node, elements: list[Element], after: list[Any]) -> str:
        """Make an array hold what it shall: what is kept is in the same order before and after."""
        kept: list[int] = []
        new: list[tuple[int, Any]] = []  # each after how many kept ones
        at = 0
        for value in after:
            found = next((one for one in range(at, len(elements)) if is_equal(elements[one].value.data, value)), None)
            if found is None:
                new.append((len(kept), value))
            else:
                kept.append(found)
                at = found + 1
        splices = self._removals(elements, kept, bool(new) and new[-1][0] == len(kept))
        indent = self._inner_indent(node, elements)
        for place in dict.fromkeys(place for place, _ in new):
            texts = [self._rendered(value, indent) for where, value in new if where == place]
            splices += self._insertion(node, elements, kept[place - 1] if place else -1, texts, kept[place:])
        return self._spliced(splices)

    def _removals(self, elements: Sequence[Element], kept: Sequence[int], is_appended: bool) -> list[_Splice]:
        """What takes away the elements that are not kept, and a comma that would then be the last."""
        splices = []
        gone = [one for index, one in enumerate(elements) if index not in set(kept)]
        for one in gone:
            splices.append((one.start, one.value.end, ""))
            if one.comma is not None:
                splices.append((one.comma, self._blanks(one.comma + 1), ""))
        if gone and elements[-1] is gone[-1] and gone[-1].comma is None and kept and not is_appended:
            comma = elements[kept[-1]].comma
            splices += [(comma, self._blanks(comma + 1), "")] if comma is not None else []
        return [self._whole_line(splice, splices) for splice in splices]

    def _whole_line(self, splice: _Splice, splices: Collection[_Splice]) -> _Splice:
        """The splice, with its line and the line's end if nothing else is left on that line."""
        start, end, _ = splice
        begin = self._text.rfind("\n", 0, start) + 1
        stop = self._text.find("\n", end)
        if stop < 0 or begin == 0 or self._text[begin:start].strip():
            return splice
        rest = self._text[end:stop].strip()
        if rest and not (rest == "," and any(end <= one[0] < stop for one in splices)):
            return splice
        return (begin, stop + 1, "")

    def _insertion(
        self, node: Node, elements: list[Element], before: int, texts: list[str], following: Sequence[int] = ()
    ) -> list[_Splice]:
        """What puts texts behind the element `before` (-1: first); `following` are elements that stay behind them."""
        previous = elements[before] if before >= 0 else None
        trailing = bool(elements) and elements[-1].comma is not None
        last_comma = "," if following or trailing else ""
        splices: list[_Splice] = []
        if previous is not None and previous.comma is None:
            splices.append((previous.value.end, previous.value.end, ","))
        at = self._place(node, previous, bool(following))
        if elements and "\n" not in self._text[node.start : node.end]:
            joined = ", ".join(texts) + last_comma
            splices.append((at, self._blanks(at), (" " if previous else "") + joined + (" " if following else "")))
            return splices
        lead = self._newline + self._inner_indent(node, elements)
        inner = lead + f",{lead}".join(texts) + last_comma
        rest = self._text[at : node.end - 1]
        if following or "\n" in rest:
            splices.append((at, at, inner))
        else:
            splices.append((at, at + len(rest), inner + rest.strip() + self._newline + self._indent_at(node.start)))
        return splices

    def _place(self, node: Node, previous: Element | None, is_between: bool) -> int:
        """Where new text goes in: behind the comments that follow the previous element, on its line or to the end."""
        at = node.start + 1
        if previous is not None:
            at = previous.value.end if previous.comma is None else previous.comma + 1
        if is_between:
            rest = _REST_OF_LINE.match(self._text, at)
            return rest.end() if rest else at
        comments = _COMMENT.finditer(self._text, at, node.end - 1)
        inside = [(one.start, one.value.end) for one in node.elements or () if one.start >= at]
        ends = [one.end() for one in comments if not any(start <= one.start() < end for start, end in inside)]
        return max([at, *ends])

    def _blanks(self, at: int) -> int:
        """Where the blanks end that begin there."""
        match = _INDENT.match(self._text, at)
        return match.end() if match else at

    def _inner_indent(self, node: Node, elements: Sequence[Element]) -> str:
        """The indentation of what stands in a container: that of its last element, if that begins a line."""
        last = elements[-1].start if elements else 0
        begin = self._text.rfind("\n", 0, last) + 1
        if begin > node.start and not self._text[begin:last].strip():
            return self._text[begin:last]
        return self._indent_at(node.start) + self._unit

    def _indent_at(self, at: int) -> str:
        match = _INDENT.match(self._text, self._text.rfind("\n", 0, at) + 1)
        return match[0] if match else ""

    def _rendered(self, value: Any, indent: str) -> str:
        text = json.dumps(value, ensure_ascii=False, indent=self._unit)
        return text.replace("\n", self._newline + indent)

    def _spliced(self, splices: Iterable[_Splice]) -> str:
        """The text with the splices done; one that lies within another is part of it."""
        parts, at = [], 0
        for start, end, text in sorted(splices, key=lambda one: one[:2]):
            if end > at or start >= at:
                parts += [self._text[at : max(start, at)], text]
                at = max(end, at)
        return "".join((*parts, self._text[at:]))
