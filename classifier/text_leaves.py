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
from classifier.leaves import Found, Leaf, LeafError, Subject, quote, read_mapping, read_phrases
from classifier.lexicon import Lexicon
from classifier.phrase import Phrase, find_phrase
from classifier.text import Sentence, Token, fold, split_identifier

_ALIKE = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u043a\u043c\u043d\u043f\u0442\u0432\u0433\u0261\u0251\u0578\u057d\u0585\u2170\u217c\u217d\u217e\u217f"
    "\u03bf\u03bd\u03c1\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
"""Cyrillic, Greek, Armenian and other letters that look like Latin ones."""

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

    Negation takes nothing back: here it is part of what is looked for.
    """

    key: str
    lists: tuple[tuple[Phrase, ...], ...]
    none: tuple[Phrase, ...]
    """Phrases of which the sentence may hold none."""
    number: int
    """Its number in the lexicon's sieve."""

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a list of phrases, a list of such lists, or a mapping of all (such lists) and none (phrases)."""
        given = read_mapping(value, ("all", "none")) if isinstance(value, Mapping) else {"all": value}
        wanted = given.get("all")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(item, list) for item in wanted):
            wanted = [wanted]
        lists = tuple([_as_stated(item, lexicon) for item in wanted])
        none = _as_stated(given["none"], lexicon) if "none" in given else ()
        number = lexicon.sieve.add([_places(item) for item in lists])
        return cls(key, lists, none, number)

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset([f"sieve:{self.number}"]),)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        if self.number not in features.text_conditions:
            return ()
        may_hold = features.lexicon.sieve.may_hold
        for passage in features.passages:
            if may_hold(self.number, passage.phrases):
                for sentence, phrases in zip(passage.sentences, passage.phrases_of_sentences, strict=True):
                    matches = self._find(sentence, features.lexicon) if may_hold(self.number, phrases) else []
                    if matches:
                        return tuple([quote(self.key, passage.pointer, passage.text, *match[1:]) for match in matches])
        return ()

    def _find(self, sentence: Sentence, lexicon: Lexicon) -> list[tuple[Phrase, Token, Token]]:
        """Return a match of each list; nothing when the sentence lacks one."""
        matches = []
        for phrases in self.lists:
            match = find_phrase(phrases, (sentence,), lexicon)
            if not match:
                return []
            matches.append(match)
        return [] if find_phrase(self.none, (sentence,), lexicon) else matches


def _places(phrases: tuple[Phrase, ...]) -> list[tuple[frozenset[str], ...]]:
    """Return the places of each phrase; the phrases of a single word together make one."""
    single = frozenset().union(*(one.closed[0] for one in phrases if len(one.closed) == 1))
    return [*([(single,)] if single else []), *(one.closed for one in phrases if len(one.closed) > 1)]


def _as_stated(value: Any, lexicon: Lexicon) -> tuple[Phrase, ...]:
    return tuple([replace(phrase, negatable=False) for phrase in read_phrases(value, lexicon)])


@dataclass(frozen=True, slots=True, eq=False)
class DenseTextLeaf(Leaf):
    """The same for scripts without spaces between words: a sentence that holds a string of each list."""

    key: str
    patterns: tuple[re.Pattern[str], ...]
    needed: tuple[frozenset[str], ...]

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a list of lists of strings, or of names of lists of kind words."""
        if not isinstance(value, list) or not value:
            raise LeafError(f"expected a list of lists of strings, not {value!r}")
        lists = [_strings(item, lexicon) for item in value]
        needed = tuple(frozenset(f"character:{one[0]}" for one in item) for item in lists)
        return cls(key, tuple(re.compile("|".join(map(re.escape, item))) for item in lists), needed)

    def needs(self) -> tuple[frozenset[str], ...]:
        return self.needed

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        for passage in subject.features.passages:
            if all(pattern.search(passage.text) for pattern in self.patterns):
                for sentence in passage.sentences:
                    place = (passage.text, sentence.start, sentence.end)
                    matches = [pattern.search(*place) for pattern in self.patterns]
                    if all(matches):
                        return tuple(
                            [Found(self.key, passage.pointer, one.group(), one.span()) for one in matches if one]
                        )
        return ()


def _strings(value: Any, lexicon: Lexicon) -> tuple[str, ...]:
    known = sorted(lexicon.plain(value)) if isinstance(value, str) else value
    if not isinstance(known, list) or not known or not all(isinstance(one, str) and one for one in known):
        raise LeafError(f"expected a list of strings or the name of a list of kind words, not {value!r}")
    if plain := [one for one in known if one[0].isascii()]:
        raise LeafError(f"{plain[0]!r} begins with a letter of a script that has spaces")
    return tuple(known)


