"""The leaves that ask about a definition's schemas, hints and form; see `classifier.leaves` for what a leaf is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from classifier.actions import LONGEST_ACTION, Value, is_nested
from classifier.acts import Act
from classifier.leaves import (
    Found,
    Leaf,
    LeafError,
    Subject,
    anywhere,
    read_list,
    read_mapping,
    read_phrases,
    read_verbs,
    words_in_row,
)
from classifier.lexicon import Lexicon, WordList
from classifier.phrase import Phrase, find_phrase, likely
from classifier.schema import Parameter, read_name
from classifier.text import Token, split_sentences, split_words
from classifier.verdict import SIGNALS, Category

_SHOWN = 3
"""Actions that are enough to show that there are several."""

_TYPES = ("string", "number", "integer", "boolean", "array", "object")


@dataclass(frozen=True, slots=True, eq=False)
class ParameterLeaf(Leaf):
    """Every parameter (or, for `output`, property of the result) of which everything stated is true.

    A type matches the parameter's own type; "unstated" matches where the schema gives none. `types` of an array's items
    are not looked at: the items' own properties are parameters too.
    """

    key: str
    names: WordList | None
    others: WordList | None
    types: tuple[str, ...]
    formats: tuple[str, ...]
    enum: WordList | None
    phrases: tuple[Phrase, ...]
    required: bool | None
    top: bool | None

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a mapping of name, except (names), type, format, enum, description, required and top."""
        value = read_mapping(value, ("name", "except", "type", "format", "enum", "description", "required", "top"))
        for flag in ("required", "top"):
            if not isinstance(value.get(flag, False), bool):
                raise LeafError(f"{flag} is true or false, not {value[flag]!r}")
        types = _strings(value.get("type", []))
        if unknown := set(types) - {*_TYPES, "unstated"}:
            raise LeafError(f"{min(unknown)!r} is no JSON Schema type")
        return cls(
            key,
            read_list(value["name"], lexicon, "names") if "name" in value else None,
            read_list(value["except"], lexicon, "names") if "except" in value else None,
            types,
            _strings(value.get("format", [])),
            read_list(value["enum"], lexicon, "words") if "enum" in value else None,
            read_phrases(value["description"], lexicon) if "description" in value else (),
            value.get("required"),
            value.get("top"),
        )

    def needs(self) -> tuple[frozenset[str], ...]:
        needs = []
        if self.names:
            needs.append(frozenset(f"{self.key}:{form}" for form in self.names.forms))
        if self.formats:
            needs.append(frozenset(f"{self.key}-format:{kind}" for kind in self.formats))
        if self.phrases:
            needs.append(anywhere(word for phrase in self.phrases for word in phrase.anchor))
        return tuple(needs) or (frozenset([f"form:{self.key}"]),)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        lexicon = features.lexicon
        found: list[Found] = []
        for one in features.told_parameters if self.key == "parameter" else features.output:
            if self._is_named(one.name) and self._is_shaped(one):
                found += self._ask_one(one, lexicon)
        return tuple(found)

    def _is_named(self, name: str) -> bool:
        """Tell whether a name is in the list of names and not in that of exceptions; see `classifier.lexicon`."""
        forms = read_name(name).forms
        if self.names and forms.isdisjoint(self.names.keys):
            return False
        return not self.others or forms.isdisjoint(self.others.keys)

    def _is_shaped(self, one: Parameter) -> bool:
        if self.required not in (None, one.required) or self.top not in (None, one.depth == 0):
            return False
        if self.types and not any(kind in self.types for kind in one.types or ("unstated",)):
            return False
        return not self.formats or one.format in self.formats

    def _ask_one(self, one: Parameter, lexicon: Lexicon) -> list[Found]:
        found = [Found(self.key, one.pointer, one.name, (one.start, one.start + len(one.name)))]
        if self.enum:
            value = next((item for item in _values(self.key, one) if item.quote.lower() in self.enum.forms), None)
            if value is None:
                return []
            found.append(value)
        if self.phrases:
            words = _in_description(self.key, one, self.phrases, lexicon)
            if words is None:
                return []
            found.append(words)
        return found


