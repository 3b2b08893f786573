"""What rules ask about a tool, worked out once: its verbs and their objects, and the keys by which rules are found.

A name's verb is its first clear one: `gitlab_delete_project`, `d1_database_delete` and `get_order` all have one, and a
word that is as often a noun ("order", "deploy") counts only where no clear verb stands in the name. A description's
verb leads its first sentence, after the phrases that lead in ("This tool allows you to").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from classifier.lexicon import Lexicon
from classifier.schema import Parameter
from classifier.text import Sentence, Token
from classifier.tool import Tool

MANY_PARAMETERS = 10
"""The closed catalogue's threshold, kept so that the two can be compared."""

_REACH = 4
"""Words before a phrase in which a negation still speaks of it: "does not permanently delete"."""


@dataclass(frozen=True, slots=True)
class Act:
    """A verb, where it stands, and the words of what it is done to, in order; the last of them is the object's head."""

    verb: str
    token: Token
    objects: tuple[Token, ...]


@dataclass(frozen=True)
class Features:
    """A tool seen through a lexicon. Everything is worked out on first use and kept."""

    tool: Tool
    lexicon: Lexicon

    @cached_property
    def name_acts(self) -> tuple[Act, ...]:
        """The name's verb with its object, and the verbs joined to it by "and" or "or"."""
        return _identifier_acts(self.tool.words, self.lexicon)

    @cached_property
    def title_acts(self) -> tuple[Act, ...]:
        """The same of the title."""
        return _identifier_acts(self.tool.title_words, self.lexicon)

    @cached_property
    def lead_acts(self) -> tuple[Act, ...]:
        """The verb that leads the description with its object, and the verbs coordinated with it."""
        first = next((one for one in self.tool.sentences if one.section == "main"), None)
        return tuple(_lead_acts(first.tokens, self.tool.description, self.lexicon)) if first else ()

    @cached_property
    def description_words(self) -> frozenset[str]:
        """Every word of the description outside the sections on arguments, errors, examples and other tools."""
        return frozenset(token.word for one in self.prose for token in one.tokens)

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
    def structure(self) -> tuple[str, ...]:
        """The properties of the definition's form that `StructureLeaf` knows."""
        tool = self.tool
        schema = tool.wire.get("inputSchema")
        kinds = {
            "no-description": not tool.description.strip(),
            "many-parameters": sum(one.depth == 0 for one in tool.parameters) >= MANY_PARAMETERS,
            "open-arguments": isinstance(schema, Mapping) and schema.get("additionalProperties") is True,
            "several-actions": bool(self.action_parameters),
        }
        return tuple(kind for kind, holds in kinds.items() if holds)

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Every string that a client may show or hand to a model, with its pointer."""
        tool = self.tool
        own = [("/name", tool.name), (tool.title_pointer, tool.title), ("/description", tool.description)]
        return (*own, *((one.pointer + "/description", one.description) for one in tool.parameters))

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
        if not all(
            text.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable() for _, text in self.texts
        ):
            yield "characters:"


def _parameter_keys(prefix: str, parameters: Sequence[Parameter]) -> Iterator[str]:
    if parameters:
        yield prefix
    for one in parameters:
        for token in one.words:
            yield prefix + token.word


def _identifier_acts(words: Sequence[Token], lexicon: Lexicon) -> tuple[Act, ...]:
    """Find the verb of a name, and those joined to it."""
    places = [(index, *found) for index in range(len(words)) if (found := _verb_at(words, index, lexicon.bases))]
    if not places:
        return ()
    clear = [place for place in places if place[1] not in lexicon.nouns]
    primary = (clear or places)[0]
    acts = [_identifier_act(words, *primary, lexicon)]
    for index, verb, length in places:
        if index > primary[0] and words[index - 1].word in ("and", "or", "then", "n"):
            acts.append(_identifier_act(words, index, verb, length, lexicon))
    return tuple(acts)


def _identifier_act(words: Sequence[Token], index: int, verb: str, length: int, lexicon: Lexicon) -> Act:
    after = _until_clause_end(words[index + length :], lexicon)
    token = Token(verb, words[index].start, words[index + length - 1].end)
    return Act(verb, token, after or tuple(words[:index]))


def _verb_at(words: Sequence[Token], index: int, known: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the verb that starts at `index` and its length in words; a verb with its particle goes first."""
    if index + 1 < len(words):
        pair = known.get(f"{words[index].word} {words[index + 1].word}")
        if pair:
            return pair, 2
    verb = known.get(words[index].word)
    return (verb, 1) if verb else None


def _until_clause_end(words: Sequence[Token], lexicon: Lexicon) -> tuple[Token, ...]:
    kept = []
    for token in words:
        if token.word in lexicon.plain("clause-ends"):
            break
        kept.append(token)
    return tuple(kept)


def _lead_acts(words: Sequence[Token], text: str, lexicon: Lexicon) -> Iterator[Act]:
    start, lead_in = 0, lexicon.plain("lead-in")
    while start < len(words) and words[start].word in lead_in and not _verb_at(words, start, lexicon.inflected):
        start += 1
    found = _verb_at(words, start, lexicon.inflected) if start < len(words) else None
    while found:
        verb, length = found
        end = start + length
        yield Act(
            verb, Token(verb, words[start].start, words[end - 1].end), _until_clause_end(words[end : end + 12], lexicon)
        )
        start = _coordinated(words, end, text)
        found = _verb_at(words, start, lexicon.inflected) if start < len(words) else None


def _coordinated(words: Sequence[Token], at: int, text: str) -> int:
    """Return the place of the next word joined by a comma, slash, "and" or "or" to the one before `at`, or the end."""
    if at >= len(words):
        return at
    if words[at].word in ("and", "or", "then"):
        return at + 1
    between = text[words[at - 1].end : words[at].start]
    return at if set(between) & set(",/&|") else len(words)


def _of_another_tool(sentence: Sentence) -> bool:
    """Tell whether a sentence sends the reader to another tool: "Use delete_file to remove it", "See also ..."."""
    words = [token.word for token in sentence.tokens]
    leads = words[0] in ("use", "see", "call", "prefer", "try", "unlike") or "instead" in words
    return leads and any("_" in word for word in words)


def negated(tokens: Sequence[Token], at: int, lexicon: Lexicon) -> bool:
    """Tell whether a word shortly before place `at` takes back what follows."""
    hedges = lexicon.plain("hedges")
    return any(token.word in hedges for token in tokens[max(0, at - _REACH) : at])
