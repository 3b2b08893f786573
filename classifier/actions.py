"""Finds the actions that one tool offers: the values of a parameter that chooses among them, or a list in its prose.

A parameter chooses what a tool does by its name (`action`), or by a name that is as often an option's (`mode`, `type`)
and values that are acts. Formats, units, orders and sums ("fast or thorough", "mean or median") are no actions. Knows
no rule, and judges nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from classifier.acts import lead_acts, value_acts
from classifier.lexicon import Lexicon
from classifier.listings import Span, announced_lists, keyed_names, labelled, leading_list, lists_in
from classifier.schema import Parameter, read_name
from classifier.text import Token, fold, split_identifier, split_sentences, split_words
from classifier.tool import Tool

METHODS: Mapping[str, str] = {
    "GET": "get",
    "HEAD": "get",
    "OPTIONS": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "update",
    "DELETE": "delete",
    "TRACE": "get",
    "CONNECT": "connect",
}
"""The methods of HTTP by what they do; RFC 9110 calls GET, HEAD, OPTIONS and TRACE safe."""

_MOSTLY = 0.6
"""The share of a list's names that must be acts for the list to be one of actions."""

_SURELY = 0.75
"""The same for the values of a parameter whose name is as often an option's."""

_ANNOUNCES = frozenset(["action", "actions", "operation", "operations", "subcommand", "subcommands", "methods"])
"""The words of which a description has one that lists actions; see `classifier.listings`."""
_LISTS = frozenset(["actions", "operations", "commands", "steps", "modifications", "changes", "edits", "mutations"])
"""Names of arrays and objects in which a `type` is the type of an action."""

_LONGEST_LINE = 400
"""Code points of the line about one parameter or value that are looked at."""

MOST_ACTIONS = 512
"""Actions of one definition that get a verdict; the largest of 15,000 real tools offers 130.

The verbs of all of them count for the tool, whatever their number.
"""

LONGEST_ACTION = 256
"""Code points of the name of an action that gets a verdict, and that are looked at in others; real ones have up to 33.
"""

_FILTERS = frozenset(["filter", "filters", "filtering", "filtered"])
_SENTENCE = re.compile(r"[A-Za-z]+\s+[A-Za-z]")
"""How a sentence begins, and a list of parameters ("name, color*") does not."""

_DETERMINERS = frozenset(
    ["a", "an", "the", "all", "any", "each", "every", "this", "these", "your", "its", "at", "to", "into", "on"]
)
"""Words behind what could be a thing that make it a verb: "order the parts"."""


class Gloss(NamedTuple):
    """What the definition says of one value: the text, and where it begins in the string at `pointer`."""

    text: str
    pointer: str
    start: int


class Value(NamedTuple):
    """An action's name, and `quote`, which shows it: that begins at `start` in the string at `pointer`.

    The quote is the name itself or, where a reference leads to it, the name of the parameter that takes it. `words` are
    the name's, with the verb first where other names show what is the thing ("freeze_delete"); none for things alone.
    """

    text: str
    pointer: str
    start: int
    quote: str
    words: tuple[Token, ...] = ()
    gloss: Gloss | None = None


class Choice(NamedTuple):
    """Actions of which a call chooses one.

    `path` is the dotted path of the parameter that takes it, "" where none is known to; `pointer` leads to what is said
    of that parameter, or to the tool's description. `sure`: the actions stand in the schema, in the description's first
    words or in examples of calls, and not only further on. `is_http`: they are the methods of HTTP.
    """

    path: str
    pointer: str
    sure: bool
    values: tuple[Value, ...]
    is_http: bool


def to_judge(choices: Iterable[Choice]) -> Iterator[tuple[Choice, Value]]:
    """Yield the actions that get a verdict."""
    every = ((choice, value) for choice in choices for value in choice.values)
    return islice(((choice, value) for choice, value in every if len(value.text) <= LONGEST_ACTION), MOST_ACTIONS)


def is_nested(path: str) -> bool:
    """Tell whether a parameter stands below another one: its action is one step of a call."""
    return "." in path or "[" in path


