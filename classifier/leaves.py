"""The leaves of conditions: each asks one thing of a tool and answers with the exact words that say so.

One small class a leaf; `condition.LEAVES` maps the key in a rule file to it. A leaf says what a tool needs for the leaf
to match, so that a rule is looked at only for the tools it could be about. Knows no rule and no verdict.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from classifier.acts import Act
from classifier.features import Features
from classifier.lexicon import Kind, Lexicon, WordList, inline_list
from classifier.phrase import Phrase, find_phrase, likely, parse_phrase
from classifier.text import Token
from classifier.verdict import ActionVerdict, Category, Evidence, Match, Verdict


class Found(NamedTuple):
    """What a leaf found: `classifier.verdict.Evidence` before its rule is known."""

    leaf: str
    pointer: str
    quote: str
    span: tuple[int, int]
    note: str = ""


class Subject(NamedTuple):
    """What a condition is asked about: a tool, and the category that it was given (before that: `None`).

    `met` are the needs that the tool meets. `answers` keeps what each leaf answered, as rules share many; it never
    outlives the tool. `support` are the matches for the category, strongest first, `signals` the evidence of each
    signal that the tool was given so far, and `actions` the verdict on each of the tool's actions.
    """

    features: Features
    category: Category | None
    met: int
    answers: dict[Leaf, tuple[Found, ...] | None]
    support: tuple[Match, ...] = ()
    signals: Mapping[str, Sequence[Evidence]] = MappingProxyType({})
    actions: tuple[ActionVerdict, ...] = ()

    @classmethod
    def of(cls, features: Features) -> Subject:
        """Make a subject of which nothing has been asked."""
        return cls(features, None, features.met, {})

    @classmethod
    def judged(cls, features: Features, verdict: Verdict) -> Subject:
        """Make a subject with all that a verdict says of it."""
        signals = {signal.id: signal.evidence for signal in verdict.signals}
        return cls(features, verdict.category, features.met, {}, verdict.support, signals, verdict.actions)


class LeafError(Exception):
    """A leaf's value in a rule file is not what the leaf takes."""


class Leaf(ABC):
    """One question. `key` is its key in rule files, and its placeholder in rationales."""

    __slots__ = ()
    key: str

    @classmethod
    @abstractmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Build the leaf from its decoded YAML value. Raises `LeafError`."""

    @abstractmethod
    def needs(self) -> tuple[frozenset[str], ...]:
        """Return sets of keys: of each, a tool that the leaf matches has at least one. None: it may match any tool.

        A key is a kind and a value of `Features.met` joined by a colon: "name-verb:delete".
        """

    def is_exact(self) -> bool:
        """Tell whether a tool that has a key of one of the leaf's needs is sure to match."""
        return False

    @abstractmethod
    def ask(self, subject: Subject) -> tuple[Found, ...]:
        """Return what was found; empty when the leaf does not match."""


@dataclass(frozen=True, slots=True, eq=False)
class VerbLeaf(Leaf):
    """The verb of the name, of the title, or at the head of the description, and what it is done to.

    `objects` is compared with the object's last words ("payment link"), `object_words` with any of its words.
    """

    key: str
    verbs: frozenset[str]
    objects: WordList | None = None
    object_words: WordList | None = None

    ACTS: ClassVar[Mapping[str, str]] = {
        "name_verb": "name_acts",
        "title_verb": "title_acts",
        "lead_verb": "lead_acts",
        "told_verb": "told_acts",
    }

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> VerbLeaf:
        """Take a list of verbs, or a mapping of verb, object and object_word."""
        if not isinstance(value, Mapping):
            return cls(key, read_verbs(value, lexicon))
        value = read_mapping(value, ("verb", "object", "object_word"))
        return cls(
            key,
            read_verbs(value.get("verb"), lexicon),
            read_list(value["object"], lexicon, "nouns") if "object" in value else None,
            read_list(value["object_word"], lexicon, "nouns") if "object_word" in value else None,
        )

    def needs(self) -> tuple[frozenset[str], ...]:
        place = self.key.removesuffix("_verb")
        needs = [frozenset(f"{place}-verb:{verb}" for verb in self.verbs)]
        if self.objects:
            needs.append(frozenset(f"{place}-head:{form.rpartition(' ')[2]}" for form in self.objects.forms))
        if self.object_words:
            needs.append(frozenset(f"{place}-object:{form.partition(' ')[0]}" for form in self.object_words.forms))
        return tuple(needs)

    def is_exact(self) -> bool:
        return not (self.objects or self.object_words)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        verbs = self.verbs
        for act in getattr(features, self.ACTS[self.key]):
            if act.verb in verbs:
                if self.objects is None and self.object_words is None:
                    return (self._found(features, act.token, act.token),)
                parts = self._parts(act)
                if parts:
                    return tuple([self._found(features, first, last) for first, last in parts])
        return ()

    def _parts(self, act: Act) -> list[tuple[Token, Token]]:
        """Return the verb's place and the object's; nothing when the object is not the one asked for."""
        parts = [(act.token, act.token)]
        if self.objects:
            length = last_words(act.objects, self.objects)
            if not length:
                return []
            parts.append((act.objects[-length], act.objects[-1]))
        if self.object_words:
            row = next(words_in_row(act.objects, self.object_words), None)
            if not row:
                return []
            parts.append(row)
        return parts

    def _found(self, features: Features, first: Token, last: Token) -> Found:
        tool = features.tool
        if self.key == "name_verb":
            return quote(self.key, "/name", tool.name, first, last)
        if self.key == "title_verb":
            return quote(self.key, tool.title_pointer, tool.title, first, last)
        return quote(self.key, "/description", tool.description, first, last)


