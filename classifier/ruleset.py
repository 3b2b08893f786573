"""A set of rules, loaded and compiled once, and the judging of tools by it. No network, no database, no clock.

Each rule is found through the words that a tool must have for it to match, so that the cost of a verdict grows with the
tool's text and not with the number of rules.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from classifier.effects import judge_actions, settle
from classifier.features import Features
from classifier.index import Index
from classifier.lazy import lazy
from classifier.leaves import Found, Subject
from classifier.lexicon import Lexicon
from classifier.rationale import write_rationale
from classifier.rule import Problem, Rule, line_of, parse_rule, read_yaml
from classifier.rule_files import WORDS, digest_of, packaged_rules, read_texts
from classifier.switches import effect_arguments
from classifier.tool import ClassifierError, Tool
from classifier.verdict import (
    Category,
    Evidence,
    Match,
    Signal,
    Verdict,
    decide,
    judge_severity,
)

_LONGEST_QUOTE = 120


class RuleSetError(ClassifierError):
    """A rule set that cannot be used. `problems` are all that is wrong, each with file, line and key."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Join the problems, one a line."""
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class RuleSet:
    """Compiled rules. `rules` are in the order of their ids; only stable ones take part in verdicts."""

    rules: tuple[Rule, ...]
    lexicon: Lexicon
    digest: str

    def by_id(self, name: str) -> Rule | None:
        """Return the rule of this id or alias."""
        return next((rule for rule in self.rules if name == rule.id or name in rule.aliases), None)

    def judge(self, wire: Any) -> Verdict:
        """Judge a definition. Raises `classifier.tool.NotAToolError` for what is none."""
        tool = Tool.from_wire(wire)
        features = Features(tool, self.lexicon)
        actions = judge_actions(features, self._decide) if features.choices else ()
        subject = Subject.of(features)._replace(actions=actions)
        asserting, signalling = self._candidates(features.met)
        category, confidence, support, dissent = decide(_matches(subject, asserting))
        signals = _signals(subject._replace(category=category, support=support), signalling)
        severity, reason = judge_severity(category, [signal.id for signal in signals])
        return Verdict(
            definition=tool.digest,
            ruleset=self.digest,
            category=category,
            severity=severity,
            confidence=confidence,
            signals=signals,
            support=support,
            dissent=dissent,
            rationale=write_rationale(self._titles[support[0].rule] if support else "", category, support, dissent),
            severity_reason=reason,
            actions=settle(actions, category, support),
            arguments=effect_arguments(features, category, signals),
        )

    @lazy
    def _stable(self) -> tuple[Rule, ...]:
        """The rules that take part: of categories, then of signals, and last of signals that rest on others; by id."""
        stable = [rule for rule in self.rules if rule.status == "stable"]
        return tuple(sorted(stable, key=lambda rule: (rule.asserts is None, bool(rule.other_signals()), rule.id)))

    @lazy
    def _index(self) -> Index:
        return Index(self._stable, self.lexicon.needs)

    def _candidates(self, met: int) -> tuple[list[Rule], list[Rule]]:
        """Return the rules of categories and those of signals that could match what meets these needs."""
        rules = [self._stable[place] for place in self._index.candidates(met)]
        return [rule for rule in rules if rule.asserts], [rule for rule in rules if rule.signals]

    def _decide(self, features: Features) -> tuple[Category, tuple[Match, ...]]:
        """Return the category that rules give to what is no tool of its own, and the matches for it."""
        category, _, support, _ = decide(_matches(Subject.of(features), self._candidates(features.met)[0]))
        return category, support

    @lazy
    def _titles(self) -> dict[str, str]:
        return {rule.id: rule.title for rule in self.rules}


def _matches(subject: Subject, rules: Iterable[Rule]) -> list[Match]:
    matches = []
    for rule in rules:
        found = rule.condition.ask(subject)
        if found and rule.asserts:
            matches.append(Match(rule.id, rule.asserts, rule.strength, says(rule, found), evidence(rule, found)))
    return matches


