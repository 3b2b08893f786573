"""The tables of what a tool's arguments make of a call: its actions, and the switches. Knows the verdict; no page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalogue.site import urls
from catalogue.site.marks import inert
from catalogue.site.pages.evidence import place
from classifier.tool import Tool
from classifier.verdict import EFFECTS, ActionVerdict, Category, EffectArgument, Evidence, Verdict, more_severe

_MOST_ROWS = 22
"""Actions, and arguments, on a page, so that it stays below 60 kB; the JSON twin has them all."""

_MOST_WORDS = 2
"""Quotations beside one action."""

_LONGEST = 60
"""Characters of a name or a quotation in a table."""


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action: what it does, the rule that says so ("" where none does), and the words it rests on.

    `parameter` is the dotted path of the parameter that chooses it, "" where only the description lists it.
    """

    parameter: str
    value: str
    category: Category
    rule: str
    rule_path: str
    words: tuple[tuple[str, str], ...]  # (quotation, place)


@dataclass(frozen=True, slots=True)
class ArgumentRow:
    """An argument that changes what a call does, in words, and what the tool does with each value that is known.

    `dangerous` is the value with which the call does more, "" for what is no switch.
    """

    parameter: str
    about: str
    dangerous: str
    values: tuple[tuple[str, Category], ...]


def action_rows(tool: Tool, verdict: Verdict) -> tuple[tuple[ActionRow, ...], int]:
    """Return the rows to show, the most severe first, and how many actions are left out."""
    if not verdict.actions:
        return (), 0
    places = {parameter.pointer: parameter.path for parameter in tool.parameters}
    ranked = sorted(verdict.actions, key=lambda one: -more_severe(one.category))[:_MOST_ROWS]
    return tuple(_action(one, places) for one in ranked), len(verdict.actions) - len(ranked)


def _action(action: ActionVerdict, places: Mapping[str, str]) -> ActionRow:
    rule = action.evidence[0].rule if action.evidence else ""
    return ActionRow(
        parameter=inert(action.parameter, _LONGEST),
        value=inert(action.value, _LONGEST),
        category=action.category,
        rule=rule,
        rule_path=urls.rule(rule) if rule else "",
        words=tuple(_words(one, places) for one in action.evidence[:_MOST_WORDS]),
    )


def _words(evidence: Evidence, places: Mapping[str, str]) -> tuple[str, str]:
    return inert(evidence.quote or evidence.note, _LONGEST), place(evidence.pointer, places)


def argument_rows(verdict: Verdict) -> tuple[ArgumentRow, ...]:
    """Return a row for each argument that changes the effect of a call."""
    return tuple(map(_argument, verdict.arguments[:_MOST_ROWS]))


def _argument(argument: EffectArgument) -> ArgumentRow:
    return ArgumentRow(
        parameter=inert(argument.parameter, _LONGEST),
        about=EFFECTS[argument.effect],
        dangerous="" if argument.dangerous is None else str(argument.dangerous).lower(),
        values=tuple((inert(one.value, _LONGEST), one.category) for one in argument.values),
    )
