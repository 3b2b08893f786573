"""Numbers what rules need, so that all that a tool has to do with the rules is one integer.

A need is a set of keys, of which a tool has to have one for a leaf to match; see `classifier.leaves.Leaf.needs`. Each
need is one bit: a leaf, or a whole way in which a rule can hold, is ruled out by one comparison of masks, without a
look at the tool. Knows no rule and no tool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from classifier.schema import USUAL_NAME, read_name
from classifier.text import split_identifier, split_words

Keys: TypeAlias = frozenset[str]
"""Keys of `Features.met`, of which a tool has one or none: a kind and a value joined by a colon."""


_NONE: Mapping[str, int] = {}

_KEPT = 4096
"""Strings that a memory holds: nearly all names of parameters, and nearly all words that schemas are made of."""


class Memory(dict[str, int]):
    """Masks of strings, worked out when first asked for, as definitions are made of the same few thousand strings.

    It is emptied when it is full, and long strings are not kept, so that strings that never come again cost no memory.
    """

    def __init__(self, work: Callable[[str], int]) -> None:
        """Take what works out the mask of a string."""
        super().__init__()
        self._work = work

    def __missing__(self, text: str) -> int:
        """Work the mask out."""
        mask = self._work(text)
        if len(text) <= USUAL_NAME:
            if len(self) >= _KEPT:
                self.clear()
            self[text] = mask
        return mask


class Needs:
    """The needs of all rules of a set, and the keys that meet them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._bits: dict[Keys, int] = {}
        self._kinds: dict[str, dict[str, int]] = {}
        """Kind of key -> value -> the needs that it meets, as a mask."""
        self.strings = Memory(self._of_string)
        """A string -> the needs that its words meet, wherever it stands."""
        self.parameters = Memory(self._of_parameter)
        """A parameter's name -> the needs that it meets."""

    def mask(self, needs: Iterable[Keys]) -> int:
        """Return the mask of needs; those that are new get the next bits."""
        mask = 0
        for need in needs:
            mask |= self._bits[need] if need in self._bits else self._add(need)
        return mask

    def _add(self, need: Keys) -> int:
        bit = self._bits[need] = 1 << len(self._bits)
        for key in need:
            kind, _, value = key.partition(":")
            values = self._kinds.setdefault(kind, {})
            values[value] = values.get(value, 0) | bit
        self.strings.clear()
        self.parameters.clear()
        return bit

    def met(self, kind: str, values: Iterable[str]) -> int:
        """Return the needs that values of one kind meet."""
        known = self._kinds.get(kind, _NONE)
        mask = 0
        for value in values:
            if value in known:
                mask |= known[value]
        return mask

    def _of_string(self, text: str) -> int:
        return self.met("anywhere", words_of(text))

    def _of_parameter(self, name: str) -> int:
        return self.met("parameter", read_name(name).forms)


def is_name(text: str) -> bool:
    """Tell whether a string is a name in snake case, whose words are those of an identifier."""
    return "_" in text and text.isidentifier()


def words_of(text: str) -> Sequence[str]:
    """Return the words of a string."""
    return [token.word for token in split_identifier(text)] if is_name(text) else split_words(text)
