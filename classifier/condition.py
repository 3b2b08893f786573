"""Conditions of rules: all, any, not and at_least over leaves. Compiled from YAML once, asked many times.

A condition says what a tool needs for it to hold (see `Condition.ways`), and can tell afterwards, part by part, what
held and what did not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import chain, product
from math import prod
from operator import and_, or_
from typing import Any, NamedTuple, TypeAlias

from classifier.leaves import Found, Leaf, LeafError, NameWordLeaf, PhraseLeaf, Subject, ToldVerbLeaf, VerbLeaf
from classifier.lexicon import Lexicon
from classifier.needs import Keys
from classifier.schema_leaves import (
    ActionLeaf,
    ActionValueLeaf,
    AnnotationLeaf,
    FoundLeaf,
    ParameterLeaf,
    SignalLeaf,
    StructureLeaf,
)
from classifier.text_leaves import CharactersLeaf, DenseTextLeaf, TagLeaf, TextLeaf, ToolReferenceLeaf

LEAVES: Mapping[str, type[Leaf]] = {
    "name_verb": VerbLeaf,
    "title_verb": VerbLeaf,
    "lead_verb": VerbLeaf,
    "told_verb": ToldVerbLeaf,
    "name_word": NameWordLeaf,
    "phrase": PhraseLeaf,
    "parameter": ParameterLeaf,
    "output": ParameterLeaf,
    "action_value": ActionValueLeaf,
    "action": ActionLeaf,
    "annotation": AnnotationLeaf,
    "structure": StructureLeaf,
    "characters": CharactersLeaf,
    "text": TextLeaf,
    "dense_text": DenseTextLeaf,
    "tag": TagLeaf,
    "tool_reference": ToolReferenceLeaf,
    "found": FoundLeaf,
    "signal": SignalLeaf,
}


_COSTS: Mapping[str, int] = {
    "found": 0,
    "signal": 0,
    "phrase": 8,
    "told_verb": 12,
    "parameter": 4,
    "output": 4,
    "text": 20,
    "dense_text": 20,
    "tool_reference": 20,
}
"""Leaves that cost less or more than looking at a name, in about as many microseconds."""

_COMMON = ("text:", "parameter:", "output:", "anywhere:", "form:")
"""Kinds of keys that many tools have."""


class Trace(NamedTuple):
    """What became of one part of a condition: its words, whether it held, what it found, and its parts."""

    label: str
    held: bool
    found: tuple[Found, ...]
    parts: tuple[Trace, ...]


class Way(NamedTuple):
    """A way in which a condition can hold: of each of `needs` the tool has a key, and of each of `bans` none."""

    needs: frozenset[Keys]
    bans: frozenset[Keys]


Ways: TypeAlias = tuple[Way, ...]

_MOST_WAYS = 48
"""Ways that are told apart; a condition with more of them is looked for by the most telling need of each part."""


class Condition(ABC):
    """One node of a rule's `when`."""

    __slots__ = ()
    needs: int
    """The mask of what a tool needs for the condition to hold, so far as that is certain; see `classifier.needs`."""

    @abstractmethod
    def ways(self) -> Ways:
        """Return the ways in which it can hold. A tool for which it holds has all that one of them needs."""

    @abstractmethod
    def sure(self) -> frozenset[Keys]:
        """Return sets of keys, of each of which one key is enough to know that the condition holds."""

    @abstractmethod
    def ask(self, subject: Subject) -> tuple[Found, ...] | None:
        """Return what was found, or `None` when the condition does not hold."""

    @abstractmethod
    def trace(self, subject: Subject) -> Trace:
        """Ask every part and say what became of it."""

    @abstractmethod
    def leaves(self) -> Iterator[Leaf]:
        """Yield each leaf."""

    @abstractmethod
    def certain(self) -> frozenset[str]:
        """Return the keys of the leaves that have found something whenever the condition holds."""

    @abstractmethod
    def cost(self) -> int:
        """Return roughly how much work asking is, so that the least can be done first."""

    @abstractmethod
    def finds(self) -> bool:
        """Tell whether something is found whenever the condition holds."""