@dataclass(frozen=True, slots=True, eq=False)
class ToldVerbLeaf(VerbLeaf):
    """The verb of any clause by which the description tells what the tool does: the leading one, or a later one."""

    words: frozenset[str] = frozenset()
    """Words of which a description in English has one that tells of such a verb."""

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> VerbLeaf:
        """Take the same as `VerbLeaf`."""
        leaf = super(ToldVerbLeaf, cls).read(key, value, lexicon)  # a class with slots is made anew: no bare super()
        glosses = {**lexicon.glosses.openings, **lexicon.glosses.participles}
        words = lexicon.told.add(leaf.verbs, glosses)
        return cls(key, leaf.verbs, leaf.objects, leaf.object_words, words)

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset("text:" + word for word in self.words) | {"form:foreign"},)

    def is_exact(self) -> bool:
        return False


@dataclass(frozen=True, slots=True, eq=False)
class NameWordLeaf(Leaf):
    """A word, or words in a row, anywhere in the name."""

    key: str
    known: WordList

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a list of words."""
        return cls(key, read_list(value, lexicon, "nouns"))

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset("name:" + form.partition(" ")[0] for form in self.known.forms),)

    def is_exact(self) -> bool:
        return not any(" " in form for form in self.known.forms)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        tool = subject.features.tool
        row = next(words_in_row(tool.words, self.known), None)
        return (quote(self.key, "/name", tool.name, *row),) if row else ()


@dataclass(frozen=True, slots=True, eq=False)
class PhraseLeaf(Leaf):
    """A phrase in the description, in one sentence and not negated."""

    key: str
    phrases: tuple[Phrase, ...]
    where: str

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a list of phrases, or a mapping of any (the phrases) and in (first, prose or anywhere)."""
        if isinstance(value, list):
            value = {"any": value}
        value = read_mapping(value, ("any", "in"))
        where = value.get("in", "prose")
        if where not in ("first", "prose", "anywhere"):
            raise LeafError(f"in is first, prose or anywhere, not {where!r}")
        return cls(key, read_phrases(value.get("any"), lexicon), where)

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset("text:" + word for phrase in self.phrases for word in phrase.anchor),)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        phrases = likely(self.phrases, features.description_words)
        if not phrases:
            return ()
        sentences = features.tool.sentences if self.where == "anywhere" else features.prose
        if self.where == "first":
            sentences = sentences[:1]
        match = find_phrase(phrases, sentences, features.lexicon)
        return (quote(self.key, "/description", features.tool.description, *match[1:]),) if match else ()


def anywhere(words: Iterable[str]) -> frozenset[str]:
    """Return the keys of which any definition has one that holds one of these words, wherever it stands."""
    return frozenset("anywhere:" + word for word in words)


def quote(key: str, pointer: str, text: str, first: Token, last: Token) -> Found:
    """Return the exact text from the first token to the last."""
    start, end = first.start, last.end
    return Found(key, pointer, text[start:end], (start, end))


def read_list(value: Any, lexicon: Lexicon, kind: Kind) -> WordList:
    """Return the word list that a rule names, or the one it writes out. Raises `LeafError`."""
    if isinstance(value, str):
        if value not in lexicon.lists:
            raise LeafError(f"{value!r} is no word list")
        return lexicon.lists[value]
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
        raise LeafError(f"expected the name of a word list or a list of words, not {value!r}")
    try:
        return inline_list(kind, value, lexicon)
    except ValueError as error:
        raise LeafError(str(error)) from error


def read_verbs(value: Any, lexicon: Lexicon) -> frozenset[str]:
    """Read a list of verbs; each must stand in a list of the word file, or it would not be seen as a verb at all.

    A verb that is written like a form of one of them ("lists") counts too.
    """
    verbs = read_list(value, lexicon, "verbs")
    unknown = [entry for entry in verbs.entries if entry not in lexicon.bases]
    if unknown:
        raise LeafError(f"{unknown[0]!r} stands in no list of verbs")
    return verbs.keys & lexicon.bases.keys()


def read_phrases(value: Any, lexicon: Lexicon) -> tuple[Phrase, ...]:
    """Parse a rule's list of phrases. Raises `LeafError`."""
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise LeafError(f"expected a list of phrases, not {value!r}")
    try:
        return tuple(parse_phrase(text, lexicon) for text in value)
    except ValueError as error:
        raise LeafError(str(error)) from error


def read_mapping(value: Any, allowed: Sequence[str]) -> Mapping[str, Any]:
    """Return a leaf's mapping. Raises `LeafError` for another type and for unknown keys."""
    if not isinstance(value, Mapping) or not value:
        raise LeafError(f"expected a mapping of {', '.join(allowed)}, not {value!r}")
    unknown = [str(key) for key in value if key not in allowed]
    if unknown:
        raise LeafError(f"unknown key {unknown[0]!r}; known: {', '.join(allowed)}")
    return value


def last_words(words: Sequence[Token], known: WordList) -> int:
    """Return how many of the last words are an entry of the list: 2 for "payment link", 0 for none."""
    for length in range(min(3, len(words)), 0, -1):
        row = words[-length:]
        if known.longest.get(row[0].word, 0) >= length and " ".join([token.word for token in row]) in known.forms:
            return length
    return 0


def words_in_row(words: Sequence[Token], known: WordList) -> Iterator[tuple[Token, Token]]:
    """Yield the first and last token of each entry of the list that stands in the words."""
    for start, token in enumerate(words):
        for length in range(min(known.longest.get(token.word, 0), len(words) - start), 0, -1):
            row = words[start : start + length]
            if " ".join([one.word for one in row]) in known.forms:
                yield row[0], row[-1]
