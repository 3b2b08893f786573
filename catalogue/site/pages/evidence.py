"""A verdict's evidence as a page shows it: rules numbered, their words located, marks for the quoted definition.

Knows the verdict and the rules; knows no page and no template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from catalogue.site import urls
from catalogue.site.context import label
from catalogue.site.marks import Mark, Quoted, Role, inert, quote
from classifier.tool import Tool
from classifier.verdict import Evidence, Match, Verdict

_LONGEST_QUOTE = 240
"""Characters of a quotation beside a rule; the same words stand marked in the definition, where they are whole."""

_RECURRING = 60
"""Characters of what is worth keeping: "get" in the name is evidence of thousands of tools, a long quotation of one."""

_LONGEST_TEXT = 6000
"""Characters of one text of a definition that a page shows, so that it stays below 60 kB; the twin has the rest."""


class Words(NamedTuple):
    """One piece of evidence: where it stands, in words and as an RFC 6901 pointer, and what it says.

    `quote` is "" for an absence; then `note` says what was looked for.
    """

    place: str
    pointer: str
    quote: str
    note: str


class Proof(NamedTuple):
    """A rule that fired: its number on the page, its own page, what it speaks for, and the words it rests on.

    `stands_for` is a category ("Destructive") or a signal's id. `strength` is "" for a signal. `says` is the rule's
    sentence about this definition, or "" for a signal.
    """

    number: int
    rule: str
    path: str
    title: str
    role: Role
    stands_for: str
    strength: str
    says: str
    words: tuple[Words, ...]


class Located:
    """The marks of a definition by pointer; remembers which of these pointers a page has shown."""

    def __init__(self, proofs: Iterable[tuple[Proof, Iterable[Evidence]]]) -> None:
        self._marks: dict[str, list[Mark]] = {}
        for proof, evidence in proofs:
            for item in evidence:
                if item.quote:
                    start, end = item.span
                    self._marks.setdefault(item.pointer, []).append(Mark(start, end, proof.number, proof.role))
        self._shown: set[str] = set()

    def quote(self, text: str, pointer: str, longest: int = _LONGEST_TEXT) -> Quoted:
        """Return `text`, which stands at `pointer`, with its marks, cut at `longest` unless a mark is behind."""
        marks = self._marks.get(pointer)
        if marks is None:
            return quote(text, longest=longest)
        self._shown.add(pointer)
        if len(text) <= longest:
            return quote(text, marks)
        furthest = max(mark.end for mark in marks)
        return quote(text, marks, min(max(longest, furthest + 1), _LONGEST_TEXT))

    def marks(self, pointer: str) -> bool:
        """Whether there is anything to mark at `pointer` or below it."""
        below = pointer + "/"
        return pointer in self._marks or bool([at for at in self._marks if at.startswith(below)])

    def remaining(self, tool: Tool) -> Iterator[tuple[str, Quoted]]:
        """Yield (pointer, text) of every marked place that no call of `quote` has shown."""
        for pointer in self._marks:
            text = resolve(tool.wire, pointer) if pointer not in self._shown else None
            if text is not None:
                yield inert(pointer, 200), self.quote(text, pointer)


class Case(NamedTuple):
    """Everything that speaks for and against a verdict. `signals` goes by signal id, in the verdict's order."""

    support: tuple[Proof, ...]
    signals: Mapping[str, tuple[Proof, ...]]
    dissent: tuple[Proof, ...]


def make_case(verdict: Verdict, tool: Tool, titles: Mapping[str, str]) -> tuple[Case, Located]:
    """Number the rules that fired (support, signals, dissent), and locate their words in the definition."""
    places = {parameter.pointer: parameter.path for parameter in (*tool.parameters, *tool.output)}
    pairs: list[tuple[Proof, tuple[Evidence, ...]]] = []

    def add(rule: str, role: Role, stands_for: str, evidence: tuple[Evidence, ...], match: Match | None) -> Proof:
        proof = Proof(
            number=len(pairs) + 1,
            rule=rule,
            path=urls.rule(rule),
            title=titles.get(rule, rule),
            role=role,
            stands_for=stands_for,
            strength=str(match.strength) if match else "",
            says=inert(match.says, 2 * _LONGEST_QUOTE) if match else "",
            words=tuple([_words(item, places) for item in evidence]),
        )
        pairs.append((proof, evidence))
        return proof

    support = tuple([add(m.rule, "support", label(m.category), m.evidence, m) for m in verdict.support])
    signals = {
        signal.id: tuple([add(rule, "signal", signal.id, found, None) for rule, found in _by_rule(signal.evidence)])
        for signal in verdict.signals
    }
    dissent = tuple([add(m.rule, "dissent", label(m.category), m.evidence, m) for m in verdict.dissent])
    return Case(support, signals, dissent), Located(pairs)


def _by_rule(evidence: Iterable[Evidence]) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    found: dict[str, list[Evidence]] = {}
    for item in evidence:
        found.setdefault(item.rule, []).append(item)
    return ((rule, tuple(items)) for rule, items in found.items())


def _words(evidence: Evidence, places: Mapping[str, str]) -> Words:
    pointer, quotation, note = evidence.pointer, evidence.quote, evidence.note
    if pointer in _PLACES and len(quotation) + len(note) <= _RECURRING:
        return _recurring_words(pointer, quotation, note)
    return _words_at(place(pointer, places), pointer, quotation, note)


@lru_cache(maxsize=8192)
def _recurring_words(pointer: str, quotation: str, note: str) -> Words:
    return _words_at(_PLACES[pointer], pointer, quotation, note)


def _words_at(where: str, pointer: str, quotation: str, note: str) -> Words:
    return Words(where, inert(pointer, 200), inert(quotation, _LONGEST_QUOTE), inert(note, _LONGEST_QUOTE))


_PLACES = {
    "": "the whole definition",
    "/name": "name",
    "/title": "title",
    "/annotations/title": "title",
    "/description": "description",
    "/inputSchema": "input schema",
    "/outputSchema": "output schema",
}


def place(pointer: str, parameters: Mapping[str, str]) -> str:
    """Say in words where `pointer` leads; `parameters` maps pointers of properties to their dotted paths."""
    if pointer in _PLACES:
        return _PLACES[pointer]
    if pointer.startswith("/annotations/"):
        return "its server's hint"
    head, tail = pointer, ""
    while head and head not in parameters:
        head, _, step = head.rpartition("/")
        tail = step if not tail else f"{step} {tail}"
    if not head:
        return inert(pointer.lstrip("/").replace("/", " "), 80)
    kind = "result field" if pointer.startswith("/outputSchema") else "parameter"
    if tail.startswith("enum "):
        tail = "allowed value"
    return f"{kind} {inert(parameters[head], 80)}" + (f", {inert(tail, 40)}" if tail else "")


def resolve(wire: object, pointer: str) -> str | None:
    """Return the text at an RFC 6901 pointer: a string as it is, a property's name for what is no string.

    `None` where the pointer leads nowhere.
    """
    node, key = wire, ""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node if isinstance(node, str) else key
