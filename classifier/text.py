"""Splits names and descriptions into words and sentences, each with its place. Knows no word that means anything.

Every function takes time linear in its text: the patterns have no nested repetition.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from classifier.lazy import lazy


class Token(NamedTuple):
    """A word in lower case and where it stands, in code points of the text it was taken from."""

    word: str
    start: int
    end: int


_token = tuple.__new__
"""Makes a token in half the time that `Token(...)` takes: most of what is read of a text are tokens."""

_IDENTIFIER = re.compile(
    r"[A-Z]{2,}s(?![a-z])"  # URLs, IDs
    r"|[A-Z]+(?![a-z])"  # HTTP in HTTPServer
    r"|[A-Z]?[a-z]+"
    r"|\d+"
)
_RUN = re.compile(r"[^\W\d_]+|\d+")
_DENSE = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
"""Letters of scripts that stand beside those of others without a space ("执行SQL查询"): there a word ends."""
_WORD = re.compile(rf"[{_DENSE}]+|[^\W_{_DENSE}]+(?:[-_'’.][^\W_{_DENSE}]+)*")
_PLAIN_WORD = re.compile(r"[a-z0-9]+(?:[-_'.][a-z0-9]+)*")
"""The same in lower-case ASCII, where a class of characters is looked up twice as fast."""
_BOUNDARY = re.compile(
    r"[.!?;。！？；\n•–—-](?:(?<=[.!?;])(?=\s|$|[\"')*\]])|(?<=[。！？；\n])|(?<=[^\S\n][•–—-])(?=\s))"
)
"""Leads with one class of characters, so that the search skips from one of them to the next."""
_OPENS_SECTIONS = re.compile(r"[:：\n@]")
_SECTION = re.compile(
    r"[\s#*_>:@-]*(args|arguments|parameters?|params?|inputs?|returns?|outputs?|response|raises|errors?|throws"
    r"|examples?|usage|e\.g|see also|related|notes?|warnings?|important|caution)\b[\s*_]*[:：\n]?",
    re.IGNORECASE,
)
_SECTION_OF = {
    "arg": "arguments",
    "par": "arguments",
    "inp": "arguments",
    "ret": "returns",
    "out": "returns",
    "res": "returns",
    "rai": "errors",
    "err": "errors",
    "thr": "errors",
    "exa": "examples",
    "usa": "examples",
    "e.g": "examples",
    "see": "related",
    "rel": "related",
}


class Sentence:
    """One sentence of `text`: its words, and their places in the whole text once they are asked for.

    `section` is "main", or "arguments", "returns", "errors", "examples" or "related" after such a heading.
    """

    def __init__(self, section: str, text: str, start: int, end: int) -> None:
        """Take the sentence `text[start:end]`."""
        self.section = section
        self.text = text
        self.start = start
        self.end = end

    @lazy
    def words(self) -> list[str]:
        """The words in order."""
        return split_words(self.text[self.start : self.end])

    @lazy
    def word_set(self) -> frozenset[str]:
        """Each word once."""
        return frozenset(self.words)

    @lazy
    def tokens(self) -> tuple[Token, ...]:
        """The words with their places."""
        places = zip(self.words, _WORD.finditer(self.text, self.start, self.end), strict=True)
        return tuple([_token(Token, (word, *match.span())) for word, match in places])


class NameSentence(Sentence):
    """A name that is read as a sentence: "do_not_tell"."""

    @lazy
    def words(self) -> list[str]:
        """The name's words."""
        return [token.word for token in self.tokens]

    @lazy
    def tokens(self) -> tuple[Token, ...]:
        """The name's words with their places."""
        return split_identifier(self.text)


def split_identifier(name: str) -> tuple[Token, ...]:
    """Split snake_case, kebab-case, camelCase, dotted and spaced names into words."""
    if name.isascii():
        found = _IDENTIFIER.finditer(name)
        return tuple([_token(Token, (match[0].lower(), *match.span())) for match in found])
    return tuple([Token(fold(name[start:end]), start, end) for start, end in _humps(name)])


def _humps(name: str) -> Iterator[tuple[int, int]]:
    """Yield the words of a name in any script: runs of letters or digits, cut before the last capital of several."""
    for run in _RUN.finditer(name):
        start = run.start()
        for at in range(start + 1, run.end()):
            ends_capitals = name[at - 1].isupper() and name[at + 1 : at + 2].islower() and at + 1 < run.end()
            if name[at].isupper() and (name[at - 1].islower() or ends_capitals):
                yield start, at
                start = at
        yield start, run.end()


def fold(text: str) -> str:
    """Return `text` in the form that words are compared in: compatibility-normalised and lower case."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def split_words(text: str) -> list[str]:
    """Return the words of running text in the form that words are compared in, in order."""
    if text.isascii():
        return _PLAIN_WORD.findall(text.lower())
    return [fold(word) for word in _WORD.findall(text)]


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """Split running text into sentences; line breaks and list bullets end one as well."""
    sentences = []
    section = "main"
    start = 0
    sectioned = _OPENS_SECTIONS.search(text) is not None
    for end in [*[match.end() for match in _BOUNDARY.finditer(text)], len(text)]:
        heading = _SECTION.match(text, start, end) if sectioned else None
        if heading:
            section = _section_after(heading, section)
        if _WORD.search(text, start, end):
            sentences.append(Sentence(section, text, start, end))
        start = end
    return tuple(sentences)


def _section_after(heading: re.Match[str], section: str) -> str:
    """Return the section that a sentence's first word opens: with a colon, on a line of its own, or as ":param"."""
    field = heading.group().lstrip().startswith((":", "@"))
    if not field and not heading.group().rstrip(" \t*_").endswith((":", "：", "\n")):
        return section
    return _SECTION_OF.get(heading.group(1)[:3].lower(), "main")
