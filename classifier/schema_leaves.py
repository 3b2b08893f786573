"""The leaves that ask about a definition's schemas, hints and form; see `classifier.leaves` for what a leaf is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

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
from classifier.phrase import Phrase, find_phrase
from classifier.schema import Parameter, read_name
from classifier.text import Token, split_sentences
from classifier.verdict import Category

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
        for one in features.parameters if self.key == "parameter" else features.output:
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
        found = [Found(self.key, one.pointer, one.name, (0, len(one.name)))]
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


def _in_description(key: str, one: Parameter, phrases: tuple[Phrase, ...], lexicon: Lexicon) -> Found | None:
    match = find_phrase(phrases, split_sentences(one.description), lexicon)
    if match is None:
        return None
    _, first, last = match
    span = (first.start, last.end)
    return Found(key, one.pointer + "/description", one.description[slice(*span)], span)


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
        for one, index, act in features.action_acts:
            if one.enum_pointer and act.verb in self.verbs and self._has_object(act, features.tool.words):
                value = one.enum[index]
                return (Found(self.key, f"{one.enum_pointer}/{index}", value, (0, len(value))),)
        return ()

    def _has_object(self, act: Act, name: tuple[Token, ...]) -> bool:
        """Tell whether the value or, where it has no object of its own, the tool's name speaks of the object."""
        return self.objects is None or next(words_in_row(act.objects or name, self.objects), None) is not None


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
        if self.wanted == "several-actions":
            one = features.action_parameters[0]
            return (Found(self.key, one.pointer, one.name, (0, len(one.name)), f"{len(one.enum)} actions"),)
        notes = {
            "no-description": "no description, or an empty one",
            "no-schema": "no input schema",
            "many-parameters": f"{sum(one.depth == 0 for one in features.parameters)} parameters",
            "open-arguments": "additionalProperties is true",
        }
        pointer = "" if self.wanted in ("no-description", "no-schema") else "/inputSchema"
        return (Found(self.key, pointer, "", (0, 0), notes[self.wanted]),)


@dataclass(frozen=True, slots=True, eq=False)
class FoundLeaf(Leaf):
    """The category that the category rules gave the tool; for rules of signals only."""

    key: str
    categories: frozenset[Category]

    @classmethod
    def read(cls, key: str, value: Any, lexicon: Lexicon) -> Leaf:  # noqa: ARG003  every leaf is read the same way
        """Take a list of categories."""
        names = _strings(value)
        if not names or set(names) - {one.value for one in Category}:
            raise LeafError(f"expected a list of categories, not {value!r}")
        return cls(key, frozenset(Category(name) for name in names))

    def needs(self) -> tuple[frozenset[str], ...]:
        return ()

    def ask(self, subject: Subject) -> tuple[Found, ...]:
        if subject.category not in self.categories:
            return ()
        return (Found(self.key, "", "", (0, 0), f"our rules call it {subject.category.value}"),)


def _strings(value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise LeafError(f"expected a word or a list of words, not {value!r}")
    return tuple(items)
