"""A package's page in a PyPI registry, in either of its forms: which files there are, for which Python, and withdrawn.

uv calls a package without one usable wheel all the same, whatever the cause; the page tells the causes apart. Knows no
network. Specification: https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlsplit

from crawler.introspector.budget import Stopped
from crawler.introspector.wire import decode
from crawler.records import Reason


@dataclass(frozen=True, slots=True)
class File:
    """One file: its name, the Python it asks for, and whether its author withdrew it, and in which words."""

    name: str
    python: str = ""
    withdrawn: bool = False
    why: str = ""


def files_of(page: bytes) -> list[File]:
    """Return the files that a page lists; none when it is no such page."""
    with suppress(ValueError, RecursionError):
        data = decode(page)
        listed = data.get("files") if isinstance(data, dict) else None
        return [_from_json(entry) for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    parser = _Links()
    with suppress(AssertionError):  # html.parser, of a declaration that it does not know
        parser.feed(page.decode("utf-8", "replace"))
    return parser.files


def why_no_wheel(name: str, files: list[File]) -> Stopped:
    """Return why a package that is listed has no wheel for this machine."""
    wheels = [file for file in files if file.name.endswith(".whl")]
    kept = [file for file in wheels if not file.withdrawn]
    if wheels and not kept:
        why = next(filter(None, (file.why for file in reversed(wheels))), "")
        words = f': "{why}"' if why else ""
        return Stopped(Reason.INSTALL_FAILED, f"its author has withdrawn all versions of {name}{words}")
    plain = [file for file in kept if file.name.endswith("-none-any.whl") and file.python]
    if kept and len(plain) == len(kept):
        wanted = ", ".join(dict.fromkeys(file.python for file in plain[-3:]))
        return Stopped(Reason.NO_RUNTIME, f"{name} asks for Python {wanted}, which this machine has not")
    if kept:
        return Stopped(Reason.INSTALL_FAILED, f"{name} has wheels for other platforms or versions of Python only")
    return Stopped(Reason.INSTALL_FAILED, f"{name} is published without a wheel, and building one would run its code")


class _Links(HTMLParser):
    """Takes the links of the HTML form; their attributes say the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[File] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        address = found.get("href")
        if tag == "a" and address:
            name = next(reversed([*_parts(address)]), "")
            withdrawn, why = "data-yanked" in found, found.get("data-yanked") or ""
            self.files.append(File(name, found.get("data-requires-python") or "", withdrawn, why))


def _parts(address: str) -> Iterator[str]:
    with suppress(ValueError):
        yield from unquote(urlsplit(address).path).split("/")


def _from_json(entry: dict[str, Any]) -> File:
    name, python, yanked = (entry.get(key) for key in ("filename", "requires-python", "yanked"))
    return File(
        name if isinstance(name, str) else "",
        python if isinstance(python, str) else "",
        bool(yanked),
        yanked if isinstance(yanked, str) else "",
    )