def _signals(subject: Subject, rules: Iterable[Rule]) -> tuple[Signal, ...]:
    """Return the signals in the order of their ids, the evidence of each from all its rules.

    Rules that rest on other signals come last, and see those in `found`.
    """
    found: dict[str, list[Evidence]] = {}
    subject = subject._replace(signals=found)
    for rule in rules:
        one = rule.condition.ask(subject)
        if one and rule.signals:
            found.setdefault(rule.signals, []).extend(evidence(rule, one))
    return tuple([Signal(name, tuple(dict.fromkeys(found[name]))) for name in sorted(found)])


def evidence(rule: Rule, found: Iterable[Found]) -> tuple[Evidence, ...]:
    """Turn what a rule's leaves found into evidence."""
    name = (rule.id,)
    return tuple([tuple.__new__(Evidence, name + one) for one in found])  # in half the time of `Evidence(...)`


def says(rule: Rule, found: Sequence[Found]) -> str:
    """Fill a rule's rationale: each placeholder with the words that its leaf found, {quote} with all of them."""
    parts = list(rule.says)
    for place in range(1, len(parts), 2):
        name = parts[place]
        words = [one.quote or one.note for one in found if name in (one.leaf, "quote")]
        parts[place] = _joined(words if len(words) < 2 else list(dict.fromkeys(words)))
    return "".join(parts)


def _joined(words: Sequence[str]) -> str:
    """Join what was found as quotations leave things out ("place … order"): at most three, and of bounded length."""
    text = " … ".join(words[:3])
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


def load(folder: Traversable | None = None) -> RuleSet:
    """Load a folder of rules, or the rules of this package, which one process loads once.

    Raises `RuleSetError` with all problems at once.
    """
    return _packaged() if folder is None else _load(folder)


@cache
def _packaged() -> RuleSet:
    return _load(packaged_rules())


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep the collector of cycles from looking through half-made rules again and again, a sixth of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _load(root: Traversable) -> RuleSet:
    with _no_collecting():
        ruleset, problems = read(root)
    if problems:
        raise RuleSetError(problems)
    return ruleset


def read(root: Traversable) -> tuple[RuleSet, list[Problem]]:
    """Read a folder of rules: those that can be used, and all that is wrong with the others and with the words."""
    texts = _texts(root)
    digest, words = digest_of(texts), texts.pop(WORDS, "")
    lexicon, problems = _lexicon(words)
    rules: list[Rule] = []
    for file, text in texts.items():
        rule, wrong = parse_rule(file, text, lexicon)
        problems += wrong
        if rule:
            rules.append(rule)
    problems += _chains(rules)
    if not texts:
        no_rule = Problem(str(root), 1, "(folder)", "holds no rule, expected CATEGORY/ID.yaml in it")
        problems = [no_rule, *(problems if words else ())]
    return RuleSet(tuple(sorted(rules, key=lambda rule: rule.id)), lexicon, digest), problems


def _chains(rules: Sequence[Rule]) -> Iterator[Problem]:
    """Find rules that rest on signals which rest on others themselves: what they see would depend on their order."""
    resting = {rule.signals for rule in rules if rule.other_signals()}
    for rule in rules:
        for name in sorted(rule.other_signals() & resting):
            what = f"the signal {name} rests on other signals, so no rule may rest on it"
            yield Problem(f"signals/{rule.id}.yaml", line_of(rule.source, "when"), "when", what)


def _texts(root: Traversable) -> dict[str, str]:
    try:
        return read_texts(root)
    except (OSError, UnicodeDecodeError) as error:
        what = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise RuleSetError([Problem(str(root), 1, "(folder)", what)]) from error


def _lexicon(text: str) -> tuple[Lexicon, list[Problem]]:
    try:
        data: Mapping[str, Any] = read_yaml(text)
    except yaml.YAMLError as error:
        return Lexicon(), [Problem(WORDS, 1, "(file)", f"not YAML: {error}")]
    lexicon, wrong = Lexicon.from_yaml(data, text)
    return lexicon, [Problem(WORDS, 1, what.partition(":")[0], what.partition(": ")[2]) for what in wrong]