def may_choose(text: str, words: frozenset[str], forms: frozenset[str], lexicon: Lexicon) -> bool:
    """Tell whether a description, of these words, or the forms of the names of parameters could speak of actions."""
    return not (
        _ANNOUNCES.isdisjoint(words)
        and forms.isdisjoint(lexicon.forms("action-names"))
        and forms.isdisjoint(lexicon.forms("option-names"))
        and not leading_list(text)
    )


def find_choices(tool: Tool, parameters: Iterable[Parameter], lexicon: Lexicon) -> tuple[Choice, ...]:
    """Return the choices of actions that a definition offers."""
    named = _named(parameters, lexicon)
    found = [choice for several in named.values() if (choice := _chosen(tool, several, lexicon))]
    if not found:
        found = _in_prose(tool, [several[0] for several in named.values()], lexicon)
    return tuple([_explained(choice, tool, lexicon) for choice in found])


def _named(parameters: Iterable[Parameter], lexicon: Lexicon) -> dict[str, list[Parameter]]:
    """Return the parameters that may choose an action, by path: each branch of a schema may have one of that path."""
    known = lexicon.forms("action-names") | lexicon.forms("option-names")
    found: dict[str, list[Parameter]] = {}
    for one in parameters:
        if not known.isdisjoint(read_name(one.name).forms) and not _filters(one):
            found.setdefault(one.path, []).append(one)
    return found


def _filters(one: Parameter) -> bool:
    """Tell whether a parameter only says which actions to look for: "Filter by action: created, deleted"."""
    return not _FILTERS.isdisjoint((*one.words, *(split_words(one.description) if "ilter" in one.description else ())))


def _chosen(tool: Tool, several: Sequence[Parameter], lexicon: Lexicon) -> Choice | None:
    """Return the choice that a parameter makes, if it makes one."""
    one = several[0]
    values = _closed(tool, several)
    if len(values) > 1:
        return (
            _choice(one.path, one.description_pointer, True, values)
            if _are_actions(values, one, tool, lexicon)
            else None
        )
    if not _takes_a_name(one, lexicon):
        return None
    listed = next((values for values in _lists_about(tool, one) if _mostly_act(values, lexicon)), None)
    return _choice(one.path, one.description_pointer, False, listed) if listed else None


def _choice(path: str, pointer: str, sure: bool, values: Iterable[Value]) -> Choice:
    every = tuple(values)
    return Choice(path, pointer, sure, every, _are_methods(every))


def _takes_a_name(one: Parameter, lexicon: Lexicon) -> bool:
    """Tell whether a parameter without a list takes the name of an action, and not a command line."""
    forms = read_name(one.name).forms
    return (
        _is_sure(one, lexicon)
        and forms.isdisjoint(lexicon.forms("command-names"))
        and (not one.types or "string" in one.types)
        and not one.enum
    )


def _are_actions(values: Sequence[Value], one: Parameter, tool: Tool, lexicon: Lexicon) -> bool:
    """Tell whether the values of a closed list are actions."""
    if _are_methods(values):
        return True
    names = [value.text for value in values]
    if _are_sums(names, lexicon):
        return False
    acting = sum(_acts(name, lexicon) for name in names)
    if _is_sure(one, lexicon) or not _LISTS.isdisjoint(one.path.replace("[]", "").split(".")[:-1]):
        return acting > 0 or one.required
    if _says_what_it_writes(tool, lexicon) and not _delete(names, lexicon):
        return False
    clear = any(
        act.verb not in lexicon.nouns
        for name in names
        for act in value_acts(split_identifier(name[:LONGEST_ACTION]), lexicon)
    )
    return clear and acting >= _SURELY * len(names)


def _says_what_it_writes(tool: Tool, lexicon: Lexicon) -> bool:
    """Tell whether the tool's name says what is done: in "update payment" a type is one of payments, and no action."""
    return any(act.verb in lexicon.mild - lexicon.nouns for act in value_acts(tool.words, lexicon))