@dataclass(frozen=True, slots=True)
class Ask(Condition):
    """A leaf; `label` is its YAML in one line."""

    leaf: Leaf
    label: str
    needs: int

    def ways(self) -> Ways:
        return (Way(frozenset(self.leaf.needs()), frozenset()),)

    def sure(self) -> frozenset[Keys]:
        return frozenset(self.leaf.needs()) if self.leaf.is_exact() else frozenset()

    def ask(self, subject: Subject) -> tuple[Found, ...] | None:
        if subject.met & self.needs != self.needs:
            return None
        known = subject.answers
        leaf = self.leaf
        if leaf in known:
            return known[leaf]
        found = known[leaf] = leaf.ask(subject) or None
        return found

    def trace(self, subject: Subject) -> Trace:
        found = self.leaf.ask(subject)
        return Trace(self.label, bool(found), found, ())

    def leaves(self) -> Iterator[Leaf]:
        yield self.leaf

    def certain(self) -> frozenset[str]:
        return frozenset([self.leaf.key])

    def cost(self) -> int:
        return _COSTS.get(self.leaf.key, 1)

    def finds(self) -> bool:
        return True


class _Step(NamedTuple):
    """A part of several that must all hold: its place among them, and what a tool needs for it to matter.

    A part that is denied (`not`) holds without being asked where those needs are not met; another one fails.
    """

    place: int
    part: Condition
    needs: int
    is_denied: bool


def _stated(part: Condition) -> tuple[int, bool]:
    return (part.part.needs, True) if isinstance(part, Not) else (part.needs, False)


@dataclass(frozen=True, slots=True)
class AtLeast(Condition):
    """Holds when `count` of its parts do: all of them (all), one (any), or a number between."""

    parts: tuple[Condition, ...]
    count: int
    label: str
    needs: int
    cheapest: tuple[_Step, ...]
    """The parts, those that cost least first."""

    @classmethod
    def of(cls, parts: tuple[Condition, ...], count: int, label: str) -> AtLeast:
        """Join parts."""
        needs = [part.needs for part in parts]
        joined = reduce(or_ if count == len(parts) else and_, needs)
        steps = [_Step(place, part, *_stated(part)) for place, part in enumerate(parts)]
        return cls(parts, count, label, joined, tuple(sorted(steps, key=lambda step: step.part.cost())))

    def ways(self) -> Ways:
        parts = [part.ways() for part in self.parts]
        if self.count < len(parts):
            return _distinct(way for ways in parts for way in ways)
        if prod(map(len, parts)) > _MOST_WAYS:
            parts = [(_summed(ways),) for ways in parts]
        return _distinct(_joined(chosen) for chosen in product(*parts))

    def sure(self) -> frozenset[Keys]:
        return frozenset().union(*(part.sure() for part in self.parts)) if self.count == 1 else frozenset()

    def ask(self, subject: Subject) -> tuple[Found, ...] | None:
        if self.count == len(self.parts):
            return self._ask_all(subject)
        met = subject.met
        found: list[Found] = []
        held = 0
        for part in self.parts:
            one = part.ask(subject) if met & part.needs == part.needs else None
            if one is not None:
                held += 1
                found += one
                if held == self.count:
                    return tuple(found)
        return None

    def _ask_all(self, subject: Subject) -> tuple[Found, ...] | None:
        """Ask the cheapest part first; what was found is in the order of the parts all the same."""
        met = subject.met
        found: list[tuple[Found, ...]] = [()] * len(self.parts)
        for place, part, needs, is_denied in self.cheapest:
            if met & needs == needs:
                one = part.ask(subject)
                if one is None:
                    return None
                found[place] = one
            elif not is_denied:
                return None
        return tuple(chain.from_iterable(found))

    def trace(self, subject: Subject) -> Trace:
        parts = tuple([part.trace(subject) for part in self.parts])
        return Trace(self.label, sum([part.held for part in parts]) >= self.count, (), parts)

    def leaves(self) -> Iterator[Leaf]:
        for part in self.parts:
            yield from part.leaves()

    def certain(self) -> frozenset[str]:
        keys = [part.certain() for part in self.parts]
        return frozenset().union(*keys) if self.count == len(keys) else frozenset.intersection(*keys)

    def cost(self) -> int:
        return sum(part.cost() for part in self.parts)

    def finds(self) -> bool:
        return sum(not part.finds() for part in self.parts) < self.count


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """Holds when its part does not."""

    part: Condition
    needs: int = 0

    def ways(self) -> Ways:
        return (Way(frozenset(), self.part.sure()),)

    def sure(self) -> frozenset[Keys]:
        return frozenset()

    def ask(self, subject: Subject) -> tuple[Found, ...] | None:
        return () if self.part.ask(subject) is None else None

    def trace(self, subject: Subject) -> Trace:
        part = self.part.trace(subject)
        return Trace("not", not part.held, (), (part,))

    def leaves(self) -> Iterator[Leaf]:
        yield from self.part.leaves()

    def certain(self) -> frozenset[str]:
        return frozenset()

    def cost(self) -> int:
        return self.part.cost()

    def finds(self) -> bool:
        return False


