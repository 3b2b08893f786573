"""Splits names and descriptions into words and sentences, each with its place. Knows no word that means anything.

Every function takes time linear in its text: the patterns have no nested repetition.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Token(NamedTuple):
    """A word in lower case and where it stands, in code points of the text it was taken from."""

    word: str
    start: int
    end: int


_IDENTIFIER = re.compile(
    r"[A-Z]{2,}s(?![a-z])"  # URLs, IDs
    r"|[A-Z]+(?![a-z])"  # HTTP in HTTPServer
    r"|[A-Z]?[a-z]+"
    r"|\d+"
)
_RUN = re.compile(r"[^\W\d_]+|\d+")
_WORD = re.compile(r"[^\W_]+(?:[-_'’.][^\W_]+)*")
_BOUNDARY = re.compile(r"[.!?;](?=\s|$|[\"')*\]])|[。！？；]|\n|\s[•–—-](?=\s)")
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


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its words, their places in the whole text, and the section it stands in.

    `section` is "main", or "arguments", "returns", "errors", "examples" or "related" after such a heading.
    """

    section: str
    tokens: tuple[Token, ...]


def split_identifier(name: str) -> tuple[Token, ...]:
    """Split snake_case, kebab-case, camelCase, dotted and spaced names into words."""
    spans = (match.span() for match in _IDENTIFIER.finditer(name)) if name.isascii() else _humps(name)
    return tuple(Token(fold(name[start:end]), start, end) for start, end in spans)


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


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """Split running text into sentences; line breaks and list bullets end one as well."""
    sentences = []
    section = "main"
    start = 0
    for end in [*(match.end() for match in _BOUNDARY.finditer(text)), len(text)]:
        heading = _SECTION.match(text, start, end)
        if heading:
            section = _section_after(heading, section)
        tokens = tuple(
            Token(fold(match.group()), match.start(), match.end()) for match in _WORD.finditer(text, start, end)
        )
        if tokens:
            sentences.append(Sentence(section, tokens))
        start = end
    return tuple(sentences)


def _section_after(heading: re.Match[str], section: str) -> str:
    """Return the section that a sentence's first word opens: with a colon, on a line of its own, or as ":param"."""
    field = heading.group().lstrip().startswith((":", "@"))
    if not field and not heading.group().rstrip(" \t*_").endswith((":", "：", "\n")):
        return section
    return _SECTION_OF.get(heading.group(1)[:3].lower(), "main")
