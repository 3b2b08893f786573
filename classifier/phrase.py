"""Phrases of rules: words in a row, matched against the words of sentences and aware of negation.

A phrase is words with single spaces: `permanently delete`. A word can be a choice (`erased|wiped`), any form of the
entries of a list (`<delete-verbs>`), the start of a word (`irrevocabl*`), or `...`, which stands for up to three words.
Matching takes time linear in the text, whatever the phrase. Knows no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifier.features import negated
from classifier.lexicon import Lexicon
from classifier.text import Sentence, Token, fold

_GAP = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a phrase: the words and word beginnings that may stand there, after at most `gap` other words."""

    words: frozenset[str]
    starts: tuple[str, ...]
    gap: int

    def takes(self, word: str) -> bool:
        """Tell whether a word may stand here."""
        return word in self.words or (bool(self.starts) and word.startswith(self.starts))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as parsed. `negatable` is false for phrases that carry their own negation ("cannot be undone")."""

    text: str
    steps: tuple[Step, ...]
    negatable: bool
    closed: tuple[frozenset[str], ...]
    """The words of each step that takes whole words only: of each, one stands in any text that this phrase matches."""
    anchor: frozenset[str]
    """The rarest of them."""

    def may_stand(self, words: frozenset[str]) -> bool:
        """Tell whether a text of these words has one for each place of the phrase."""
        return not any(map(words.isdisjoint, self.closed))


def parse_phrase(text: str, lexicon: Lexicon) -> Phrase:
    """Parse a phrase. Raises `ValueError` that says what is wrong with it."""
    steps: list[Step] = []
    gap = 0
    for part in fold(text).split():
        if part == "...":
            gap = _GAP
            continue
        words, starts = _choices(part, lexicon)
        steps.append(Step(frozenset(words), tuple(starts), gap))
        gap = 0
    if gap or not steps or steps[0].gap:
        raise ValueError(f"phrase {text!r} starts or ends with ..., or is empty")
    if all(step.starts for step in steps):
        raise ValueError(f"phrase {text!r} has no whole word")
    hedges = lexicon.plain("hedges")
    closed = tuple(step.words for step in steps if not step.starts)
    common = lexicon.plain("clause-ends") | lexicon.plain("lead-in")  # "of" stands in nearly every text
    anchor = min(closed, key=lambda words: (not words.isdisjoint(common), len(words), -min(map(len, words))))
    return Phrase(text, tuple(steps), not any(step.words & hedges for step in steps), closed, anchor)


def _choices(part: str, lexicon: Lexicon) -> tuple[list[str], list[str]]:
    words: list[str] = []
    starts: list[str] = []
    for choice in part.split("|"):
        if choice.startswith("<") and choice.endswith(">"):
            known = lexicon.lists.get(choice[1:-1])
            if known is None:
                raise ValueError(f"{choice} is no word list")
            words += [form for form in known.forms if " " not in form]
        elif choice.endswith("*"):
            starts.append(choice[:-1])
        else:
            words.append(choice)
    if not all(words) or not all(len(start) >= 3 for start in starts):
        raise ValueError(f"{part!r} has an empty choice or a beginning of less than three letters")
    return words, starts


def likely(phrases: Iterable[Phrase], words: frozenset[str]) -> list[Phrase]:
    """Return the phrases that may stand in a text of these words."""
    return [one for one in phrases if not one.anchor.isdisjoint(words) and one.may_stand(words)]


def find_phrase(
    phrases: Iterable[Phrase], sentences: Sequence[Sentence], lexicon: Lexicon
) -> tuple[Phrase, Token, Token] | None:
    """Return the first phrase that stands in the sentences and is not taken back, with its first and last word."""
    for phrase in phrases:
        first = phrase.steps[0]
        for sentence in sentences:
            if not phrase.may_stand(sentence.word_set):
                continue
            words = sentence.words
            for at, word in enumerate(words):
                if word not in first.words and not (first.starts and word.startswith(first.starts)):
                    continue
                end = _match_from(phrase.steps, words, at)
                if end >= 0 and not (phrase.negatable and negated(words, at, lexicon)):
                    return phrase, sentence.tokens[at], sentence.tokens[end]
    return None


def _match_from(steps: Sequence[Step], words: Sequence[str], at: int) -> int:
    """Return the place of the last word of a match that starts at `at`, or -1. Takes the nearest word at each gap."""
    for step in steps[1:]:
        for place in range(at + 1, min(at + 2 + step.gap, len(words))):
            if step.takes(words[place]):
                at = place
                break
        else:
            return -1
    return at
