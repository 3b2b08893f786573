"""What rules ask about a tool, worked out once: its acts, its prose, and the keys by which rules are found."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from classifier.actions import Choice, Value, find_choices, is_nested, may_choose, to_judge
from classifier.acts import Act, identifier_acts, lead_acts, naming_acts, value_acts
from classifier.clauses import told_acts
from classifier.docstrings import documented
from classifier.lazy import lazy
from classifier.lexicon import Lexicon
from classifier.needs import is_name, words_of
from classifier.schema import Parameter, read_name, walk_properties, walk_strings
from classifier.sieve import Sieve
from classifier.text import NameSentence, Sentence, fold, split_sentences, split_words
from classifier.tool import Tool

MANY_PARAMETERS = 10
"""The closed catalogue's threshold, kept so that the two can be compared."""

HINTS = ("read_only", "destructive", "idempotent", "open_world")
"""The hints, in the order of `classifier.tool.Annotations`."""

_REACH = 4
"""Words before a phrase in which a negation still speaks of it: "does not permanently delete"."""

_OPENING = 3
"""Sentences among which the leading verb is looked for: descriptions open with a title or a label as often as not."""

_ODD = re.compile(r"[\\\x7f](?:(?<=\x7f)|[bf]|u[0-9a-f]{4}(?:\\u[0-9a-f]{4})*)")
"""What stands in canonical JSON where a character is not plain."""

_SPACE = r"(?:[nrtf]|u00[018a][0-9a-f]|u1680|u20[025][0-9a-f]|u3000)"
_RUN = re.compile(rf"\\{_SPACE}(?: |\\{_SPACE}){{11}}")
"""A long run of white space in canonical JSON, but for one of spaces alone. Leads with a backslash, which is rare."""

_BRACKET = re.compile(r"\[[/A-Za-z]")
"""How a tag in brackets begins, in canonical JSON too."""

NAMES_SOMETHING = re.compile(
    r"[_A-Z`'\"’”-](?:(?<=[a-z0-9][_-])[A-Za-z0-9]|(?<=[a-z][A-Z])[a-z]|(?<=[`'\"’”])\s+(?:tool|function))"
)
"""What stands in any text that speaks of another tool.

Leads with one class of characters, so that the search skips from one of them to the next.
"""


