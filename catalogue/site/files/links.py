"""Finds the links and the anchors of a rendered page, so that no link leads nowhere. Knows only our templates' HTML."""

from __future__ import annotations

import posixpath
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

_ELSEWHERE = ("http://", "https://")
_BUCKETS = 64


_VALUE = re.compile(rb' (?:href|src)="([^"> \n][^"]*)"')
"""The value of an attribute that links.

Our templates write every attribute in double quotes and escape quotes in text: this finds all of them and no text.
What is none but stands at the end of another's text (`content="... href="`) is followed by what begins no value.
"""

_ANCHOR = re.compile(rb' id="([^"> \n][^"]*)"')
"""The value of an attribute that names a place of the page; see `_VALUE`."""


def link_targets(html: bytes) -> list[bytes]:
    """Return what a page links to, each as it stands there and as often."""
    return _VALUE.findall(html)


def anchors(html: bytes) -> set[bytes]:
    """Return the places of a page that links may lead to."""
    return set(_ANCHOR.findall(html))


def internal_links(path: str, root: str, targets: Iterable[str]) -> Iterator[str]:
    """Yield the path from the site's root, with its anchor, of every target of a page that lies within the site.

    `path` is the page's; `root` leads from it to the site's root.
    """
    for target in targets:
        if target.startswith("#"):
            yield path + target
        elif root and target.startswith(root):
            yield target[len(root) :]
        elif not target.startswith(_ELSEWHERE):
            yield _resolved(posixpath.dirname(path), target)


@lru_cache(maxsize=4096)
def _resolved(folder: str, target: str) -> str:
    place, mark, anchor = target.partition("#")
    joined = posixpath.normpath(posixpath.join(folder, place))
    return (f"{joined}/index.html" if place.endswith("/") else joined) + mark + anchor


class Paths:
    """Millions of paths, as 64 bits of each: enough to know whether a path is among them, and not what they are.

    The bits are of Python's own keyed hash, so that nobody can make two paths that have the same.
    """

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(_BUCKETS)]
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, paths: Iterable[str]) -> None:
        """Take note of paths."""
        buckets = self._buckets
        for bits in map(hash, paths):
            buckets[bits % _BUCKETS].append(bits)
            self._count += 1

    def repeated(self) -> Paths:
        """Return those that were added more than once."""
        found = Paths()
        for bucket, other in zip(self._buckets, found._buckets, strict=True):
            if len(set(bucket)) < len(bucket):
                other.extend(bits for bits, count in Counter(bucket).items() if count > 1)
        return found._counted()

    def without(self, others: Paths) -> Paths:
        """Return those that are not among the others."""
        found = Paths()
        for bucket, other, rest in zip(self._buckets, others._buckets, found._buckets, strict=True):
            rest.extend(set(bucket).difference(other))
        return found._counted()

    def common(self, others: Paths) -> Paths:
        """Return those that are among the others, too."""
        found = Paths()
        for bucket, other, rest in zip(self._buckets, others._buckets, found._buckets, strict=True):
            rest.extend(set(bucket).intersection(other))
        return found._counted()

    def _counted(self) -> Paths:
        self._count = sum(map(len, self._buckets))
        return self

    def among(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield those of the paths that are among them."""
        bits = set().union(*self._buckets)
        return (path for path in paths if hash(path) in bits)
