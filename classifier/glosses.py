"""Verbs of other languages and the English verbs that they stand for, as `rules/_words.yaml` lists them.

European languages and Chinese lead a sentence with their verb (*openings*), Turkish, Japanese and Korean end with it
(*closings*). Scripts without spaces are searched for the verb's characters. Knows no tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from classifier.text import fold

_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""A character of a script without spaces (or, Hangul, whose words carry endings): kana, Han, Hangul."""

_VERB_LAST = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
"""Kana or Hangul: the sentence is Japanese or Korean."""

_JOINS = re.compile(r"\s*(?:或者|以及|并且|[或和与及并且、，,/／])+\s*")
"""What stands between two verbs that lead a Chinese sentence together."""

_THEN = ("并", "并且", "然后", "並")

_LONGEST_STEM = 24
_LONGEST_TEXT = 1_000
"""Code points of a word and of a sentence that are looked at."""

_NEVER = re.compile("(?!)")


@dataclass(frozen=True, slots=True)
class Glosses:
    """Words of other languages -> English verbs. "elimina*" is the beginning of a word."""

    openings: Mapping[str, str] = field(default_factory=dict)
    closings: Mapping[str, str] = field(default_factory=dict)
    dense_openings: re.Pattern[str] = _NEVER
    dense_closings: re.Pattern[str] = _NEVER

    @classmethod
    def build(cls, openings: Iterable[tuple[str, str]], closings: Iterable[tuple[str, str]]) -> Glosses:
        """Build from pairs of a word and its English verb."""
        first, last = dict(openings), dict(closings)
        return cls(first, last, _any_of(first), _any_of(last))

    def word(self, word: str) -> str | None:
        """Return the English verb that a whole word stands for, by the longest beginning that fits."""
        whole = self.openings.get(word) or self.closings.get(word)
        if whole:
            return whole
        for length in range(min(len(word), _LONGEST_STEM), 2, -1):
            if verb := self.openings.get(word[:length] + "*"):
                return verb
        return None

    def in_text(self, text: str) -> list[tuple[str, int, int]]:
        """Return the verb of a sentence in a script without spaces, with its place, and the verbs joined to it."""
        text = text[:_LONGEST_TEXT]
        if _VERB_LAST.search(text):
            last = next(reversed(list(self.dense_closings.finditer(text))), None)
            return [(self.closings[last.group()], *last.span())] if last else []
        found: list[tuple[str, int, int]] = []
        for match in self.dense_openings.finditer(text):
            if found and not (_JOINS.fullmatch(text, found[-1][2], match.start()) or _goes_on(text, match.start())):
                continue
            found.append((self.openings[match.group()], *match.span()))
        return found


def _goes_on(text: str, at: int) -> bool:
    """Tell whether a later verb carries on from the first one: "and saves it"."""
    return text.endswith(_THEN, 0, at)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of the words in scripts without spaces, the longest first."""
    dense = sorted((word for word in words if _DENSE.match(word)), key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, dense))) if dense else _NEVER


def read_entries(entries: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (word, English verb) of entries such as "delete: elimina* 删除". Raises `ValueError` for another form."""
    for entry in entries:
        verb, colon, words = entry.partition(": ")
        if not colon or not words.split():
            raise ValueError(f"{entry!r} is not an English verb, a colon and words")
        for word in words.split():
            yield fold(word), verb
