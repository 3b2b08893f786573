"""The contexts of the rule pages and of their index. Pure; knows no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogue.site import urls
from catalogue.site.context import CATEGORY_ABOUT, Crumb, Entry, Link, Standings, label
from catalogue.site.encode import readable
from catalogue.site.gathered.index import Index
from catalogue.site.pages.server_page import web
from classifier.rule import Rule
from classifier.verdict import SIGNALS


@dataclass(frozen=True, slots=True)
class RulePage:
    """Everything on the page of a rule."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    id: str
    title: str  # completes "The tool ..."
    description: str  # of the page, for search engines
    stands_for: Link  # the category or signal that it speaks for
    strength: str
    status: str
    aliases: tuple[str, ...]
    about: tuple[str, ...]  # paragraphs
    source: str  # the rule's file, whole
    misses: tuple[str, ...]  # known misses
    match: tuple[str, ...]  # examples it fires on, as JSON
    no_match: tuple[str, ...]  # examples it does not fire on, as JSON
    references: tuple[tuple[str, str], ...]  # (link or "", text)
    fired: int  # tools of this catalogue it fired on
    known: str  # the same in words, by whether a server listed them
    entries: Sequence[Entry]  # the first of them


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in the index, and the tools that it fired on."""

    path: str
    id: str
    title: str
    strength: str
    status: str
    fired: Standings


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """The rules that speak for one category or signal."""

    link: Link
    about: str
    lines: tuple[RuleLine, ...]


@dataclass(frozen=True, slots=True)
class RulesPage:
    """The index of all rules, by what they speak for."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    groups: tuple[RuleGroup, ...]
    count: int


def rule_page(rule: Rule, index: Index) -> RulePage:
    """Make the context of one rule's page."""
    path = urls.rule(rule.id)
    return RulePage(
        path=path,
        twin=urls.twin(path),
        crumbs=(Crumb(urls.RULES, "Rules"), Crumb("", rule.id)),
        id=rule.id,
        title=rule.title,
        description=f"The rule {rule.id}: the tool {rule.title}. What it looks for, what it misses, where it fired.",
        stands_for=_stands_for(rule),
        strength=rule.strength.value,
        status=rule.status,
        aliases=rule.aliases,
        about=tuple(part.strip() for part in rule.about.split("\n\n") if part.strip()),
        source=rule.source,
        misses=rule.misses,
        match=_examples(rule.examples, "match"),
        no_match=_examples(rule.examples, "no_match"),
        references=tuple((web(reference), reference) for reference in rule.references),
        fired=index.rules[rule.id],
        known=index.fired(rule.id).known,
        entries=index.by_rule[rule.id],
    )


def rules_page(rules: Sequence[Rule], index: Index) -> RulesPage:
    """Make the context of the index of rules."""
    groups = [
        RuleGroup(Link(urls.category(category.value), label(category)), f"The tool {about}.", lines)
        for category, about in CATEGORY_ABOUT.items()
        if (lines := _lines([rule for rule in rules if rule.asserts is category], index))
    ]
    groups += [
        RuleGroup(Link(urls.signal(signal), signal), f"The tool {about}.", lines)
        for signal, about in SIGNALS.items()
        if (lines := _lines([rule for rule in rules if rule.signals == signal], index))
    ]
    return RulesPage(
        path=urls.RULES,
        twin=urls.twin(urls.RULES),
        crumbs=(Crumb("", "Rules"),),
        description="Every rule of the catalogue: what it looks for, what it misses, and the tools it fired on.",
        groups=tuple(groups),
        count=len(rules),
    )


def _stands_for(rule: Rule) -> Link:
    if rule.asserts is not None:
        return Link(urls.category(rule.asserts.value), label(rule.asserts))
    return Link(urls.signal(rule.signals or ""), rule.signals or "")


def _examples(examples: Mapping[Any, tuple[Mapping[str, Any], ...]], kind: str) -> tuple[str, ...]:
    return tuple(readable(example) for example in examples.get(kind, ()))


def _lines(rules: Sequence[Rule], index: Index) -> tuple[RuleLine, ...]:
    return tuple(
        RuleLine(urls.rule(rule.id), rule.id, rule.title, rule.strength.value, rule.status, index.fired(rule.id))
        for rule in rules
    )