@dataclass(frozen=True, slots=True, eq=False)
class TagLeaf(Leaf):
    """A tag of the kind that frames a system prompt: `<important>`, `[INST]`, `<|system|>`."""

    key: str
    pattern: re.Pattern[str]
    opening: re.Pattern[str]
    """How such a tag begins, in canonical JSON too: nearly no definition has one."""

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:  # noqa: ARG003  every leaf is read the same way
        """Take a list of tag names."""
        if not isinstance(value, list) or not value or not all(isinstance(name, str) and name for name in value):
            raise LeafError(f"expected a list of names, not {value!r}")
        names = "|".join(map(re.escape, value))
        claims = r"[\s_:]+(?:override|note|notice|message|mode|instructions?|prompt|alert|update)\b[^\[\]\n]{0,80}"
        pattern = rf"</?\|?(?:{names})(?:[\s_:|-][^<>\n]{{0,80}})?>|\[/?(?:{names})(?:{claims})?\]"
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
    """Words that speak of using what follows."""
    direct: frozenset[str]
    """Those of them that leave no doubt that what follows is a tool."""
    ends: frozenset[str]
    """Words that end the names of values, and adjectives."""

    NAMES: ClassVar[re.Pattern[str]] = re.compile(
        r"(?<![A-Za-z0-9_/.-])(?:[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+"
        r"|[A-Za-z]+(?:-[A-Za-z0-9]+)+)(?![A-Za-z0-9_/-])"
    )
    JOINT: ClassVar[re.Pattern[str]] = re.compile(r"[_A-Z-](?:(?<=[A-Za-z0-9][_-])[A-Za-z0-9]|(?<=[a-z][A-Z])[a-z0-9])")
    INSIDE: ClassVar[frozenset[str]] = frozenset(ascii_letters + digits + "_/.-")
    TOOL: ClassVar[re.Pattern[str]] = re.compile(r"[`'\"’”)*]*(?:\s?(?:工具|ツール|도구)|\s+tools?\b)")
    INSTEAD: ClassVar[re.Pattern[str]] = re.compile(r"[`'\"*]*\s+(?:instead|first)\b")
    RUN: ClassVar[re.Pattern[str]] = re.compile(r"[`'\"’”)*]*\s+is (?:called|used|invoked|available|executed|run)\b")
    CALL: ClassVar[re.Pattern[str]] = re.compile(r"[`'\"’”*]*\(\)")
    AFTER: ClassVar[re.Pattern[str]] = re.compile(
        r"[`'\"’”)*]*\s+(?:functions?|first|returns?|result|results|response"
        r"|(?:should|must|now|has to|needs to|ought to|expects|asks|requires|works)\b(?! be (?:a|an|in|one|set)\b))"
    )
    VALUE: ClassVar[re.Pattern[str]] = re.compile(
        r"[`'\"*]*(?:\s*[:=?+\[]|\s*\((?:default|optional|required|str|int|bool|number|array|object|list|[`'\"])"
        r"|\s+(?:param|field|propert|option|flag|arg|column|env|variable|member|endpoint|method|header|key|attribute"
        r"|setting|strateg|mode|value|enum|prefix|schema|format"
        r"|is (?:set|true|false|not|provided|specified|given|omitted)))"
    )
    """What stands behind the name of a parameter, a value or a setting."""
    WORDS: ClassVar[re.Pattern[str]] = re.compile(r"\w+")
    QUOTED: ClassVar[re.Pattern[str]] = re.compile(r"[`'\"‘“]([\w.-]{2,64})[`'\"’”]\s+tool\b")

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a mapping of before, direct and ends, each the name of a list of kind words."""
        given = read_mapping(value, ("before", "direct", "ends"))
        names = [given.get(name) for name in ("before", "direct", "ends")]
        if unknown := [name for name in names if name not in lexicon.grammar]:
            raise LeafError(f"{unknown[0]!r} is no list of kind words")
        return cls(key, *[lexicon.plain(str(name)) for name in names])

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset(["form:reference"]),)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        places = [(one.description_pointer, one.description) for one in features.parameters]
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
        """Tell whether an identifier is a tool's name, by its words and by those that stand beside it."""
        name, text, end = match.group(), match.string, match.end()
        fitting = _is_of_style(name, features.tool.name)
        words = [token.word for token in split_identifier(name)]
        bases, nouns = features.lexicon.bases, features.lexicon.nouns
        verbal = not bases.keys().isdisjoint(words[:2])
        if self.TOOL.match(text, end, end + 24):
            return "-" not in name or (fitting and verbal)
        if not fitting or name.isupper() or words[0] in ("is", "has") or text[match.start() - 1] == "=":
            return False
        own = words[:1] == [token.word for token in features.tool.words[:1]]  # a name of signs alone has none
        acts = (
            words[0] in bases
            or (len(words) > 2 and words[1] in bases.keys() - nouns)
            or (own and not bases.keys().isdisjoint(words))
        )
        if self.CALL.match(text, end, end + 8) or self.RUN.match(text, end, end + 24):
            return acts or verbal
        before = text[max(0, match.start() - 40) : match.start()]
        near = [fold(word) for word in self.WORDS.findall(before)[-3:]]
        sibling = own and near[-1:] == ["also"]
        sibling = sibling or (near[-1:] in (["use"], ["call"]) and self.INSTEAD.match(text, end, end + 16) is not None)
        if self.VALUE.match(text, end, end + 24):
            return False
        if words[-1] in self.ends and not (sibling or (verbal and len(words) > 2)):
            return False
        if sibling or (verbal and self.AFTER.match(text, end, end + 40)):
            return True
        if before[-2:] not in self.before and self.before.isdisjoint(near):
            return False
        return acts and (words[0] not in nouns or not self.direct.isdisjoint(near))


def _is_of_style(name: str, own: str) -> bool:
    """Tell whether a name joins its words as the tool's own name does; one of a single word says nothing."""
    if "-" in name:
        return "-" in own
    if "_" in name:
        return "-" not in own or "_" in own
    return "_" not in own and "-" not in own
