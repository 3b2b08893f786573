"""The word lists of `rules/_words.yaml`, with their grammatical forms. Knows no tool and no rule.

A list has a kind: `verbs` (every form of each verb is known), `nouns` (and their plurals), `words` (as they stand) or
`names` (of parameters: "api key" stands in any name that has these words in a row, "=query" is a whole name, "path$"
ends one).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from classifier.text import fold

Kind = Literal["verbs", "nouns", "words", "names"]

_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class WordList:
    """One list. `forms` leads from each form to its entry; entries of several words are joined by one space."""

    name: str
    kind: Kind
    entries: tuple[str, ...]
    forms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All lists, and what follows from them: each verb's forms, and which verbs are as often nouns."""

    lists: Mapping[str, WordList] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    """Form a verb has in a name ("delete") -> verb."""
    inflected: Mapping[str, str] = field(default_factory=dict)
    """Form that a verb has at the head of a sentence ("deletes", "deleting", "delete") -> verb."""
    nouns: frozenset[str] = frozenset()
    """Verbs that a name uses as nouns as often as not ("report", "order")."""
    grammar: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The lists of kind `words`, as sets."""
    source: str = ""
    """The file's text: part of the ruleset's digest."""

    def plain(self, name: str) -> frozenset[str]:
        """Return the entries of a list of single words that the parsing itself needs; empty if there is none."""
        return self.grammar.get(name, frozenset())

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
        inflected = {form: verb for verb in verbs for form in head_forms(verb)}
        grammar = {one.name: frozenset(one.entries) for one in lists.values() if one.kind == "words"}
        nouns = grammar.get("noun-verbs", frozenset())
        return cls(lists, {verb: verb for verb in verbs}, inflected, nouns, grammar, source), problems


def _list_problem(body: Any) -> str:
    if not isinstance(body, Mapping) or set(body) - {"kind", "words", "about"} or "words" not in body:
        return "a word list is a mapping of kind, words and (if need be) about"
    if body.get("kind") not in ("verbs", "nouns", "words", "names"):
        return f"kind is verbs, nouns, words or names, not {body.get('kind')!r}"
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


def head_forms(verb: str) -> tuple[str, ...]:
    """Return the forms in which a verb leads a description: delete, deletes, deleting. Particles stay behind it."""
    stem, _, particle = verb.partition(" ")
    if not stem.isascii():
        return (verb,)
    return tuple(f"{form} {particle}".rstrip() for form in (stem, _third_person(stem), _gerund(stem)))


def past_forms(verb: str) -> tuple[str, ...]:
    """Return the regular past form: deleted. Irregular ones stand in the lists that need them."""
    stem, _, particle = verb.partition(" ")
    return (f"{_past(stem)} {particle}".rstrip(),) if stem.isascii() else ()


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
    if stem.endswith("e"):
        return stem + "d"
    if stem.endswith("y") and stem[-2:-1] not in _VOWELS:
        return stem[:-1] + "ied"
    return _doubled(stem) + "ed"


def _doubled(stem: str) -> str:
    """Double the last consonant of one short syllable (stop, run) and of the few longer verbs that do so too."""
    if stem in ("submit", "transfer", "refer", "commit", "cancel", "permit", "unset", "reset", "defer", "begin"):
        return stem + stem[-1] if stem != "cancel" else stem
    short = len(stem) >= 3 and stem[-1] not in "aeiouwxy" and stem[-2] in _VOWELS and stem[-3] not in _VOWELS
    return stem + stem[-1] if short and sum(letter in _VOWELS for letter in stem) == 1 else stem
