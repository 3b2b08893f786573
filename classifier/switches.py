"""Finds the arguments that change what a call does: dry runs, force, confirmations, permanence, statements.

Knows word lists and what was judged of the tool; no rule. A switch is a parameter that takes true or false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from classifier.features import Features
from classifier.schema import Parameter, read_name
from classifier.text import split_sentences
from classifier.verdict import ActionVerdict, Category, Effect, EffectArgument, Evidence, Signal

MOST_ARGUMENTS = 64
"""Arguments of one definition that are recorded; of 7,880 real tools with a schema none has more than two."""

_APPLY = "apply-names"

EFFECT_NAMES: Mapping[str, Effect] = {
    "dry-run-names": Effect.PREVIEW,
    "read-only-names": Effect.READ_ONLY,
    "confirm-names": Effect.CONFIRM,
    _APPLY: Effect.CONFIRM,
    "permanent-names": Effect.PERMANENT,
    "force-names": Effect.FORCE,
    "cascade-names": Effect.CASCADE,
    "overwrite-names": Effect.OVERWRITE,
    "http-method-names": Effect.HTTP_METHOD,
}
"""The list of the word file that names the parameters of each effect."""

_TAMING = (Effect.PREVIEW, Effect.READ_ONLY)
_NO_SWITCHES = (Effect.HTTP_METHOD, Effect.STATEMENT)
_SAFE = {Effect.PREVIEW: "true", Effect.READ_ONLY: "true", Effect.CONFIRM: "false"}


def effect_arguments(features: Features, category: Category, signals: Iterable[Signal]) -> tuple[EffectArgument, ...]:
    """Return the arguments that change what a call does; none for a tool that is only known to read."""
    if not features.parameters or category is Category.READ:
        return ()
    return tuple(islice(chain(_named(features, category), _statements(features, signals)), MOST_ARGUMENTS))


def _named(features: Features, category: Category) -> Iterator[EffectArgument]:
    lexicon = features.lexicon
    if lexicon.forms("effect-names").isdisjoint(features.parameter_forms):
        return
    lists = [name for name in EFFECT_NAMES if not lexicon.forms(name).isdisjoint(features.parameter_forms)]
    for one in features.parameters:
        forms = read_name(one.name).forms
        name = next((name for name in lists if not lexicon.forms(name).isdisjoint(forms)), None)
        if name is None or not _may_be(EFFECT_NAMES[name], one, category):
            continue
        found = _argument(features, one, EFFECT_NAMES[name], category)
        if name != _APPLY or found.values:
            yield found


def _may_be(effect: Effect, one: Parameter, category: Category) -> bool:
    """Tell whether a parameter's type fits, and the tool: making what is missing on the way (mkdir -p) is no danger.

    A confirmation may be a word to type in, and a method is no switch.
    """
    if effect is Effect.CASCADE and category is Category.WRITE:
        return False
    if effect in _NO_SWITCHES:
        return not one.types or "string" in one.types
    return "boolean" in one.types or not one.types or (effect is Effect.CONFIRM and "string" in one.types)


def _argument(features: Features, one: Parameter, effect: Effect, category: Category) -> EffectArgument:
    name = Evidence("", "parameter", one.pointer, one.name, (0, len(one.name)))
    said = tuple(_said(features, one, effect))
    is_switch = effect not in _NO_SWITCHES and "string" not in one.types
    return EffectArgument(
        parameter=one.path,
        effect=effect,
        dangerous=effect not in _TAMING if is_switch else None,
        values=tuple(_values(one, effect, category, (name, *said))) if is_switch else (),
        evidence=(name, *said),
    )


def _values(
    one: Parameter, effect: Effect, category: Category, evidence: tuple[Evidence, ...]
) -> Iterator[ActionVerdict]:
    """Say what the tool does with each value: from the name for what tames it, else from what is said of it."""
    milder, worse = Category.READ, category
    if effect is Effect.PERMANENT:
        milder, worse = Category.WRITE, Category.DESTRUCTIVE
    elif effect not in _SAFE:
        return
    if worse is Category.UNCLASSIFIED or (effect not in _TAMING and len(evidence) == 1):
        return
    for value in ("true", "false"):
        found = milder if value == _SAFE.get(effect, "false") else worse
        yield ActionVerdict(one.path, value, found, evidence)


def _said(features: Features, one: Parameter, effect: Effect) -> Iterator[Evidence]:
    """Yield the words that say what becomes of a call without the switch: a preview, or things in the trash."""
    known = {Effect.CONFIRM: "preview-words", Effect.PERMANENT: "trash-words"}.get(effect)
    if known is None:
        return
    words = features.lexicon.plain(known)
    places = (
        (one.description_pointer, split_sentences(one.description)),
        ("/description", () if words.isdisjoint(features.description_words) else features.tool.sentences),
    )
    for pointer, sentences in places:
        sentence = next((sentence for sentence in sentences if not words.isdisjoint(sentence.word_set)), None)
        if sentence:
            word = next(token for token in sentence.tokens if token.word in words)
            yield Evidence("", "phrase", pointer, sentence.text[word.start : word.end], (word.start, word.end))
            return


def _statements(features: Features, signals: Iterable[Signal]) -> Iterator[EffectArgument]:
    """Yield the parameters that take a statement or query, by the evidence of the signal that says so."""
    by_pointer = {one.pointer: one for one in features.parameters}
    for signal in signals:
        if signal.id == "query-language":
            for evidence in signal.evidence:
                one = by_pointer.pop(evidence.pointer, None)
                if one:
                    yield EffectArgument(one.path, Effect.STATEMENT, None, (), (evidence,))
