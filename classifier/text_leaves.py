"""The leaves that look through a definition's whole text for attacks; see `classifier.leaves` for what a leaf is.

Every string counts here, names of properties, defaults and examples included: a client hands all of them to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from string import ascii_letters, digits
from typing import Any, ClassVar

from classifier.features import NAMES_SOMETHING, Features, plain_name
from classifier.leaves import Found, Leaf, LeafError, Subject, anywhere, quote, read_phrases
from classifier.lexicon import Lexicon
from classifier.phrase import Phrase, find_phrase
from classifier.text import Token, fold, split_identifier

_ALIKE = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u03bf\u03bd\u03c1\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
"""Cyrillic and Greek letters that look like Latin ones."""

_PICTURE = "\u00a9\u00ae\u200d\u203c-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
"""What a joiner or a selector of presentation may follow: emoji and symbols."""
_JOINING = "\u0600-\u08ff\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
"""Letters of the scripts that write with joiners: Arabic and Persian, Indic, Burmese, Khmer, Mongolian."""

_CHARACTERS: Mapping[str, str] = {
    "zero-width": "\u00ad\u034f\u115f\u1160\u180e\u200b\u2060-\u2064\u206a-\u206f\u2800\u3164\ufeff\uffa0",
    "joiner": "\u200c\u200d",
    "bidirectional": "\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f",
    "tag": "\U000e0000-\U000e007f",
    "selector": "\ufe00-\ufe0f\U000e0100-\U000e01ef",
    "escape": "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f",
    "look-alike": _ALIKE,
}
"""The characters, and spans of them, of which a text needs one to match a class of `CharactersLeaf`."""


@dataclass(frozen=True, slots=True, eq=False)
class CharactersLeaf(Leaf):
    """Characters that a person does not see or takes for others, in any string of the definition."""

    key: str
    pattern: re.Pattern[str]
    needed: frozenset[str]

    CLASSES: ClassVar[Mapping[str, str]] = {
        "zero-width": f"[{_CHARACTERS['zero-width']}]",
        "joiner": f"(?<![{_JOINING}{_PICTURE}])[\u200c\u200d]",
        "bidirectional": "[\u202a-\u202e\u2066-\u2069]|[\u061c\u200e\u200f]{2}",
        "tag": "(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]",  # some flags are spelled with tags
        "selector": (
            f"[\ufe00-\ufe0f\U000e0100-\U000e01ef]{{2}}|(?<![{_PICTURE}#*0-9])[\ufe0e\ufe0f]|[a-zA-Z ][\ufe00-\ufe0d]"
        ),
        "escape": f"[{_CHARACTERS['escape']}]",
        "look-alike": f"[A-Za-z][{_ALIKE}]+[A-Za-z]|(?<![^\\W\\d_])[{_ALIKE}][a-z]{{2}}",
        "white-space": r"(?<!\s)(?:\s{60,}+|(?:[^\S\n]*+\n){12,}+\s*+)(?=\S)",
    }

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:  # noqa: ARG003  every leaf is read the same way
        """Take a list of classes."""
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            raise LeafError(f"expected a list of {', '.join(cls.CLASSES)}, not {value!r}")
        if unknown := sorted(set(value) - set(cls.CLASSES)):
            raise LeafError(f"{unknown[0]!r} is none of {', '.join(cls.CLASSES)}")
        needed = frozenset(key for name in value for key in _characters(name))
        return cls(key, re.compile("|".join(cls.CLASSES[name] for name in value)), needed)

    def needs(self) -> tuple[frozenset[str], ...]:
        return (self.needed,)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        for pointer, text in subject.features.texts:
            match = self.pattern.search(text)
            if match:
                return (Found(self.key, pointer, match.group(), match.span(), _describe(match.group())),)
        return ()


def _characters(name: str) -> Iterator[str]:
    """Yield the keys of which a text has one that matches a class."""
    if name == "white-space":
        yield "form:run"
        return
    for first, last in re.findall(r"(.)(?:-(.))?", _CHARACTERS[name], re.DOTALL):
        for code in range(ord(first), ord(last or first) + 1):
            yield f"character:{chr(code)}"


def _describe(text: str) -> str:
    if text.isspace():
        return f"{len(text)} characters of white space"
    codes = [f"U+{ord(letter):04X}" for letter in text if not (letter.isascii() and letter.isprintable())]
    return " ".join(codes[:8])


@dataclass(frozen=True, slots=True, eq=False)
class TextLeaf(Leaf):
    """A sentence, in any string of the definition, that holds a phrase of each list.

    Negation takes nothing back: here it is part of what is looked for. One of the lists must be made of phrases with a
    word of the list `cues`, of which one is enough to tell that a definition is worth reading whole.
    """

    key: str
    lists: tuple[tuple[Phrase, ...], ...]
    anchors: tuple[frozenset[str], ...]
    cues: frozenset[str]
    common: frozenset[str]
    """Words of which one could be all of a string that matches: those that are a phrase of each list."""

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a list of phrases, or a list of such lists."""
        several = isinstance(value, list) and bool(value) and all(isinstance(item, list) for item in value)
        written = value if several else [value]
        lists = tuple(tuple(_as_stated(one) for one in read_phrases(item, lexicon)) for item in written)
        cues = [found for item in lists if (found := _cues_of(item, lexicon.plain("cues")))]
        if not cues:
            raise LeafError("in each phrase of one list, there is a place where only words of the list cues stand")
        anchors = tuple(frozenset().union(*(one.anchor for one in item)) for item in lists)
        return cls(key, lists, anchors, min(cues, key=len), frozenset.intersection(*map(_single, lists)))

    def needs(self) -> tuple[frozenset[str], ...]:
        return tuple(map(anywhere, (self.cues, *self.anchors)))

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        if any(map(features.anywhere.isdisjoint, self.anchors)):
            return ()
        if not self.common and not any(map(self._may_stand, features.word_sets)):
            return ()
        for passage in features.passages:
            if not self._may_stand(passage.words):
                continue
            for sentence in passage.sentences:
                if self._may_stand(sentence.word_set):
                    matches = [find_phrase(phrases, (sentence,), features.lexicon) for phrases in self.lists]
                    if all(matches):
                        return tuple(
                            quote(self.key, passage.pointer, passage.text, *match[1:]) for match in matches if match
                        )
        return ()

    def _may_stand(self, words: frozenset[str]) -> bool:
        """Tell whether a string or sentence of these words may hold a phrase of each list."""
        if any(map(words.isdisjoint, self.anchors)):
            return False
        return all(any(phrase.may_stand(words) for phrase in phrases) for phrases in self.lists)


