"""Third parties' text on its way to a model: no hidden character, a bounded length. Knows no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeVar

from catalogue.invisible import reveal

T = TypeVar("T")

_LONGEST_NAME = 300


def quoted(text: str | None, longest: int) -> str:
    """Return at most so many characters of a text, with hidden ones as their escapes; "" for none."""
    shown = reveal(text or "")[: longest + 1] if not text or len(text) <= longest else reveal(text[:longest]) + "…"
    return shown if len(shown) <= longest else reveal(shown[: longest - 1] + "…")  # a cut may bare a joiner


def shown_name(name: str) -> str:
    """Return a name as answers give it; what is this way can be asked for (`catalogue.invisible.conceal`)."""
    return quoted(name, _LONGEST_NAME)


def first(items: Iterable[T], most: int) -> tuple[Sequence[T], int]:
    """Return the first items, and how many more there are."""
    found = iter(items)
    return list(islice(found, most)), sum(1 for _ in found)
