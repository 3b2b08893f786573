"""Walks a JSON Schema into its properties, nested ones included. Resolves no remote reference; bounded in every way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from classifier.text import Sentence, Token, split_identifier, split_sentences

_DEEPEST = 24
"""Levels of properties looked into; the deepest of 806 real schemas has 21 levels of JSON."""

_MOST = 20_000
"""Properties looked at in one schema, so that a schema whose definitions refer to each other ends."""

_BRANCHES = ("anyOf", "oneOf", "allOf")


@dataclass(frozen=True)
class Parameter:
    """One property of the input schema (or of the output schema), nested ones included.

    `pointer` is an RFC 6901 pointer into the wire JSON; `path` is dotted, arrays as `[]` ("files[].path"). `types` are
    JSON Schema type names (empty when unstated). `required` is true only if every object on the way requires it.
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

    @cached_property
    def words(self) -> tuple[Token, ...]:
        """The name's words, lower case."""
        return split_identifier(self.name[:256])

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The description's sentences."""
        return split_sentences(self.description)


def walk_properties(schema: Any, pointer: str) -> tuple[Parameter, ...]:
    """Return every property of `schema`, which stands at `pointer` in the wire JSON; none for what is no schema."""
    if not isinstance(schema, Mapping):
        return ()
    found: list[Parameter] = []
    pending: list[tuple[Mapping[str, Any], str, str, bool, int]] = [(schema, pointer, "", True, 0)]
    while pending and len(found) < _MOST:
        node, at, path, required, depth = pending.pop()
        children = []
        for child, child_at, name, child_required in _properties(node, at, schema, pointer):
            parameter = _parameter(child, child_at, name, path, required and child_required, depth, schema, pointer)
            found.append(parameter)
            if depth < _DEEPEST:
                children.extend(_inner(child, parameter, schema, pointer))
        pending.extend(reversed(children))
    return tuple(found[:_MOST])


def _properties(
    node: Mapping[str, Any], at: str, root: Any, root_at: str
) -> Iterator[tuple[Mapping[str, Any], str, str, bool]]:
    """Yield (schema, pointer, name, required) of each property of `node` and of its branches."""
    for part, part_at in _parts(node, at, root, root_at):
        properties = part.get("properties")
        if not isinstance(properties, Mapping):
            continue
        wanted = part.get("required")
        required = set(map(str, wanted)) if isinstance(wanted, list) else set()
        for name, child in properties.items():
            schema = child if isinstance(child, Mapping) else {}
            yield schema, f"{part_at}/properties/{escape(name)}", name, name in required


def _parts(node: Mapping[str, Any], at: str, root: Any, root_at: str) -> list[tuple[Mapping[str, Any], str]]:
    """Return `node`, what it refers to within the document, and its branches, each once."""
    parts = [(node, at)]
    seen = {id(node)}
    for part, part_at in parts:  # grows while it is walked
        more = [_resolve(part.get("$ref"), root, root_at)] if "$ref" in part else []
        for key in _BRANCHES:
            branches = part.get(key)
            if isinstance(branches, list):
                more += [(branch, f"{part_at}/{key}/{index}") for index, branch in enumerate(branches)]
        for branch, branch_at in more:
            if isinstance(branch, Mapping) and id(branch) not in seen and len(parts) < _DEEPEST * 8:
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
        node = node.get(key) if isinstance(node, Mapping) else None
        if node is None:
            return None, ""
    return node, root_at + reference[1:]


def _parameter(
    child: Mapping[str, Any], at: str, name: str, path: str, required: bool, depth: int, root: Any, root_at: str
) -> Parameter:
    parts = (
        _parts(child, at, root, root_at) if "$ref" in child or any(key in child for key in _BRANCHES) else [(child, at)]
    )
    values, values_at = _values(parts)
    return Parameter(
        name=name,
        path=f"{path}.{name}" if path else name,
        pointer=at,
        types=tuple(dict.fromkeys(kind for part, _ in parts for kind in _types(part))),
        format=next((part["format"] for part, _ in parts if isinstance(part.get("format"), str)), ""),
        description=next((part["description"] for part, _ in parts if isinstance(part.get("description"), str)), ""),
        enum=values,
        enum_pointer=values_at,
        required=required,
        depth=depth,
    )


def _types(part: Mapping[str, Any]) -> tuple[str, ...]:
    kind = part.get("type")
    if isinstance(kind, str):
        return (kind,)
    return tuple(item for item in kind if isinstance(item, str)) if isinstance(kind, list) else ()


def _values(parts: list[tuple[Mapping[str, Any], str]]) -> tuple[tuple[Any, ...], str]:
    """Return the closed list of values that a property may take, and where it stands: `enum`, or `const` branches."""
    for part, at in parts:
        if isinstance(part.get("enum"), list):
            return tuple(part["enum"]), f"{at}/enum"
    constants = tuple(part["const"] for part, _ in parts if "const" in part)
    return constants, ""


def _inner(
    child: Mapping[str, Any], parameter: Parameter, root: Any, root_at: str
) -> list[tuple[Mapping[str, Any], str, str, bool, int]]:
    """Return the schemas below a property: itself if it is an object, its items if it is an array."""
    inner = []
    for part, at in _parts(child, parameter.pointer, root, root_at):
        if "properties" in part and part is not root:
            inner.append((part, at, parameter.path, parameter.required, parameter.depth + 1))
        items = part.get("items")
        if isinstance(items, Mapping):
            inner.append((items, f"{at}/items", f"{parameter.path}[]", parameter.required, parameter.depth + 1))
    return inner


def walk_strings(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every string of decoded JSON with its pointer, names of properties included, in the order of the text."""
    pending = [("", "", value)]
    while pending:
        name, at, node = pending.pop()
        if name:
            yield at, name
        if isinstance(node, str):
            yield at, node
        elif isinstance(node, Mapping):
            pending += [(key, f"{at}/{escape(key)}", child) for key, child in reversed(list(node.items()))]
        elif isinstance(node, list):
            pending += [("", f"{at}/{index}", child) for index, child in reversed(list(enumerate(node)))]


def escape(name: str) -> str:
    """Return a property's name as one RFC 6901 reference token."""
    return name.replace("~", "~0").replace("/", "~1")
