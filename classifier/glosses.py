"""Verbs of other languages and the English verbs that they stand for, as `rules/_words.yaml` lists them.

European languages and Chinese lead a sentence with their verb (*openings*), Turkish, Japanese and Korean end with it
(*closings*). Scripts without spaces are searched for the verb's characters. Knows no tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from classifier.text import fold

SCRIPT_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""A character of a script without spaces (or, Hangul, whose words carry endings): kana, Han, Hangul."""

VERB_LAST = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
"""Kana or Hangul: the sentence is Japanese or Korean."""

_JOINS = re.compile(r"\s*(?:或者|以及|并且|[或和与及并且、，,/／])+\s*")
"""What stands between two verbs that lead a Chinese sentence together."""

_GOES_ON = re.compile("[，,；;]\\s?(?:并且?|然后|再|同时)[^，,。；;]{0,12}$")
"""A second clause: "读取记录，然后把它删除"."""
_CLAUSE = 20
"""Code points before a verb in which its clause begins."""
_THEN = ("并", "并且", "然后", "並", "支持")
_LISTS = re.compile("支持")
_LISTED = "、，,/／和及或与：:"
"""What stands before the verbs of a list: "支持上传文件、删除文件"."""

_LONGEST_STEM = 24
_LONGEST_TEXT = 1_000
"""Code points of a word and of a sentence that are looked at."""

_NEVER = re.compile("(?!)")


@dataclass(frozen=True, slots=True)
class Glosses:
    """Words of other languages -> English verbs. "elimina*" is the beginning of a word."""

    openings: Mapping[str, str] = field(default_factory=dict)
    closings: Mapping[str, str] = field(default_factory=dict)
    participles: Mapping[str, str] = field(default_factory=dict)
    """Those that only tell of an effect behind another verb ("wird gelöscht"): alone they name a thing."""
    dense_openings: re.Pattern[str] = _NEVER
    dense_closings: re.Pattern[str] = _NEVER

    @classmethod
    def build(
        cls,
        openings: Iterable[tuple[str, str]],
        closings: Iterable[tuple[str, str]],
        participles: Iterable[tuple[str, str]] = (),
    ) -> Glosses:
        """Build from pairs of a word and its English verb."""
        first, last = dict(openings), dict(closings)
        return cls(first, last, dict(participles), _any_of(first), _any_of(last))

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
        if VERB_LAST.search(text):
            last = next(reversed(list(self.dense_closings.finditer(text))), None)
            return [(self.closings[last.group()], *last.span())] if last else []
        found: list[tuple[str, int, int]] = []
        listing = _LISTS.search(text)
        for match in self.dense_openings.finditer(text):
            at = match.start()
            listed = listing is not None and at > listing.end() and text[at - 1] in _LISTED
            if found and not (listed or _goes_on(text, found[-1][2], at)):
                continue
            found.append((self.openings[match.group()], *match.span()))
        return found

    def all_in_text(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield every verb of a sentence in a script without spaces, with its place; the last one of a Japanese one."""
        text = text[:_LONGEST_TEXT]
        if VERB_LAST.search(text):
            yield from self.in_text(text)
            return
        for match in self.dense_openings.finditer(text):
            yield self.openings[match.group()], *match.span()


def _goes_on(text: str, end: int, at: int) -> bool:
    """Tell whether the verb at `at` carries on from the one that ends at `end`: "and saves it"."""
    joined = _JOINS.fullmatch(text, end, at) is not None or text.endswith(_THEN, 0, at)
    return joined or _GOES_ON.search(text[max(end, at - _CLAUSE) : at]) is not None


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of the words in scripts without spaces, the longest first."""
    dense = sorted((word for word in words if SCRIPT_WITHOUT_SPACES.match(word)), key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, dense))) if dense else _NEVER


def read_entries(entries: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (word, English verb) of entries such as "delete: elimina* 删除". Raises `ValueError` for another form."""
    for entry in entries:
        verb, colon, words = entry.partition(": ")
        if not colon or not words.split():
            raise ValueError(f"{entry!r} is not an English verb, a colon and words")
        for word in words.split():
            yield fold(word), verb
