"""The word lists of `rules/_words.yaml`, with their grammatical forms. Knows no tool and no rule.

A list has a kind: `verbs` (every form of each verb is known), `nouns` (and their plurals), `words` (as they stand) or
`names` (of parameters: "api key" stands in any name that has these words in a row, "=query" is a whole name, "path$"
ends one), or `openings`, `closings` and `participles` (verbs of other languages; see `classifier.glosses`: each entry
is an English verb and the words that stand for it, "delete: eliminar 删除").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, get_args

from classifier.glosses import Glosses, read_entries
from classifier.lazy import lazy
from classifier.needs import Needs
from classifier.sieve import Sieve
from classifier.text import fold

Kind = Literal["verbs", "nouns", "words", "names", "openings", "closings", "participles"]

_VOWELS = "aeiou"

_LONGEST_FORM = 3
"""Words of a form that are looked at: "take a screenshot"."""

_IRREGULAR: Mapping[str, str] = dict(
    [
        pair.split()
        for pair in (
            "buy bought",
            "sell sold",
            "pay paid",
            "repay repaid",
            "send sent",
            "spend spent",
            "lend lent",
            "run run",
            "rerun rerun",
            "re-run re-run",
            "withdraw withdrawn",
            "drive driven",
            "make made",
            "tear torn",
            "throw thrown",
            "sweep swept",
            "shut shut",
            "take taken",
            "bring brought",
            "set set",
            "put put",
            "spin spun",
            "reset reset",
            "bid bid",
            "bet bet",
            "wind wound",
        )
    ]
)
"""Participles that follow no rule."""

_DOUBLED = frozenset(
    ("submit", "transfer", "refer", "commit", "permit", "unset", "reset", "defer", "begin", "rerun", "re-run", "remit")
)
"""Verbs of several syllables that double their last consonant."""

_SEVERE = ("control-verbs", "browser-verbs", "run-verbs", "delete-verbs", "remove-verbs", "clear-verbs", "pay-verbs")


@dataclass(frozen=True)
class WordList:
    """One list. `forms` leads from each form to its entry; entries of several words are joined by one space."""

    name: str
    kind: Kind
    entries: tuple[str, ...]
    forms: Mapping[str, str]

    @lazy
    def keys(self) -> frozenset[str]:
        """The forms as a set."""
        return frozenset(self.forms)

    @lazy
    def longest(self) -> Mapping[str, int]:
        """The first word of each form -> how many words the longest form has that begins so."""
        return _longest(self.forms)


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms of verbs -> verbs, and the first word of each -> how many words the longest form has that begins so."""

    verbs: Mapping[str, str] = field(default_factory=dict)
    longest: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def build(cls, verbs: Mapping[str, str]) -> Forms:
        """Index the forms."""
        return cls(verbs, _longest(verbs))


