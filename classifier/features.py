"""What rules ask about a tool, worked out once: its acts, its prose, and the keys by which rules are found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from classifier.acts import Act, identifier_acts, lead_acts, value_acts
from classifier.lexicon import Lexicon
from classifier.schema import Parameter, walk_strings
from classifier.text import Sentence, Token, fold, split_identifier, split_sentences
from classifier.tool import Tool

MANY_PARAMETERS = 10
"""The closed catalogue's threshold, kept so that the two can be compared."""

_REACH = 4
"""Words before a phrase in which a negation still speaks of it: "does not permanently delete"."""

_OPENING = 3
"""Sentences among which the leading verb is looked for: descriptions open with a title or a label as often as not."""


_ODD = ("\\u", "\\b", "\\f", "\x7f")
"""What stands in canonical JSON where a character is not plain."""

_RUN = re.compile(r"\s{12}")

_STYLED = ("\\uff", "\\ud835")
"""Full-width and mathematical letters, which read like plain ones."""

_NAMES_SOMETHING = re.compile(r"[a-z0-9][_-][A-Za-z0-9]|[a-z][A-Z][a-z]|[`'\"’”]\s+(?:tool|function)")


@dataclass(frozen=True)
class Passage:
    """One string of a definition; `parsed` are its sentences where they are known."""

    pointer: str
    text: str
    parsed: tuple[Sentence, ...] | None

    @cached_property
    def folded(self) -> str:
        """The text in the form that words are compared in."""
        return fold(self.text)

    @cached_property
    def sentences(self) -> tuple[tuple[Sentence, frozenset[str]], ...]:
        """The sentences, each with the set of its words; a name in snake case is one."""
        if self.parsed is not None:
            sentences = self.parsed
        elif "_" in self.text and self.text.isidentifier():
            sentences = (Sentence("main", split_identifier(self.text)),)
        else:
            sentences = split_sentences(self.text)
        return tuple((one, frozenset(token.word for token in one.tokens)) for one in sentences)


