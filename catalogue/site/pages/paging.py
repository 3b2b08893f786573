"""Cuts long lists into pages. Knows no page in particular."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from catalogue.site.context import Slice, slice_of

T = TypeVar("T")


def paged(entries: Sequence[T], size: int, url: Callable[[int], str]) -> Iterator[tuple[str, Slice, tuple[T, ...]]]:
    """Yield (path, slice, entries) of each page, at least one; `url` gives the path of a page, from 1."""
    paths = [url(number + 1) for number in range(max(1, -(-len(entries) // size)))]
    for path in paths:
        part = slice_of(len(entries), size, path, paths)
        yield path, part, tuple(entries[part.first - 1 : part.last]) if entries else ()