def _in_description(key: str, one: Parameter, phrases: Sequence[Phrase], lexicon: Lexicon) -> Found | None:
    phrases = likely(phrases, frozenset(split_words(one.description)))
    match = find_phrase(phrases, split_sentences(one.description), lexicon) if phrases else None
    if match is None:
        return None
    _, first, last = match
    span = (one.description_start + first.start, one.description_start + last.end)
    return Found(key, one.description_pointer, one.description[first.start : last.end], span)


def _values(key: str, one: Parameter) -> Iterator[Found]:
    """Yield the values of a closed list, each at its place ("" where the list is made of `const` branches)."""
    for index, value in enumerate(one.enum):
        if isinstance(value, str):
            if one.enum_pointer:
                yield Found(key, f"{one.enum_pointer}/{index}", value, (0, len(value)))
            else:
                yield Found(key, one.pointer, one.name, (0, len(one.name)), f"one of its values is {value!r}")


@dataclass(frozen=True, slots=True, eq=False)
class ActionValueLeaf(Leaf):
    """A value of a parameter that chooses the action ("delete" of action: list, delete), by its verb and object."""

    key: str
    verbs: frozenset[str]
    objects: WordList | None

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:
        """Take a list of verbs, or a mapping of verb and object."""
        if not isinstance(value, Mapping):
            return cls(key, read_verbs(value, lexicon), None)
        value = read_mapping(value, ("verb", "object"))
        objects = read_list(value["object"], lexicon, "nouns") if "object" in value else None
        return cls(key, read_verbs(value.get("verb"), lexicon), objects)

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset(["form:action"]),)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        for value, act in features.action_acts:
            if act.verb in self.verbs and self._has_object(act, features.tool.words):
                return (_show(self.key, value),)
        return ()

    def _has_object(self, act: Act, name: tuple[Token, ...]) -> bool:
        """Tell whether the value or, where it has no object of its own, the tool's name speaks of the object."""
        return self.objects is None or next(words_in_row(act.objects or name, self.objects), None) is not None


def _show(key: str, value: Value) -> Found:
    """Quote an action's name, or the name of the parameter that takes it."""
    note = "" if value.quote == value.text else f"one of its values is {value.text[:64]!r}"
    quoted = value.quote[:LONGEST_ACTION]
    return Found(key, value.pointer, quoted, (value.start, value.start + len(quoted)), note)


def _read_categories(value: Any, switch: str) -> tuple[frozenset[Category], bool]:
    """Read a list of categories, or a mapping of `any` (the categories) and a switch. Raises `LeafError`."""
    value = read_mapping(value if isinstance(value, Mapping) else {"any": value}, ("any", switch))
    names = _strings(value.get("any"))
    if not names or set(names) - {one.value for one in Category}:
        raise LeafError(f"expected a list of categories, not {value.get('any')!r}")
    if not isinstance(value.get(switch, False), bool):
        raise LeafError(f"{switch} is true or false, not {value[switch]!r}")
    return frozenset(map(Category, names)), value.get(switch, False)


@dataclass(frozen=True, slots=True, eq=False)
class ActionLeaf(Leaf):
    """One of the tool's actions that the rules give one of these categories.

    `top`: one that the whole call does, and not one of the steps that it is given.
    """

    key: str
    categories: frozenset[Category]
    top: bool

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:  # noqa: ARG003  every leaf is read the same way
        """Take a list of categories, or a mapping of any (the categories) and top (true or false)."""
        return cls(key, *_read_categories(value, "top"))

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset(["form:action"]),)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        for one in subject.actions:
            if one.category in self.categories and not (self.top and is_nested(one.parameter)):
                shown = one.evidence[0]
                note = f"an action that is {one.category.value}"
                return (Found(self.key, shown.pointer, shown.quote, shown.span, note),)
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class AnnotationLeaf(Leaf):
    """The server's own hints, each in one of its three states."""

    key: str
    wanted: tuple[tuple[str, bool | None], ...]

    HINTS: ClassVar[Mapping[str, str]] = {
        "read_only": "readOnlyHint",
        "destructive": "destructiveHint",
        "idempotent": "idempotentHint",
        "open_world": "openWorldHint",
    }

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:  # noqa: ARG003  every leaf is read the same way
        """Take a mapping of hints to true, false or absent."""
        value = read_mapping(value, tuple(cls.HINTS))
        states = {True: True, False: False, "absent": None}
        for hint, state in value.items():
            if state not in states:
                raise LeafError(f"{hint} is true, false or absent, not {state!r}")
        return cls(key, tuple((hint, states[state]) for hint, state in value.items()))

    def needs(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset([f"form:{hint} {state}"]) for hint, state in self.wanted)

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        annotations = subject.features.tool.annotations
        if any(getattr(annotations, hint) is not state for hint, state in self.wanted):
            return ()
        return tuple([self._found(hint, state) for hint, state in self.wanted])

    def _found(self, hint: str, state: bool | None) -> Found:
        if state is None:
            return Found(self.key, "", "", (0, 0), f"{self.HINTS[hint]} is absent")
        name = self.HINTS[hint]
        return Found(self.key, f"/annotations/{name}", name, (0, len(name)), f"{name} is {str(state).lower()}")


