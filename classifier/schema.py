"""Walks a JSON Schema into its properties, nested ones included. Resolves no remote reference; bounded in every way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from classifier.text import split_identifier

_DEEPEST = 24
"""Levels of properties looked into; the deepest of 806 real schemas has 21 levels of JSON."""

_MOST = 20_000
"""Properties looked at in one schema, so that a schema whose definitions refer to each other ends."""

_LONGEST_NAME = 256
"""Code points of a parameter's name that are looked at."""

USUAL_NAME = 64
"""Code points of names that are worth keeping: longer ones do not come twice, and would make a store of them large."""

_LONGEST_ROW = 3
"""Words in a row that a list can name."""

_BRANCHES = ("anyOf", "oneOf", "allOf")
_JOINS = frozenset(["$ref", *_BRANCHES])
"""Keys by which a schema takes in others; most have none, which is asked first."""

_NESTS = frozenset(["properties", "items", "prefixItems", "additionalProperties", "patternProperties"]) | _JOINS
"""Keys below which further properties may stand."""


class Parameter(NamedTuple):
    """One property of the input schema (or of the output schema), nested ones included.

    `pointer` is an RFC 6901 pointer into the wire JSON; `path` is dotted, arrays as `[]` ("files[].path"). `types` are
    JSON Schema type names (empty when unstated). `required` is true only if every object on the way requires it.
    `description_pointer` leads to the description, which may stand in a branch or behind a reference. `start` and
    `description_start` say where in those strings name and description begin: 0 but for what prose lists.
    """

    name: str
    path: str
    pointer: str
    types: tuple[str, ...]
    format: str
    description: str
    enum: tuple[Any, ...]
    enum_pointer: str
    required: bool
    depth: int
    description_pointer: str
    start: int
    description_start: int

    @property
    def words(self) -> tuple[str, ...]:
        """The name's words, lower case."""
        return read_name(self.name).words


class ParameterName(NamedTuple):
    """A parameter's name as rules ask about it: its words, and every form in which a list could name it.

    The forms of "file_path": "file", "path", "file path", "=file path", "path$" and "file path$".
    """

    words: tuple[str, ...]
    forms: frozenset[str]


def read_name(name: str) -> ParameterName:
    """Read a parameter's name."""
    return _known_name(name) if len(name) <= USUAL_NAME else _read_name(name[:_LONGEST_NAME])


def _read_name(name: str) -> ParameterName:
    words = tuple([token.word for token in split_identifier(name)])
    count = len(words)
    forms = {"=" + " ".join(words)}
    for start in range(count):
        for end in range(start + 1, min(start + _LONGEST_ROW, count) + 1):
            forms.add(" ".join(words[start:end]))
    forms.update([" ".join(words[start:]) + "$" for start in range(max(0, count - _LONGEST_ROW), count)])
    return ParameterName(words, frozenset(forms))


_known_name = lru_cache(maxsize=4096)(_read_name)
"""A few thousand names make up nearly all the parameters there are."""


_DESCRIBES = frozenset(["type", "description", "enum"])
"""Of these, the schema of a property has one at least."""


class _Place(NamedTuple):
    """A schema whose properties are still to be looked at."""

    schema: Mapping[str, Any]
    pointer: str
    path: str
    required: bool
    depth: int


class _Walk(NamedTuple):
    """The document that references are resolved in, and whether properties are taken in the order of their names.

    `bare` says that the document is the properties themselves; see `_is_bare`.
    """

    root: Mapping[str, Any]
    pointer: str
    canonical: bool
    bare: bool


def walk_properties(schema: Any, pointer: str, *, canonical: bool = False) -> tuple[Parameter, ...]:
    """Return every property of `schema`, which stands at `pointer` in the wire JSON; none for what is no schema.

    The order is the author's or, if `canonical`, one that the order of keys in the wire JSON has no part in.
    """
    if not isinstance(schema, dict):
        return ()
    walk = _Walk(schema, pointer, canonical, _is_bare(schema))
    found: list[Parameter] = []
    pending = [_Place(schema, pointer, "", True, 0)]
    while pending and len(found) < _MOST:
        pending.extend(reversed(_look_at(pending.pop(), walk, found)))
    return tuple(found[:_MOST])


def _is_bare(schema: Mapping[str, Any]) -> bool:
    """Tell whether a schema lacks its envelope: {"path": {"type": "string"}}, which some servers list."""
    return (
        bool(schema)
        and "properties" not in schema
        and all(isinstance(value, dict) and not _DESCRIBES.isdisjoint(value) for value in schema.values())
    )


def _look_at(place: _Place, walk: _Walk, found: list[Parameter]) -> list[_Place]:
    """Add the properties of a schema and of its branches to those found; return the schemas below them."""
    below: list[_Place] = []
    for part, part_at in _parts(place.schema, place.pointer, walk):
        bare = walk.bare and part is walk.root
        properties = part if bare else part.get("properties")
        if not isinstance(properties, dict):
            continue
        properties_at = part_at if bare else f"{part_at}/properties"
        wanted = part.get("required")
        required = set(map(str, wanted)) if place.required and isinstance(wanted, list) else ()
        for name in sorted(properties) if walk.canonical else properties:
            child = properties[name]
            if not isinstance(child, dict):
                child = {}
            at = f"{properties_at}/{escape(name)}"
            parts = _parts(child, at, walk)
            one = _parameter(parts, at, name, place, name in required)
            found.append(one)
            if place.depth < _DEEPEST and not _NESTS.isdisjoint(child):
                below += _inner(parts, one, walk)
    return below


