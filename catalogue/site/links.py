"""Finds the links of a rendered page, so that none leads nowhere. Knows only our own templates' HTML."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from catalogue.errors import CatalogueError

# Our templates write every attribute in double quotes and escape quotes in text: this finds all links and no text.
_LINK = re.compile(r' (?:href|src)="([^"#][^"]*)')
_ELSEWHERE = ("http://", "https://")
_SHOWN = 3


def internal_links(path: str, root: str, html: str) -> Iterator[str]:
    """Yield the path from the site's root of everything that the page at `path` links to within the site.

    `root` leads from the page to the site's root.
    """
    for target in dict.fromkeys(_LINK.findall(html)):
        if root and target.startswith(root):
            yield target[len(root) :].partition("#")[0]
        elif not target.startswith(_ELSEWHERE):
            yield _resolved(posixpath.dirname(path), target)


@lru_cache(maxsize=4096)
def _resolved(folder: str, target: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, target.partition("#")[0]))
    return f"{joined}/index.html" if target.endswith("/") else joined


def require_links(linked: Mapping[str, str], written: Collection[str]) -> None:
    """Raise `CatalogueError` unless every path in `linked` (path: a page that links to it) is written."""
    broken = [f"{page} links to {path}" for path, page in sorted(linked.items()) if path not in written]
    if broken:
        rest = f" and {len(broken) - _SHOWN:,} more" if len(broken) > _SHOWN else ""
        raise CatalogueError(f"The site would have broken links: {'; '.join(broken[:_SHOWN])}{rest}.")