def _single(phrases: tuple[Phrase, ...]) -> frozenset[str]:
    return frozenset().union(*(phrase.anchor for phrase in phrases if len(phrase.steps) == 1))


def _as_stated(phrase: Phrase) -> Phrase:
    return replace(phrase, negatable=False)


def _cues_of(phrases: tuple[Phrase, ...], known: frozenset[str]) -> frozenset[str]:
    """Return the cues of which one stands wherever one of the phrases does; none if a phrase can do without."""
    found: set[str] = set()
    for phrase in phrases:
        places = [step.words for step in phrase.steps if step.words <= known and not step.starts]
        if not places:
            return frozenset()
        found |= min(places, key=lambda words: (len(words), -min(map(len, words))))
    return frozenset(found)


@dataclass(frozen=True, slots=True, eq=False)
class TagLeaf(Leaf):
    """A tag of the kind that frames a system prompt: `<important>`, `[INST]`, `<|system|>`."""

    key: str
    pattern: re.Pattern[str]
    opening: re.Pattern[str]
    """How such a tag begins, in canonical JSON too: nearly no definition has one."""

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a list of tag names, each a word of the list `cues`."""
        if not isinstance(value, list) or not value or not set(value) <= lexicon.plain("cues"):
            raise LeafError(f"expected a list of words of the list cues, not {value!r}")
        names = "|".join(map(re.escape, value))
        pattern = rf"</?\|?(?:{names})(?:[\s_:|-][^<>\n]{{0,80}})?>|\[/?(?:{names})\]"
        opening = rf"[<\[][/|]*(?:{names})"
        return cls(key, re.compile(pattern, re.IGNORECASE), re.compile(opening, re.IGNORECASE))

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset(["form:tag"]),)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        if not self.opening.search(subject.features.tool.canonical):
            return ()
        for pointer, text in subject.features.texts:
            match = self.pattern.search(text)
            if match:
                return (Found(self.key, pointer, match.group(), match.span()),)
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class ToolReferenceLeaf(Leaf):
    """Another tool's name in a description: an identifier with a verb, where the words beside it speak of using it.

    The parameters' descriptions count. Neither the tool's own name nor those of its parameters and results count.
    """

    key: str
    before: frozenset[str]

    NAMES: ClassVar[re.Pattern[str]] = re.compile(
        r"(?<![A-Za-z0-9_/.-])(?:[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+"
        r"|[A-Za-z]+(?:-[A-Za-z0-9]+)+)(?![A-Za-z0-9_/-])"
    )
    JOINT: ClassVar[re.Pattern[str]] = re.compile(r"[_A-Z-](?:(?<=[A-Za-z0-9][_-])[A-Za-z0-9]|(?<=[a-z][A-Z])[a-z0-9])")
    INSIDE: ClassVar[frozenset[str]] = frozenset(ascii_letters + digits + "_/.-")
    AFTER: ClassVar[re.Pattern[str]] = re.compile(
        r"[`'\"’”)*]*(?:\(\)|\s?(?:工具|ツール|도구)"
        r"|\s+(?:tools?|functions?|first|is (?:called|used|invoked|available|executed|run))\b)"
    )
    COLON: ClassVar[re.Pattern[str]] = re.compile(r"[`'\"*]*\s*[:=]")
    WORDS: ClassVar[re.Pattern[str]] = re.compile(r"\w+")
    QUOTED: ClassVar[re.Pattern[str]] = re.compile(r"[`'\"‘“]([\w.-]{2,64})[`'\"’”]\s+(?:tool|function)\b")

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take the name of a list of kind words: those that speak of using what follows."""
        if not isinstance(value, str) or value not in lexicon.grammar:
            raise LeafError(f"{value!r} is no list of kind words")
        return cls(key, lexicon.plain(value))

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset(["form:reference"]),)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        places = [(one.pointer + "/description", one.description) for one in features.parameters]
        for pointer, text in (("/description", features.tool.description), *places):
            found = next(self._references(text, features), None) if NAMES_SOMETHING.search(text) else None
            if found:
                return (quote(self.key, pointer, text, found, found),)
        return ()

    def _references(self, text: str, features: Features) -> Iterator[Token]:
        for match in self.QUOTED.finditer(text):
            if plain_name(match.group(1)) not in features.own_names:
                yield Token(match.group(1), *match.span(1))
        for match in self._names(text):
            if self._is_used(match, features) and plain_name(match.group()) not in features.own_names:
                yield Token(match.group(), *match.span())

    def _names(self, text: str) -> Iterator[re.Match[str]]:
        """Yield each identifier of several words. Looks from the places where words are joined, as names are rare."""
        end = 0
        for joint in self.JOINT.finditer(text):
            if joint.start() < end:
                continue
            start = joint.start()
            while start > 0 and text[start - 1] in self.INSIDE:
                start -= 1
            match = self.NAMES.match(text, start)
            end = joint.end()
            while end < len(text) and text[end] in self.INSIDE:
                end += 1
            if match:
                yield match

    def _is_used(self, match: re.Match[str], features: Features) -> bool:
        """Tell whether an identifier has a verb, and whether the words beside it speak of using a tool."""
        name, text = match.group(), match.string
        if self.AFTER.match(text, match.end(), match.end() + 24):
            return any(token.word in features.lexicon.bases for token in split_identifier(name))
        if "-" in name and "-" not in features.tool.name:
            return False
        before = text[max(0, match.start() - 40) : match.start()]
        if before[-2:] not in self.before and self.before.isdisjoint(map(fold, self.WORDS.findall(before)[-3:])):
            return False
        return _leads_with_verb(name, features) and not self.COLON.match(text, match.end(), match.end() + 8)


def _leads_with_verb(name: str, features: Features) -> bool:
    """Tell whether a name begins with a clear verb, or with the word that the tool's own name begins with."""
    words = [token.word for token in split_identifier(name)]
    own = [token.word for token in features.tool.words]
    if words[0] == own[0] and len(words) > 2 and any(word in features.lexicon.bases for word in words):
        return True
    clear = words[0] in features.lexicon.bases and words[0] not in features.lexicon.nouns
    return clear and words[-1] not in ("id", "by")