class Passage:
    """One string of a definition, with its place."""

    def __init__(self, pointer: str, text: str, sieve: Sieve) -> None:
        """Take the string at `pointer`."""
        self.pointer = pointer
        self.text = text
        self.sieve = sieve

    @lazy
    def is_name(self) -> bool:
        """Whether the string is a name in snake case, which is read as a sentence."""
        return is_name(self.text) and self.pointer != "/description"

    @lazy
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences."""
        if self.is_name:
            name = NameSentence("main", self.text, 0, len(self.text))
            return (name,) if name.words else ()
        return split_sentences(self.text)

    @lazy
    def words(self) -> frozenset[str]:
        """The words of all sentences, found without looking for where one ends."""
        return frozenset(words_of(self.text) if self.is_name else split_words(self.text))

    @lazy
    def phrases(self) -> int:
        """The phrases that could stand in it, as the sieve tells them."""
        return self.sieve.phrases(self.words)

    @lazy
    def phrases_of_sentences(self) -> list[int]:
        """The same of each sentence."""
        return [self.sieve.phrases(one.word_set) for one in self.sentences]


@dataclass(eq=False)
class Features:
    """A tool seen through a lexicon. Everything is worked out on first use and kept."""

    tool: Tool
    lexicon: Lexicon

    @lazy
    def parameters(self) -> tuple[Parameter, ...]:
        """The properties of the input schema, in an order that the order of keys in the wire JSON has no part in."""
        return walk_properties(self.tool.wire.get("inputSchema"), "/inputSchema", canonical=True)

    @lazy
    def told_parameters(self) -> tuple[Parameter, ...]:
        """The same with what the description says of them; those that it lists, where no schema names any."""
        told = documented(self.tool.description)
        if not self.parameters or not told:
            return self.parameters or told
        by_name = {one.name: one for one in told}
        return tuple([_described(one, by_name) for one in self.parameters])

    @lazy
    def output(self) -> tuple[Parameter, ...]:
        """The same of the output schema."""
        return walk_properties(self.tool.wire.get("outputSchema"), "/outputSchema", canonical=True)

    @lazy
    def name_acts(self) -> tuple[Act, ...]:
        """The name's verb with its object, and the verbs joined to it by "and" or "or"."""
        return identifier_acts(self.tool.words, self.lexicon, self.lead_acts)

    @lazy
    def title_acts(self) -> tuple[Act, ...]:
        """The same of the title."""
        return identifier_acts(self.tool.title_words, self.lexicon)

    @lazy
    def lead_acts(self) -> tuple[Act, ...]:
        """The verb that leads the description with its object, and the verbs coordinated with it."""
        main = [one for one in self.tool.sentences if one.section == "main"]
        for index, sentence in enumerate(main[:_OPENING]):
            acts = lead_acts(sentence.tokens, self.tool.description, self.lexicon)
            if acts and (index == 0 or not self._may_be_noun(acts[0])):
                return acts
        return naming_acts(main[0].tokens, self.tool.description, self.lexicon) if main else ()

    @lazy
    def told_acts(self) -> tuple[Act, ...]:
        """The acts of all clauses, the leading ones first, whose verbs rules look for everywhere."""
        told = told_acts(self.prose, self.tool.description, self.lexicon)
        return (*self.lead_acts, *told)

    def _may_be_noun(self, act: Act) -> bool:
        """Tell whether a leading verb is as often a noun, as it stands there: "Order book", and not "Orders a book"."""
        words = self.tool.description[act.token.start : act.token.end]
        return act.verb in self.lexicon.nouns and fold(words) == act.verb

    @lazy
    def description_words(self) -> frozenset[str]:
        """Every word of the description."""
        return frozenset(split_words(self.tool.description))

    @lazy
    def prose(self) -> tuple[Sentence, ...]:
        """The sentences that say what the tool does: neither its arguments, nor examples, nor other tools."""
        prose = [one for one in self.tool.sentences if one.section in ("main", "returns")]
        if "_" in self.tool.description:
            prose = [one for one in prose if not _of_another_tool(one)]
        return tuple(prose)

    @lazy
    def choices(self) -> tuple[Choice, ...]:
        """The actions of which a call of the tool chooses one."""
        if not may_choose(self.tool.description, self.description_words, self.parameter_forms, self.lexicon):
            return ()
        return find_choices(self.tool, self.parameters, self.lexicon)

    @lazy
    def action_acts(self) -> tuple[tuple[Value, Act], ...]:
        """What each of the actions does: its name, and an act."""
        values = [value for choice in self.choices for value in choice.values]
        return tuple([(value, act) for value in values for act in value_acts(value.words, self.lexicon)])

    @lazy
    def structure(self) -> list[str]:
        """The properties of the definition's form that `StructureLeaf` knows."""
        schema = self.tool.wire.get("inputSchema")
        kinds = []
        if not self.tool.description.strip():
            kinds.append("no-description")
        if not isinstance(schema, dict):
            kinds.append("no-schema")
        elif schema.get("additionalProperties") is True:
            kinds.append("open-arguments")
        if sum(one.depth == 0 for one in self.parameters) >= MANY_PARAMETERS:
            kinds.append("many-parameters")
        if any(choice.sure and not is_nested(choice.path) for choice in self.choices):
            kinds.append("several-actions")
        if any(choice.is_http for choice in self.choices):
            kinds.append("http-methods")
        if sum(1 for _ in to_judge(self.choices)) < sum(len(choice.values) for choice in self.choices):
            kinds.append("unjudged-actions")
        return kinds

    @lazy
    def own_names(self) -> frozenset[str]:
        """The names that the definition gives to itself, its parameters, their values and its results."""
        values = [value for one in self.parameters for value in one.enum if isinstance(value, str)]
        names = [one.name for one in (*self.parameters, *self.output)]
        return frozenset(map(plain_name, [self.tool.name, *names, *values]))

    @lazy
    def naming(self) -> list[tuple[str, str]]:
        """The descriptions that could speak of another tool, each with its pointer."""
        search = NAMES_SOMETHING.search
        described = [one for one in self.parameters if one.description and search(one.description)]
        naming = [(one.pointer + "/description", one.description) for one in described]
        return [("/description", self.tool.description), *naming] if search(self.tool.description) else naming

    @lazy
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Every string of the definition with its pointer, names of properties included."""
        return tuple(walk_strings(self.tool.wire))

    @lazy
    def passages(self) -> tuple[Passage, ...]:
        """The same, to be read as sentences."""
        return tuple([Passage(*one, self.lexicon.sieve) for one in self.texts])

    @lazy
    def word_sets(self) -> list[frozenset[str]]:
        """The words of each string of several words, in no order: a passage worth looking for has one of these sets."""
        return [self.description_words, *[frozenset(words_of(text)) for text in self._strings[0]]]

    @lazy
    def anywhere(self) -> frozenset[str]:
        """The words of all strings of the definition."""
        return frozenset().union(fold(" ".join(self._strings[1])).split(), *self.word_sets)

    @lazy
    def text_conditions(self) -> frozenset[int]:
        """The numbers of the sieve's conditions that could hold for one of these strings."""
        sieve = self.lexicon.sieve
        possible = sieve.conditions(sieve.phrases(self.anywhere))
        if not possible:
            return frozenset()
        short = frozenset(fold(" ".join(self._strings[1])).split())
        standing = [sieve.phrases(words) for words in (short, *self.word_sets)]
        return frozenset([one for one in possible if any(sieve.may_hold(one, phrases) for phrases in standing)])

    @lazy
    def _strings(self) -> tuple[list[str], list[str]]:
        """The strings of several words but for the description, and those of one word; names of properties included."""
        long: list[str] = []
        short: list[str] = []
        pending = [value for key, value in self.tool.wire.items() if key != "description"]
        for node in pending:  # grows while it is walked
            if isinstance(node, str):
                (short if node.isalnum() else long).append(node)
            elif isinstance(node, dict):
                for name, value in node.items():
                    (short if name.isalnum() else long).append(name)
                    pending.append(value)
            elif isinstance(node, list):
                pending += node
        return long, short

    @lazy
    def odd_characters(self) -> frozenset[str]:
        """The characters of the definition that are no plain ASCII."""
        text = self.tool.canonical
        if "\\" not in text or not any(mark in text for mark in ("\\u", "\\b", "\\f")):
            return frozenset()
        return frozenset(json.loads(f'"{" ".join(_ODD.findall(text))}"'))

    @lazy
    def met(self) -> int:
        """The needs of the rules that this tool meets; see `classifier.needs`."""
        needs = self.lexicon.needs
        words = self.description_words
        met = needs.met("form", self._form()) | needs.met("text", words) | needs.met("anywhere", self.anywhere)
        met |= needs.met("name", [token.word for token in self.tool.words])
        met |= needs.met("sieve", map(str, self.text_conditions))
        for place, acts in (("name", self.name_acts), ("title", self.title_acts), ("lead", self.lead_acts)):
            if acts:
                met |= needs.met(place + "-verb", [act.verb for act in acts])
                met |= needs.met(place + "-head", [act.objects[-1].word for act in acts if act.objects])
                met |= needs.met(place + "-object", [token.word for act in acts for token in act.objects])
        for one in self.told_parameters:
            met |= needs.parameters[one.name]
            if one.format:
                met |= needs.met("parameter-format", (one.format,))
        if self.odd_characters:
            met |= needs.met("character", self.odd_characters)
        return met | self._met_by_output() if self.output else met

    def _met_by_output(self) -> int:
        needs = self.lexicon.needs
        forms = frozenset().union(*[read_name(one.name).forms for one in self.output])
        return needs.met("output", forms) | needs.met("output-format", [one.format for one in self.output])

    @lazy
    def parameter_forms(self) -> frozenset[str]:
        """The forms in which lists could name the parameters."""
        return frozenset().union(*[read_name(one.name).forms for one in self.parameters])

    def _form(self) -> list[str]:
        """Return what stands in the definition whatever its words are."""
        tool = self.tool
        form = list(self.structure)
        if self.told_parameters:
            form.append("parameter")
        if self.output:
            form.append("output")
        if self.choices:
            form.append("action")
        form += _states(tool.annotations[1:])
        if self.odd_characters and any(map(str.isalpha, self.odd_characters)):
            form.append("foreign")
        text = tool.canonical
        if " " * 12 in text or ("\\" in text and _RUN.search(text)):
            form.append("run")
        if "<" in text or _BRACKET.search(text):
            form.append("tag")
        if self.naming:
            form.append("reference")
        return form