def _parts(node: Mapping[str, Any], at: str, walk: _Walk) -> list[tuple[Mapping[str, Any], str]]:
    """Return `node`, what it refers to within the document, and its branches, each once."""
    if _JOINS.isdisjoint(node):
        return [(node, at)]
    parts = [(node, at)]
    seen = {id(node)}
    for part, part_at in parts:  # grows while it is walked
        more = [_resolve(part.get("$ref"), walk.root, walk.pointer)] if "$ref" in part else []
        for key in _BRANCHES:
            branches = part.get(key)
            if isinstance(branches, list):
                more += [(branch, f"{part_at}/{key}/{index}") for index, branch in enumerate(branches)]
        for branch, branch_at in more:
            if isinstance(branch, dict) and id(branch) not in seen and len(parts) < _DEEPEST * 8:
                seen.add(id(branch))
                parts.append((branch, branch_at))
    return parts


def _resolve(reference: Any, root: Any, root_at: str) -> tuple[Any, str]:
    """Follow a reference inside the document; `(None, "")` for a remote or broken one."""
    if not isinstance(reference, str) or not reference.startswith("#/") or len(reference) > 512:
        return None, ""
    node = root
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, dict) else None
        if node is None:
            return None, ""
    return node, root_at + reference[1:]


def _parameter(
    parts: list[tuple[Mapping[str, Any], str]], at: str, name: str, place: _Place, required: bool
) -> Parameter:
    first = parts[0][0]
    types = _types(first)
    form = first.get("format")
    description = first.get("description")
    described_at = at
    for part, part_at in parts[1:]:
        types = tuple(dict.fromkeys((*types, *_types(part))))
        form = form if isinstance(form, str) else part.get("format")
        if not isinstance(description, str):
            description, described_at = part.get("description"), part_at
    values, values_at = _values(parts)
    fields = (
        name,
        f"{place.path}.{name}" if place.path else name,
        at,
        types,
        form if isinstance(form, str) else "",
        description if isinstance(description, str) else "",
        values,
        values_at,
        required,
        place.depth,
        f"{described_at}/description",
        0,
        0,
    )
    return tuple.__new__(Parameter, fields)  # in half the time that `Parameter(...)` takes


def _types(part: Mapping[str, Any]) -> tuple[str, ...]:
    kind = part.get("type")
    if isinstance(kind, str):
        return (kind,)
    return tuple(dict.fromkeys([item for item in kind if isinstance(item, str)])) if isinstance(kind, list) else ()


def _values(parts: list[tuple[Mapping[str, Any], str]]) -> tuple[tuple[Any, ...], str]:
    """Return the closed list of values that a property may take, and where it stands: `enum`, or `const` branches."""
    constants: tuple[Any, ...] = ()
    for part, at in parts:
        values = part.get("enum")
        if isinstance(values, list):
            return tuple(values), f"{at}/enum"
        if "const" in part:
            constants = (*constants, part["const"])
    return constants, ""


def _inner(parts: list[tuple[Mapping[str, Any], str]], one: Parameter, walk: _Walk) -> list[_Place]:
    """Return the schemas below a property: itself if it is an object, its items if it is an array."""
    inner = []
    for part, at in parts:
        if "properties" in part and part is not walk.root:
            inner.append(_Place(part, at, one.path, one.required, one.depth + 1))
        for below, below_at in _unnamed(part, at):
            inner.append(_Place(below, below_at, f"{one.path}[]", one.required, one.depth + 1))
    return inner


def _unnamed(part: Mapping[str, Any], at: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the schemas of what stands below a property without a name: items, values of a map, items of those."""
    pending = [(part, at)]
    for node, node_at in pending:  # grows while it is walked
        below = [(node.get(key), f"{node_at}/{key}") for key in ("items", "additionalProperties") if key in node]
        rows, maps = node.get("prefixItems"), node.get("patternProperties")
        if isinstance(rows, list):
            below += [(row, f"{node_at}/prefixItems/{index}") for index, row in enumerate(rows)]
        if isinstance(maps, dict):
            below += [(row, f"{node_at}/patternProperties/{escape(key)}") for key, row in maps.items()]
        found = [(one, one_at) for one, one_at in below if isinstance(one, dict)]
        yield from found
        if len(pending) < _DEEPEST:
            pending += found[:_DEEPEST]


def walk_strings(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every string of decoded JSON with its pointer, names of properties included, in the canonical order."""
    pending = [("", "", value)]
    while pending:
        name, at, node = pending.pop()
        if name:
            yield at, name
        if isinstance(node, str):
            yield at, node
        elif isinstance(node, dict):
            pending += [
                (key, f"{at}/{escape(key)}", child)
                for key, child in sorted(node.items(), key=lambda item: item[0], reverse=True)
            ]
        elif isinstance(node, list):
            pending += [("", f"{at}/{index}", child) for index, child in reversed(list(enumerate(node)))]


def escape(name: str) -> str:
    """Return a property's name as one RFC 6901 reference token."""
    if "~" not in name and "/" not in name:
        return name
    return name.replace("~", "~0").replace("/", "~1")
