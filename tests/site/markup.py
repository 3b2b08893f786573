"""Reads a page as a browser would, for the tests to ask about."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "input", "img"}
FOREIGN = {"svg", "path", "use", "rect", "symbol"}

_DATA = "application/ld+json"  # a block of data, which browsers do not run


class Page(HTMLParser):
    """A parsed page: its elements as (tag, attributes), its text, its headings, and what is wrong with it."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.faults: list[str] = []
        self.marked: list[str] = []
        self.structured: list[dict] = []
        self._open: list[str] = []
        self.feed(path.read_text("utf-8"))
        self.faults += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.faults += [f"{tag} has {name}" for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "script" and not dict(attrs).get("src") and dict(attrs).get("type") != _DATA:
            self.faults.append("inline script")
        if tag not in VOID:
            self._open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            self.structured.append(json.loads(data))
        elif "mark" not in self._open:
            self.text += data
        elif self._open[-1] != "a":  # the number of a rule is not part of what it marks
            self.text += data
            self.marked[-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get("id"))]

    def headings(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.elements if tag in {"h1", "h2", "h3", "h4"}]