@lru_cache(maxsize=81)
def _states(hints: tuple[bool | None, ...]) -> tuple[str, ...]:
    """Return the keys of the four hints' states: there are 81 combinations."""
    return tuple([f"{hint} {state}" for hint, state in zip(HINTS, hints, strict=True)])


def _described(one: Parameter, told: Mapping[str, Parameter]) -> Parameter:
    """Return a parameter with the description that prose has of it, where the schema has none."""
    other = told.get(one.name) if one.depth == 0 and not one.description else None
    if other is None:
        return one
    return one._replace(
        description=other.description,
        description_pointer=other.description_pointer,
        description_start=other.description_start,
    )


def plain_name(name: str) -> str:
    """Return a name without what separates its words."""
    return fold(name).replace("_", "").replace("-", "").replace(" ", "").replace(".", "")


def _of_another_tool(sentence: Sentence) -> bool:
    """Tell whether a sentence sends the reader to another tool: "Use delete_file to remove it", "See also ..."."""
    words = sentence.words
    leads = words[0] in ("use", "see", "call", "prefer", "try", "unlike") or "instead" in sentence.word_set
    return leads and any("_" in word for word in words)


def negated(words: Sequence[str], at: int, lexicon: Lexicon) -> bool:
    """Tell whether a word shortly before place `at` takes back what follows."""
    return not lexicon.plain("hedges").isdisjoint(words[max(0, at - _REACH) : at])