def compile_condition(value: Any, lexicon: Lexicon, problems: list[str], place: str = "when") -> Condition | None:
    """Compile one node; append what is wrong, each with its place, and return `None` when anything is."""
    if not isinstance(value, Mapping) or len(value) != 1:
        problems.append(f"{place}: a condition is a mapping with one key, not {_short(value)}")
        return None
    key, body = next(iter(value.items()))
    place = f"{place}.{key}"
    if key in ("all", "any"):
        return _compile_parts(
            body, len(body) if key == "all" and isinstance(body, list) else 1, key, lexicon, problems, place
        )
    if key == "not":
        part = compile_condition(body, lexicon, problems, place)
        return Not(part) if part else None
    if key == "at_least":
        count = body.get("count") if isinstance(body, Mapping) else None
        if not isinstance(count, int) or set(body) != {"count", "of"}:
            problems.append(f"{place}: at_least takes count and of")
            return None
        return _compile_parts(body["of"], count, f"at least {count}", lexicon, problems, place)
    return _compile_leaf(str(key), body, lexicon, problems, place)


def _compile_parts(
    body: Any, count: int, label: str, lexicon: Lexicon, problems: list[str], place: str
) -> Condition | None:
    if not isinstance(body, list) or not body or not 1 <= count <= len(body):
        problems.append(f"{place}: expected a list of conditions, and a count that it can reach")
        return None
    parts = [compile_condition(part, lexicon, problems, f"{place}[{index}]") for index, part in enumerate(body)]
    known = tuple(part for part in parts if part)
    if len(known) < len(parts):
        return None
    return AtLeast.of(known, count, label)


def _compile_leaf(key: str, body: Any, lexicon: Lexicon, problems: list[str], place: str) -> Condition | None:
    if key not in LEAVES:
        problems.append(f"{place}: unknown leaf {key!r}; known: {', '.join(LEAVES)}")
        return None
    written = f"{key}: {body!r}"
    if written not in lexicon.built:
        try:
            lexicon.built[written] = LEAVES[key].read(key, body, lexicon)
        except LeafError as error:
            problems.append(f"{place}: {error}")
            return None
    leaf = lexicon.built[written]
    return Ask(leaf, f"{key}: {_short(body)}", lexicon.needs.mask(leaf.needs()))


def breadth(keys: Keys) -> tuple[bool, int]:
    """Order needs by how many tools they let through: a verb is rarer than a word, and few keys than many."""
    return any(key.startswith(_COMMON) for key in keys), len(keys)


def _joined(ways: Iterable[Way]) -> Way:
    """Return the way that is all of the ways at once."""
    needs, bans = zip(*ways, strict=True)
    return Way(frozenset().union(*needs), frozenset().union(*bans))


def _summed(ways: Ways) -> Way:
    """Return what each of the ways needs: one key of the most telling needs of all of them."""
    bans = frozenset.intersection(*(way.bans for way in ways))
    if not all(way.needs for way in ways):
        return Way(frozenset(), bans)
    return Way(frozenset([frozenset().union(*(min(way.needs, key=breadth) for way in ways))]), bans)


def _distinct(ways: Iterable[Way]) -> Ways:
    """Leave out each way that asks for all that another one asks for, and more."""
    once = tuple(dict.fromkeys(ways))
    return tuple(way for way in once if not any(other != way and _is_wider(other, way) for other in once))


def _is_wider(way: Way, other: Way) -> bool:
    return way.needs <= other.needs and way.bans <= other.bans


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 100 else text[:99] + "…"
