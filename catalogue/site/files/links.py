"""Says where the links of pages lead, so that none leads nowhere. Knows no page."""

from __future__ import annotations

import posixpath
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

_ELSEWHERE = ("http://", "https://")
_BUCKETS = 64


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
