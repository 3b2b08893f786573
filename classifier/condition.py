"""Conditions of rules: all, any, not and at_least over leaves. Compiled from YAML once, asked many times.

A condition says which feature keys a tool must have for it to hold (see `Leaf.keys`), and can tell afterwards, part by
part, what held and what did not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from classifier.leaves import Found, Leaf, LeafError, NameWordLeaf, PhraseLeaf, Subject, VerbLeaf
from classifier.lexicon import Lexicon
from classifier.schema_leaves import (
    ActionValueLeaf,
    AnnotationLeaf,
    FoundLeaf,
    ParameterLeaf,
    StructureLeaf,
)
from classifier.text_leaves import CharactersLeaf, TagLeaf, TextLeaf, ToolReferenceLeaf

LEAVES: Mapping[str, type[Leaf]] = {
    "name_verb": VerbLeaf,
    "title_verb": VerbLeaf,
    "lead_verb": VerbLeaf,
    "name_word": NameWordLeaf,
    "phrase": PhraseLeaf,
    "parameter": ParameterLeaf,
    "output": ParameterLeaf,
    "action_value": ActionValueLeaf,
    "annotation": AnnotationLeaf,
    "structure": StructureLeaf,
    "characters": CharactersLeaf,
    "text": TextLeaf,
    "tag": TagLeaf,
    "tool_reference": ToolReferenceLeaf,
    "found": FoundLeaf,
}


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of one part of a condition: its words, whether it held, what it found, and its parts."""

    label: str
    held: bool
    found: tuple[Found, ...]
    parts: tuple[Trace, ...]


class Condition(ABC):
    """One node of a rule's `when`."""

    __slots__ = ()

    @abstractmethod
    def keys(self) -> frozenset[str] | None:
        """Return the feature keys of which one must be there; `None` when the condition may hold without any."""

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
    def finds(self) -> bool:
        """Tell whether something is found whenever the condition holds."""


@dataclass(frozen=True, slots=True)
class Ask(Condition):
    """A leaf; `label` is its YAML in one line."""

    leaf: Leaf
    label: str

    def keys(self) -> frozenset[str] | None:
        return self.leaf.keys()

    def ask(self, subject: Subject) -> tuple[Found, ...] | None:
        return self.leaf.ask(subject) or None

    def trace(self, subject: Subject) -> Trace:
        found = self.leaf.ask(subject)
        return Trace(self.label, bool(found), found, ())

    def leaves(self) -> Iterator[Leaf]:
        yield self.leaf

    def certain(self) -> frozenset[str]:
        return frozenset([self.leaf.key])

    def finds(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class AtLeast(Condition):
    """Holds when `count` of its parts do: all of them (all), one (any), or a number between."""

    parts: tuple[Condition, ...]
    count: int
    label: str

    def keys(self) -> frozenset[str] | None:
        keys = [part.keys() for part in self.parts]
        known = [some for some in keys if some is not None]
        if self.count == len(self.parts):
            return min(known, key=_breadth, default=None)
        if len(keys) - len(known) >= self.count:
            return None
        return frozenset().union(*known)

    def ask(self, subject: Subject) -> tuple[Found, ...] | None:
        found: list[Found] = []
        missing = len(self.parts) - self.count
        held = 0
        for part in self.parts:
            one = part.ask(subject)
            if one is None:
                missing -= 1
                if missing < 0:
                    return None
            else:
                held += 1
                found += one
                if held == self.count:
                    break
        return tuple(found)

    def trace(self, subject: Subject) -> Trace:
        parts = tuple(part.trace(subject) for part in self.parts)
        return Trace(self.label, sum(part.held for part in parts) >= self.count, (), parts)

    def leaves(self) -> Iterator[Leaf]:
        for part in self.parts:
            yield from part.leaves()

    def certain(self) -> frozenset[str]:
        keys = [part.certain() for part in self.parts]
        return frozenset().union(*keys) if self.count == len(keys) else frozenset.intersection(*keys)

    def finds(self) -> bool:
        return sum(not part.finds() for part in self.parts) < self.count


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """Holds when its part does not."""

    part: Condition

    def keys(self) -> frozenset[str] | None:
        return None

    def ask(self, subject: Subject) -> tuple[Found, ...] | None:
        return () if self.part.ask(subject) is None else None

    def trace(self, subject: Subject) -> Trace:
        part = self.part.trace(subject)
        return Trace("not", not part.held, (), (part,))

    def leaves(self) -> Iterator[Leaf]:
        yield from self.part.leaves()

    def certain(self) -> frozenset[str]:
        return frozenset()

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
    return AtLeast(tuple(part for part in parts if part), count, label) if all(parts) else None


def _compile_leaf(key: str, body: Any, lexicon: Lexicon, problems: list[str], place: str) -> Condition | None:
    if key not in LEAVES:
        problems.append(f"{place}: unknown leaf {key!r}; known: {', '.join(LEAVES)}")
        return None
    try:
        leaf = LEAVES[key].read(key, body, lexicon)
    except LeafError as error:
        problems.append(f"{place}: {error}")
        return None
    return Ask(leaf, f"{key}: {_short(body)}")


def _breadth(keys: frozenset[str]) -> tuple[int, int]:
    """Order key sets by how many tools they let through: a verb is rarer than a word, and few keys than many."""
    common = any(key.startswith(("text:", "parameter:", "output:")) for key in keys)
    return int(common), len(keys)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 100 else text[:99] + "…"