@dataclass(frozen=True, slots=True, eq=False)
class StructureLeaf(Leaf):
    """A property of the definition's form."""

    key: str
    wanted: str

    KINDS: ClassVar[tuple[str, ...]] = (
        "no-description",
        "no-schema",
        "many-parameters",
        "open-arguments",
        "several-actions",
        "http-methods",
        "unjudged-actions",
    )

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:  # noqa: ARG003  every leaf is read the same way
        """Take one of the kinds."""
        if value not in cls.KINDS:
            raise LeafError(f"expected one of {', '.join(cls.KINDS)}, not {value!r}")
        return cls(key, value)

    def needs(self) -> tuple[frozenset[str], ...]:
        return (frozenset(["form:" + self.wanted]),)

    def is_exact(self) -> bool:
        return True

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        features = subject.features
        if self.wanted not in features.structure:
            return ()
        if self.wanted in ("several-actions", "http-methods"):
            one = next(one for one in features.choices if one.is_http or self.wanted != "http-methods")
            return tuple([_show(self.key, value) for value in one.values[:_SHOWN]])
        notes = {
            "no-description": "no description, or an empty one",
            "no-schema": "no input schema",
            "many-parameters": f"{sum(one.depth == 0 for one in features.parameters)} parameters",
            "open-arguments": "additionalProperties is true",
            "unjudged-actions": "more actions, or longer names of actions, than are judged one by one",
        }
        pointer = "" if self.wanted in ("no-description", "no-schema") else "/inputSchema"
        return (Found(self.key, pointer, "", (0, 0), notes[self.wanted]),)


@dataclass(frozen=True, slots=True, eq=False)
class FoundLeaf(Leaf):
    """The category that the category rules gave the tool; for rules of signals only.

    `quoted`: with the words that the category rests on.
    """

    key: str
    categories: frozenset[Category]
    quoted: bool

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:  # noqa: ARG003  every leaf is read the same way
        """Take a list of categories, or a mapping of any (the categories) and quoted (true or false)."""
        return cls(key, *_read_categories(value, "quoted"))

    def needs(self) -> tuple[frozenset[str], ...]:
        return ()

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        if subject.category not in self.categories:
            return ()
        said = Found(self.key, "", "", (0, 0), f"our rules call it {subject.category.value}")
        if not self.quoted or not subject.support:
            return (said,)
        words = [one for one in subject.support[0].evidence if one.quote]
        return (said, *(Found(self.key, one.pointer, one.quote, one.span, said.note) for one in words))


@dataclass(frozen=True, slots=True, eq=False)
class SignalLeaf(Leaf):
    """One of several other signals that the tool has, with its evidence; for rules of signals only."""

    key: str
    signals: tuple[str, ...]

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:  # noqa: ARG003  every leaf is read the same way
        """Take a list of signals."""
        names = _strings(value)
        if not names or set(names) - SIGNALS.keys():
            raise LeafError(f"expected a list of signals, not {value!r}")
        return cls(key, names)

    def needs(self) -> tuple[frozenset[str], ...]:
        return ()

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        found: list[Found] = []
        for name in self.signals:
            evidence = subject.signals.get(name, ())
            told = [one for one in evidence if one.quote] or evidence
            found += [Found(self.key, one.pointer, one.quote, one.span, f"the signal {name}") for one in told]
        return tuple(found)


def _strings(value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise LeafError(f"expected a word or a list of words, not {value!r}")
    return tuple(items)
