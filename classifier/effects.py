"""Judges each action that a tool offers, by the rules that judge tools: as a tool of that name on the same things.

What is judged is the action's own words, what the definition says of it, and the noun of the tool's name; prose about
anything else has no part in it. Knows no rule: how rules decide is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple, TypeAlias

from classifier.actions import METHODS, Choice, Value, to_judge
from classifier.acts import value_acts
from classifier.features import Features
from classifier.tool import Tool
from classifier.verdict import ActionVerdict, Category, Evidence, Match

Decide: TypeAlias = Callable[[Features], tuple[Category, tuple[Match, ...]]]
"""Returns the category that the rules give, and the matches that say so, strongest first."""

_MOST_WORDS = 3
"""Evidence of one action besides its name."""

_NAMELESS = "-"
"""The name of an action whose own name has no letters: only what is said of it counts."""


class _Piece(NamedTuple):
    """A word of the name that is judged. `quote` stands in the tool's own name; "" for words of the action's name."""

    word: str
    quote: str
    start: int
    end: int


def judge_actions(features: Features, decide: Decide) -> tuple[ActionVerdict, ...]:
    """Judge the actions. The first evidence of each shows its name, the others what else it rests on."""
    return tuple([_judge(features, *pair, decide) for pair in to_judge(features.choices)])


def settle(
    actions: tuple[ActionVerdict, ...], category: Category, support: tuple[Match, ...]
) -> tuple[ActionVerdict, ...]:
    """Call the actions that no rule knows Read if the tool as a whole is: none does more than the tool can do."""
    if category is not Category.READ:
        return actions
    return tuple([_as_the_tool(one, support[0]) if one.category is Category.UNCLASSIFIED else one for one in actions])


def _as_the_tool(action: ActionVerdict, match: Match) -> ActionVerdict:
    shown = action.evidence[0]._replace(rule=match.rule)
    return replace(action, category=match.category, evidence=(shown, *match.evidence))


def _judge(features: Features, choice: Choice, value: Value, decide: Decide) -> ActionVerdict:
    pieces = [*_own_words(choice, value), *_things(features, choice, value)]
    wire = {"name": " ".join([piece.word for piece in pieces]) or _NAMELESS}
    if value.gloss:
        wire["description"] = value.gloss.text
    category, support = decide(Features(Tool.from_wire(wire), features.lexicon))
    shown = Evidence(support[0].rule if support else "", "action_value", value.pointer, value.quote, _whole(value))
    rest = (one for match in support for one in _located(match, value, pieces))
    return ActionVerdict(choice.path, value.text, category, (shown, *islice(dict.fromkeys(rest), _MOST_WORDS)))


def _whole(value: Value) -> tuple[int, int]:
    return value.start, value.start + len(value.quote)


def _own_words(choice: Choice, value: Value) -> list[_Piece]:
    """Return the words of the action's name: what a method of HTTP does, or the verb and what follows."""
    if choice.is_http:
        return [_Piece(METHODS[value.text.upper()], "", 0, 0)]
    return [_Piece(token.word, "", 0, 0) for token in value.words]


def _things(features: Features, choice: Choice, value: Value) -> list[_Piece]:
    """Return the words of the tool's name that say what an action without an object of its own is done to."""
    acts = value_acts(value.words, features.lexicon)
    if choice.is_http or any(act.objects for act in acts) or not acts:
        return []
    objects = [token for act in features.name_acts for token in act.objects] or features.tool.words[-1:]
    name = features.tool.name
    return [
        _Piece(token.word, name[token.start : token.end], token.start, token.end)
        for token in objects
        if token.word not in features.lexicon.bases or len(objects) == 1
    ]


def _located(match: Match, value: Value, pieces: list[_Piece]) -> Iterator[Evidence]:
    """Yield the evidence besides the action's name, where it stands in the definition."""
    for one in match.evidence:
        if one.pointer == "/description" and value.gloss:
            start = value.gloss.start
            yield one._replace(pointer=value.gloss.pointer, span=(start + one.span[0], start + one.span[1]))
        elif one.pointer == "/name":
            for piece in _covered(one.span, pieces):
                yield one._replace(quote=piece.quote, span=(piece.start, piece.end))


def _covered(span: tuple[int, int], pieces: list[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces of the tool's own name that a span of the joined words covers."""
    at = 0
    for piece in pieces:
        end = at + len(piece.word)
        if piece.quote and span[0] < end and at < span[1]:
            yield piece
        at = end + 1