def _delete(names: Iterable[str], lexicon: Lexicon) -> bool:
    """Tell whether one of the names does away with something, which is an action whatever the tool is called."""
    acts = (act for name in names for act in value_acts(split_identifier(name[:LONGEST_ACTION]), lexicon))
    return any(act.verb in lexicon.forms("delete-verbs") for act in acts)


def _are_methods(values: Iterable[Value]) -> bool:
    """Tell whether values are the methods of HTTP; stores get, put and delete, too."""
    names = {value.text.upper() for value in values}
    return names <= METHODS.keys() and not names <= {"GET", "PUT", "DELETE"}


def _is_sure(one: Parameter, lexicon: Lexicon) -> bool:
    """Tell whether the name alone says that the parameter chooses an action."""
    return not lexicon.forms("action-names").isdisjoint(read_name(one.name).forms)


def _acts(name: str, lexicon: Lexicon) -> bool:
    acts = value_acts(split_identifier(name[:LONGEST_ACTION]), lexicon)
    return any(act.verb not in lexicon.plain("things") for act in acts)


def _are_sums(names: Iterable[str], lexicon: Lexicon) -> bool:
    """Tell whether the names are those of sums: next to "subtract", to "add" changes nothing."""
    return not lexicon.plain("sum-words").isdisjoint(map(fold, names))


def _mostly_act(values: Sequence[Value], lexicon: Lexicon) -> bool:
    """Tell whether a list found in prose is one of actions."""
    names = [value.text for value in values]
    if _are_methods(values):
        return True
    acting = sum(_acts(name, lexicon) for name in names)
    return acting > 1 and acting >= _MOSTLY * len(names) and not _are_sums(names, lexicon)


def _closed(tool: Tool, several: Iterable[Parameter]) -> list[Value]:
    """Return the strings of a parameter's closed lists, each once."""
    found: dict[str, Value] = {}
    for one in several:
        for index, text in enumerate(one.enum):
            if isinstance(text, str) and text and text not in found:
                pointer = f"{one.enum_pointer}/{index}" if one.enum_pointer else _const_pointer(tool, one, text)
                found[text] = Value(text, pointer, 0, text) if pointer else Value(text, one.pointer, 0, one.name)
    return list(found.values())


def _const_pointer(tool: Tool, one: Parameter, text: str) -> str:
    """Return where a `const` stands: in the parameter's schema or in a branch of it; "" behind a reference."""
    node = node_at(tool.wire, one.pointer)
    if isinstance(node, Mapping) and node.get("const") == text:
        return f"{one.pointer}/const"
    for key in ("anyOf", "oneOf", "allOf"):
        for index, branch in enumerate(node_at(node, f"/{key}") or ()):
            if isinstance(branch, Mapping) and branch.get("const") == text:
                return f"{one.pointer}/{key}/{index}/const"
    return ""


def _lists_about(tool: Tool, one: Parameter) -> Iterator[list[Value]]:
    """Yield the lists of names in what is said of a parameter: in its own description, and in the tool's."""
    for names in lists_in(one.description):
        yield _as_values(names, one.description_pointer)
    line = re.search(
        rf"(?<![\w-]){re.escape(one.name[:64])}[`'\"*]{{0,3}}\s?(?:\([^()\n]{{0,80}}\)\s?)?:", tool.description
    )
    if line:
        for names in lists_in(tool.description, line.end(), line.end() + _LONGEST_LINE):
            yield _as_values(names, "/description")


def _in_prose(tool: Tool, named: Sequence[Parameter], lexicon: Lexicon) -> list[Choice]:
    """Return the choice of the actions that the description lists, as that of the one parameter that can take them."""
    text = tool.description
    calls = keyed_names(text)
    leading = leading_list(text)
    lists = [*announced_lists(text), *([leading] if all(_acts(name.text, lexicon) for name in leading) else []), calls]
    found = next((names for names in lists if _mostly_act(_as_values(names, ""), lexicon)), None)
    if not found:
        return []
    values = _as_values(found, "/description")
    if _are_methods(values):
        return []  # of requests that something else makes, as often as not
    takers = [one for one in named if one.depth == 0 and _takes_a_name(one, lexicon)]
    path, pointer = (takers[0].path, takers[0].description_pointer) if len(takers) == 1 else ("", "/description")
    return [_choice(path, pointer, found in (leading, calls), values)]


