"""Where the parameters of a definition stand in the arguments of a call. Knows no rule, and writes no policy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from catalogue.policies.paths import is_name
from classifier.schema import Parameter, walk_properties

_BRANCHES = ("anyOf", "oneOf", "allOf")


class Argument(NamedTuple):
    """A parameter and the path to it in a call; `None` if a name on the way holds what has a meaning in paths."""

    parameter: Parameter
    path: str | None

    @property
    def values(self) -> str | None:
        """The path to the single values: to the members, if it takes an array."""
        return f"{self.path}[]" if self.path and "array" in self.parameter.types else self.path


def arguments_of(definition: Mapping[str, Any]) -> tuple[Argument, ...]:
    parameters = walk_properties(definition.get("inputSchema"), "/inputSchema")
    unclear = {parameter.path for parameter in parameters if not is_name(parameter.name)}
    return tuple(
        [
            Argument(parameter, None if unclear and _is_below(parameter.path, unclear) else f"args.{parameter.path}")
            for parameter in parameters
        ]
    )


def _is_below(path: str, names: Collection[str]) -> bool:
    """Whether the path, or what stands before a dot or a bracket in it, is one of the names."""
    while path and path not in names:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return bool(path)


def pointed_at(arguments: Iterable[Argument], pointers: Iterable[str]) -> tuple[Argument, ...]:
    """The arguments whose parameters the pointers lead to or into, the innermost one each; in schema order."""
    by_pointer: dict[str, list[Argument]] = {}
    for argument in arguments:
        by_pointer.setdefault(argument.parameter.pointer, []).append(argument)
    wanted = {_innermost(pointer, by_pointer) for pointer in pointers}
    return tuple(argument for at, found in by_pointer.items() if at in wanted for argument in found)


def _innermost(pointer: str, known: Collection[str]) -> str:
    while pointer and pointer not in known:
        pointer = pointer.rpartition("/")[0]
    return pointer


def text_path(definition: Mapping[str, Any], argument: Argument) -> str | None:
    """The path to the strings that an argument takes, alone or in an array.

    `None` if the schema lets it take anything else than these (null apart), or if there is no path to it.
    """
    types = set(argument.parameter.types) - {"null"}
    items = _item_types(node_at(definition, argument.parameter.pointer)) if types == {"array"} else set()
    return argument.values if types == {"string"} or items == {"string"} else None


def node_at(definition: Mapping[str, Any], pointer: str) -> Mapping[str, Any]:
    """The schema at an RFC 6901 pointer; empty if none stands there."""
    node: Any = definition
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            node = node[int(key)] if key.isdecimal() and int(key) < len(node) else None
        else:
            node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _item_types(node: Mapping[str, Any]) -> set[str]:
    """The types of an array's members as far as `items` states them here or in a branch; others count as "other"."""
    branches = [branch for key in _BRANCHES for branch in _listed(node.get(key))]
    items = [part["items"] for part in (node, *branches) if isinstance(part, Mapping) and "items" in part]
    kinds = [item.get("type") if isinstance(item, Mapping) else None for item in items]
    return {kind if isinstance(kind, str) else "other" for kind in kinds}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
