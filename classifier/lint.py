"""Checks a folder of rules more closely than loading it does: examples, rules that are the same, lists nobody uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable

from classifier.features import Features
from classifier.leaves import Subject
from classifier.rule import Problem, Rule, line_of
from classifier.rule_files import packaged_rules
from classifier.ruleset import RuleSet, RuleSetError, read
from classifier.switches import EFFECT_NAMES
from classifier.tool import Tool

_PARSING_LISTS = {
    "clause-ends",
    "lead-in",
    "persons",
    "subordinates",
    "told-bars",
    "told-adverbs",
    "told-states",
    "told-spans",
    "told-others",
    "told-objects",
    "foreign-joins",
    "foreign-articles",
    "foreign-passives",
    "foreign-ends",
    "events",
    "event-heads",
    "half-nouns",
    "hedges",
    "noun-verbs",
    "things",
    "heads",
    "openings",
    "closings",
    "participles",
    "action-names",
    "option-names",
    "sum-words",
    *EFFECT_NAMES,
    "effect-names",
    "preview-words",
    "trash-words",
    "effect-verbs",
    "any-verbs",
}


def check(folder: Traversable | None = None) -> RuleSet:
    """Load a folder of rules and check all of it. Raises `RuleSetError` with all problems at once."""
    ruleset, problems = read(folder if folder is not None else packaged_rules())
    whole = not problems
    problems += [*_names(ruleset), *_twins(ruleset), *(_unused(ruleset) if whole else ())]
    # A signal's rule may ask for the category, which is not to be trusted while rules are missing.
    problems += _examples(ruleset, [rule for rule in ruleset.rules if whole or rule.asserts])
    if problems:
        raise RuleSetError(problems)
    return ruleset


def fires(rule: Rule, wire: object, ruleset: RuleSet) -> bool:
    """Tell whether one rule fires on a definition; for a signal's rule, after all others have decided."""
    features = Features(Tool.from_wire(wire), ruleset.lexicon)
    return rule.condition.ask(Subject.judged(features, ruleset.judge(wire))) is not None


def _examples(ruleset: RuleSet, rules: Iterable[Rule]) -> Iterator[Problem]:
    for rule in rules:
        for kind, wanted in (("match", True), ("no_match", False)):
            for wire in rule.examples[kind]:
                if fires(rule, wire, ruleset) is not wanted:
                    what = f"the rule {'does not fire' if wanted else 'fires'} on {wire['name']!r} of {kind}"
                    yield Problem(_file(rule), line_of(rule.source, "examples"), "examples", what)


def _names(ruleset: RuleSet) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for rule in ruleset.rules:
        for name in (rule.id, *rule.aliases):
            if name in seen:
                yield Problem(
                    _file(rule), line_of(rule.source, "aliases"), "aliases", f"{name!r} is also a name of {seen[name]}"
                )
            seen[name] = rule.id


def _twins(ruleset: RuleSet) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for rule in ruleset.rules:
        same = repr((rule.asserts, rule.signals, rule.when))
        if same in seen:
            yield Problem(_file(rule), line_of(rule.source, "when"), "when", f"the same condition as {seen[same]}")
        seen[same] = rule.id


def _unused(ruleset: RuleSet) -> Iterator[Problem]:
    texts = [rule.source for rule in ruleset.rules]
    for name in ruleset.lexicon.lists:
        used = name in _PARSING_LISTS or f"<{name}>" in ruleset.lexicon.source
        if not used and not any(name in text for text in texts):
            yield Problem("_words.yaml", line_of(ruleset.lexicon.source, name), name, "no rule uses this list")


def _file(rule: Rule) -> str:
    return f"{rule.asserts.value if rule.asserts else 'signals'}/{rule.id}.yaml"