def _as_values(names: Iterable[Span], pointer: str) -> list[Value]:
    values = {name.text: Value(name.text, pointer, name.start, name.text) for name in names}
    return list(values.values())


def _explained(choice: Choice, tool: Tool, lexicon: Lexicon) -> Choice:
    """Return the choice with the words of each of its values, and with what the definition says of it."""
    own = node_at(tool.wire, choice.pointer)
    texts = [("/description", tool.description), *([(choice.pointer, own)] if isinstance(own, str) else [])]
    said = {name: Gloss(span.text, place, span.start) for place, text in texts for name, span in labelled(text).items()}
    names = [split_identifier(value.text[:LONGEST_ACTION]) for value in choice.values]
    things = _things(names, lexicon)
    mostly = 2 * sum(_acts(value.text, lexicon) for value in choice.values) >= len(names)
    values = [
        value._replace(
            words=_verb_first(words, things, lexicon) if mostly or _is_clear(words, lexicon) else (),
            gloss=next((one for one in _glosses(value, tool, said) if _says_what(one, lexicon)), None),
        )
        for value, words in zip(choice.values, names, strict=True)
    ]
    return choice._replace(values=tuple(values))


def _is_clear(words: tuple[Token, ...], lexicon: Lexicon) -> bool:
    """Tell whether a name among names of things ("release_notes", "start") is an action, or says that it informs."""
    acts = value_acts(words, lexicon)
    return len(words) == 1 or not acts or acts[0].verb not in lexicon.nouns


def _things(names: Iterable[tuple[Token, ...]], lexicon: Lexicon) -> frozenset[str]:
    """Return what the names say that something is done to: "freeze list" and "freeze delete" are done to a freeze."""
    seen: Counter[str] = Counter(
        " ".join([word.word for word in name[:-1]])
        for name in names
        if len(name) > 1 and name[-1].word in lexicon.bases and name[-1].word not in lexicon.plain("things")
    )
    return frozenset(thing for thing, count in seen.items() if count > 1)


def _verb_first(words: tuple[Token, ...], things: frozenset[str], lexicon: Lexicon) -> tuple[Token, ...]:
    """Return a name's words without the thing that it begins with, or with that last if a verb stands behind it."""
    for length in range(len(words) - 1, 0, -1):
        if " ".join([word.word for word in words[:length]]) in things:
            rest = words[length:]
            return (*rest, *words[:length]) if value_acts(rest, lexicon) else rest
    return () if len(words) == 1 and words[0].word in lexicon.plain("things") else words


def _glosses(value: Value, tool: Tool, said: Mapping[str, Gloss]) -> Iterator[Gloss]:
    """Yield what could say what one value does: its own branch, its place in a list of descriptions, the prose."""
    place, _, step = value.pointer.rpartition("/")
    beside = f"{place}/description" if step == "const" else f"{place.removesuffix('/enum')}/enumDescriptions/{step}"
    text = node_at(tool.wire, beside) if step == "const" or place.endswith("/enum") else None
    if isinstance(text, str):
        yield Gloss(text[:_LONGEST_LINE], beside, 0)
    if value.text in said:
        yield said[value.text]


def _says_what(gloss: Gloss, lexicon: Lexicon) -> bool:
    """Tell whether the words are a sentence that leads with a verb: "Tap the key", and not "file" or "single file"."""
    if not _SENTENCE.match(gloss.text):
        return False
    sentence = split_sentences(gloss.text)[0]
    acts = lead_acts(sentence.tokens, gloss.text, lexicon)
    if not acts or acts[0].verb not in lexicon.nouns:
        return bool(acts)
    verb = acts[0].token
    if fold(gloss.text[verb.start : verb.end]) != acts[0].verb:
        return True
    return verb.start == 0 and not _DETERMINERS.isdisjoint(sentence.words[1:2])


def node_at(value: Any, pointer: str) -> Any:
    """Return what stands at an RFC 6901 pointer; `None` where it leads nowhere."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value