@dataclass(frozen=True)
class Features:
    """A tool seen through a lexicon. Everything is worked out on first use and kept."""

    tool: Tool
    lexicon: Lexicon

    @cached_property
    def name_acts(self) -> tuple[Act, ...]:
        """The name's verb with its object, and the verbs joined to it by "and" or "or"."""
        return identifier_acts(self.tool.words, self.lexicon, frozenset(act.verb for act in self.lead_acts))

    @cached_property
    def title_acts(self) -> tuple[Act, ...]:
        """The same of the title."""
        return identifier_acts(self.tool.title_words, self.lexicon)

    @cached_property
    def lead_acts(self) -> tuple[Act, ...]:
        """The verb that leads the description with its object, and the verbs coordinated with it."""
        main = (one for one in self.tool.sentences if one.section == "main")
        for index, sentence in enumerate(islice(main, _OPENING)):
            acts = lead_acts(sentence.tokens, self.tool.description, self.lexicon)
            if acts and (index == 0 or not self._may_be_noun(acts[0])):
                return acts
        return ()

    def _may_be_noun(self, act: Act) -> bool:
        """Tell whether a leading verb is as often a noun, as it stands there: "Order book", and not "Orders a book"."""
        words = self.tool.description[act.token.start : act.token.end]
        return act.verb in self.lexicon.nouns and fold(words) == act.verb

    @cached_property
    def description_words(self) -> frozenset[str]:
        """Every word of the description."""
        return frozenset(token.word for one in self.tool.sentences for token in one.tokens)

    @cached_property
    def prose(self) -> tuple[Sentence, ...]:
        """The sentences that say what the tool does: neither its arguments, nor examples, nor other tools."""
        return tuple(
            one for one in self.tool.sentences if one.section in ("main", "returns") and not _of_another_tool(one)
        )

    @cached_property
    def action_parameters(self) -> tuple[Parameter, ...]:
        """Top-level parameters that choose what the tool does: an action name and two or more values."""
        names = self.lexicon.lists.get("action-names")
        return tuple(
            one
            for one in self.tool.parameters
            if names and one.depth == 0 and len(one.enum) > 1 and all(isinstance(value, str) for value in one.enum)
            if " ".join(token.word for token in one.words) in names.forms
        )

    @cached_property
    def action_acts(self) -> tuple[tuple[Parameter, int, Act], ...]:
        """What each value of an action parameter does: the parameter, the value's place in its list, and an act."""
        return tuple(
            (one, index, act)
            for one in self.action_parameters
            for index, value in enumerate(one.enum)
            for act in value_acts(value, self.lexicon)
        )

    @cached_property
    def structure(self) -> tuple[str, ...]:
        """The properties of the definition's form that `StructureLeaf` knows."""
        tool = self.tool
        schema = tool.wire.get("inputSchema")
        kinds = {
            "no-description": not tool.description.strip(),
            "no-schema": not isinstance(schema, Mapping),
            "many-parameters": sum(one.depth == 0 for one in tool.parameters) >= MANY_PARAMETERS,
            "open-arguments": isinstance(schema, Mapping) and schema.get("additionalProperties") is True,
            "several-actions": bool(self.action_parameters),
        }
        return tuple(kind for kind, holds in kinds.items() if holds)

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Every string of the definition with its pointer, names of properties included."""
        return tuple(walk_strings(self.tool.wire))

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The same, with their sentences."""
        own = self.tool.sentences
        return tuple(Passage(at, text, own if at == "/description" else None) for at, text in self.texts)

    @cached_property
    def cues(self) -> frozenset[str]:
        """The words of the list `cues` that stand anywhere in the definition, found in its canonical form."""
        text = self.tool.canonical.lower()
        if any(mark in text for mark in _STYLED):
            text += fold("\n".join(one for _, one in self.texts))
        return frozenset(cue for cue, escaped in self.lexicon.cues if escaped in text)

    def keys(self) -> Iterator[str]:
        """Yield the keys by which rules that could match are found; see `Leaf.keys`."""
        for act in self.name_acts:
            yield "name-verb:" + act.verb
        for token in self.tool.words:
            yield "name:" + token.word
        for act in self.title_acts:
            yield "title-verb:" + act.verb
        for act in self.lead_acts:
            yield "lead:" + act.verb
        for word in self.description_words:
            yield "text:" + word
        yield from _parameter_keys("parameter:", self.tool.parameters)
        yield from _parameter_keys("output:", self.tool.output)
        if self.action_parameters:
            yield "action:"
        for kind in self.structure:
            yield "structure:" + kind
        for hint in ("read_only", "destructive", "idempotent", "open_world"):
            yield f"hint:{hint}:{getattr(self.tool.annotations, hint)}"
        yield from self._text_keys()

    def _text_keys(self) -> Iterator[str]:
        """Yield the keys of the leaves that read the whole text."""
        for cue in self.cues:
            yield "cue:" + cue
        descriptions = [self.tool.description, *(one.description for one in self.tool.parameters)]
        if any(mark in self.tool.canonical for mark in _ODD) or any(map(_RUN.search, descriptions)):
            yield "characters:"
        if any(map(_NAMES_SOMETHING.search, descriptions)):
            yield "reference:"


def _parameter_keys(prefix: str, parameters: Sequence[Parameter]) -> Iterator[str]:
    if parameters:
        yield prefix
    for one in parameters:
        if one.format:
            yield f"{prefix}{one.format}:"
        for token in one.words:
            yield prefix + token.word


def _of_another_tool(sentence: Sentence) -> bool:
    """Tell whether a sentence sends the reader to another tool: "Use delete_file to remove it", "See also ..."."""
    words = [token.word for token in sentence.tokens]
    leads = words[0] in ("use", "see", "call", "prefer", "try", "unlike") or "instead" in words
    return leads and any("_" in word for word in words)


def negated(tokens: Sequence[Token], at: int, lexicon: Lexicon) -> bool:
    """Tell whether a word shortly before place `at` takes back what follows."""
    hedges = lexicon.plain("hedges")
    return any(token.word in hedges for token in tokens[max(0, at - _REACH) : at])