def _longest(forms: Iterable[str]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for form in forms:
        first = form.partition(" ")[0]
        longest[first] = max(longest.get(first, 1), min(1 + form.count(" "), _LONGEST_FORM))
    return longest


BASE, THIRD, GERUND, PAST = "delete", "deletes", "deleting", "deleted"
"""The forms of verbs, by an example."""


@dataclass(slots=True)
class Told:
    """The verbs that rules look for in every clause of a description; each rule adds its own while it is compiled."""

    verbs: set[str] = field(default_factory=set)
    forms: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    """A form without its particle -> the verb without it, and which of its forms that is."""
    particles: dict[str, frozenset[str]] = field(default_factory=dict)
    """A verb without its particle -> the particles that it has: "shut" -> "down"."""

    foreign: set[str] = field(default_factory=set)
    """Words of other languages that stand for such a verb."""

    def add(self, verbs: Iterable[str], glosses: Mapping[str, str]) -> frozenset[str]:
        """Take in verbs; return the words of which a text that tells of one has one."""
        wanted = frozenset(verbs)
        words = {word for word, verb in glosses.items() if verb in wanted}
        self.foreign |= words
        self.verbs |= wanted
        for verb in wanted:
            words |= self._add_forms(*verb.partition(" ")[::2])
        return frozenset(words)

    def _add_forms(self, stem: str, particle: str) -> set[str]:
        if particle:
            self.particles[stem] = self.particles.get(stem, frozenset()) | {particle}
        forms = list(zip((BASE, THIRD, GERUND, PAST), _conjugated(stem), strict=True))
        if stem.endswith("l"):  # "cancelling"
            forms += [(GERUND, stem + "ling"), (PAST, stem + "led")]
        for kind, form in forms:
            self.forms[form] = (stem, self.forms.get(form, (stem, frozenset()))[1] | {kind})
        return {form for _, form in forms}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All lists, and what follows from them: each verb's forms, and which verbs are as often nouns."""

    lists: Mapping[str, WordList] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    """Form a verb has in a name ("delete") -> verb."""
    inflected: Mapping[str, str] = field(default_factory=dict)
    """Form that a verb has at the head of a sentence ("deletes", "deleting", "delete") -> verb."""
    names: Forms = field(default_factory=Forms)
    """The same as `bases`, indexed."""
    heads: Forms = field(default_factory=Forms)
    """The same as `inflected`, indexed."""
    nouns: frozenset[str] = frozenset()
    """Verbs that a name uses as nouns as often as not ("report", "order")."""
    harmless: frozenset[str] = frozenset()
    """Verbs that only return something."""
    mild: frozenset[str] = frozenset()
    """Verbs that at most write or send."""
    carriers: frozenset[str] = frozenset()
    """Verbs that leave it to the next one to say what is done ("execute" in execute_delete)."""
    grammar: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The lists of kind `words`, as sets."""
    glosses: Glosses = field(default_factory=Glosses)
    """The verbs of other languages."""
    source: str = ""
    """The file's text: part of the ruleset's digest."""
    sieve: Sieve = field(default_factory=Sieve, compare=False, repr=False)
    """The wordings that rules look for in a definition's whole text."""
    told: Told = field(default_factory=Told, compare=False, repr=False)
    """The verbs that rules look for in every clause."""
    built: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The leaves that rules have made of these lists, by what the rules say, so that equal ones are asked once."""
    needs: Needs = field(default_factory=Needs, compare=False, repr=False)
    """What those leaves need."""

    def plain(self, name: str) -> frozenset[str]:
        """Return the entries of a list of single words that the parsing itself needs; empty if there is none."""
        return self.grammar.get(name, frozenset())

    def forms(self, name: str) -> frozenset[str]:
        """Return the forms of a list of names that the parsing itself needs; empty if there is none."""
        known = self.lists.get(name)
        return known.keys if known else frozenset()

    @classmethod
    def from_yaml(cls, data: Any, source: str) -> tuple[Lexicon, list[str]]:
        """Read the decoded word file, whose text is `source`; return the lexicon and all that is wrong with it."""
        problems: list[str] = []
        lists: dict[str, WordList] = {}
        for name, body in data.items() if isinstance(data, Mapping) else [("(file)", data)]:
            problem = _list_problem(body)
            if problem:
                problems.append(f"{name}: {problem}")
            else:
                lists[name] = _word_list(name, body["kind"], body["words"], lists, problems)
        verbs = [entry for one in lists.values() if one.kind == "verbs" for entry in one.entries]
        bases = {verb: verb for verb in verbs}
        inflected = {form: verb for verb in verbs for form in head_forms(verb)}
        grammar = {one.name: frozenset(one.entries) for one in lists.values() if one.kind == "words"}
        nouns = grammar.get("noun-verbs", frozenset())
        glosses = _glosses(lists.values(), frozenset(verbs), problems)
        lexicon = cls(
            lists=lists,
            bases=bases,
            inflected=inflected,
            names=Forms.build(bases),
            heads=Forms.build(inflected),
            nouns=nouns,
            harmless=_entries(lists, "information-verbs", "query-verbs", "generate-verbs"),
            mild=_entries(lists, "write-verbs", "send-verbs") - _entries(lists, *_SEVERE),
            carriers=_entries(lists, "run-verbs"),
            grammar=grammar,
            sieve=Sieve(),
            glosses=glosses,
            source=source,
        )
        return lexicon, problems


def _entries(lists: Mapping[str, WordList], *names: str) -> frozenset[str]:
    return frozenset(entry for name in names if name in lists for entry in lists[name].entries)


def _glosses(lists: Iterable[WordList], verbs: frozenset[str], problems: list[str]) -> Glosses:
    """Read the lists of other languages; each English verb must stand in a list of verbs."""
    pairs: dict[str, list[tuple[str, str]]] = {"openings": [], "closings": [], "participles": []}
    for one in lists:
        if one.kind in pairs:
            try:
                pairs[one.kind] += read_entries(one.entries)
            except ValueError as error:
                problems.append(f"{one.name}: {error}")
    unknown = sorted({verb for some in pairs.values() for _, verb in some} - verbs)
    problems += [f"(glosses): {verb!r} stands in no list of verbs" for verb in unknown]
    return Glosses.build(pairs["openings"], pairs["closings"], pairs["participles"])


def _list_problem(body: Any) -> str:
    if not isinstance(body, Mapping) or set(body) - {"kind", "words", "about"} or "words" not in body:
        return "a word list is a mapping of kind, words and (if need be) about"
    if body.get("kind") not in get_args(Kind):
        return f"kind is one of {', '.join(get_args(Kind))}, not {body.get('kind')!r}"
    if not isinstance(body["words"], list) or not all(isinstance(word, str) and word for word in body["words"]):
        return "words is a list of strings; quote on, off, yes and no"
    return ""


def _word_list(
    name: str, kind: Kind, words: Iterable[str], known: Mapping[str, WordList], problems: list[str]
) -> WordList:
    """Build a list; an entry "<other-list>" takes in the entries of a list above it."""
    entries: dict[str, None] = {}
    literal: set[str] = set()
    for word in words:
        other = known.get(word[1:-1]) if word.startswith("<") else None
        if word.startswith("<") and other is None:
            problems.append(f"{name}: {word} is no list above this one")
        for entry in other.entries if other else (fold(word),):
            if other is None and entry in literal:
                problems.append(f"{name}: {entry!r} stands twice")
            entries[entry] = None
        literal.add(fold(word))
    return WordList(name, kind, tuple(entries), dict(_forms(kind, entries)))


def inline_list(kind: Kind, words: Iterable[str], lexicon: Lexicon) -> WordList:
    """Build the nameless list that a rule writes out. Raises `ValueError` that says what is wrong with it."""
    problems: list[str] = []
    built = _word_list("the list", kind, words, lexicon.lists, problems)
    if problems:
        raise ValueError(problems[0])
    return built


def _forms(kind: Kind, entries: Iterable[str]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        yield entry, entry
        if kind == "verbs":
            for form in (*head_forms(entry), *past_forms(entry)):
                yield form, entry
        elif kind == "nouns":
            yield plural(entry), entry


@lru_cache(maxsize=4096)
def head_forms(verb: str) -> tuple[str, ...]:
    """Return the forms in which a verb leads a description: delete, deletes, deleting. Particles stay behind it."""
    stem, _, particle = verb.partition(" ")
    if not stem.isascii():
        return (verb,)
    return tuple(f"{form} {particle}".rstrip() for form in (stem, _third_person(stem), _gerund(stem)))


@lru_cache(maxsize=4096)
def past_forms(verb: str) -> tuple[str, ...]:
    """Return the participle: deleted, paid."""
    stem, _, particle = verb.partition(" ")
    return (f"{_past(stem)} {particle}".rstrip(),) if stem.isascii() else ()


def _conjugated(stem: str) -> tuple[str, ...]:
    """Return a verb's four forms."""
    return (stem, _third_person(stem), _gerund(stem), _past(stem))


def plural(noun: str) -> str:
    """Return the regular plural."""
    return _third_person(noun)


def _third_person(stem: str) -> str:
    if stem.endswith(("s", "x", "z", "ch", "sh", "o")):
        return stem + "es"
    if stem.endswith("y") and stem[-2:-1] not in _VOWELS:
        return stem[:-1] + "ies"
    return stem + "s"


def _gerund(stem: str) -> str:
    if stem.endswith("ie"):
        return stem[:-2] + "ying"
    if stem.endswith("e") and not stem.endswith(("ee", "oe", "ye")):
        return stem[:-1] + "ing"
    return _doubled(stem) + "ing"


def _past(stem: str) -> str:
    if stem in _IRREGULAR:
        return _IRREGULAR[stem]
    if stem.endswith("e"):
        return stem + "d"
    if stem.endswith("y") and stem[-2:-1] not in _VOWELS:
        return stem[:-1] + "ied"
    return _doubled(stem) + "ed"


def _doubled(stem: str) -> str:
    """Double the last consonant of one short syllable (stop, run) and of the few longer verbs that do so too."""
    if stem in _DOUBLED:
        return stem + stem[-1]
    if stem == "cancel":
        return stem
    short = len(stem) >= 3 and stem[-1] not in "aeiouwxy" and stem[-2] in _VOWELS and stem[-3] not in _VOWELS
    return stem + stem[-1] if short and sum(letter in _VOWELS for letter in stem) == 1 else stem
