"""Reviews a document against the server that it is for: names of tools, and paths into their arguments.

Knows no grammar. A server changes after its policy was written: what it lost and what it gained is one line each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from catalogue.policies.comparisons import holds
from catalogue.policies.document import EVERY_TOOL, Operator, Predicate
from catalogue.policies.parameters import arguments_of
from catalogue.policies.place import Fault, closest, is_scalar, shown, step

_MEMBER = re.compile(r"\[[0-9]*\]")
_MOST_MEANT = 100
"""Unknown names for which the closest known one is looked for: a hostile file may have any number."""


def review_names(document: Mapping[str, Any], tools: Collection[str]) -> Iterator[Fault]:
    """What the policy names and the server lacks, and what the server has and the policy does not name."""
    named = list(_named(document))
    names = {name for _, name in named}
    unnamed = [] if EVERY_TOOL in names - set(tools) else [name for name in tools if name not in names]
    foreign = [(at, name) for at, name in named if name not in tools and (at.startswith("/tools/") or name != "*")]
    for number, (pointer, name) in enumerate(foreign):
        near = closest(name, tuple(unnamed)) or closest(name, tuple(tools)) if number < _MOST_MEANT else None
        yield Fault(pointer, f"the server has no tool {shown(name)}{_meant(near)}")
    default = document.get("default")
    falls = {"allow": "allowed without a rule", "deny": "denied"}.get(default if isinstance(default, str) else "")
    for name in unnamed if falls else ():
        yield Fault("/tools", f"the server's tool {shown(name)} is not named, so it is {falls}")


def _named(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of tools in a document, each with its pointer."""
    rules, hidden = document.get("tools"), document.get("hide")
    yield from ((step("/tools", name), name) for name in rules) if isinstance(rules, Mapping) else ()
    for index, name in enumerate(hidden if isinstance(hidden, list) else ()):
        if isinstance(name, str):
            yield step("/hide", index), name


def review_paths(predicates: Iterable[tuple[str, Predicate]], definition: Mapping[str, Any]) -> Iterator[Fault]:
    """Conditions on arguments that the tool does not take, and on values that its schema does not have."""
    schema = definition.get("inputSchema")
    if not isinstance(schema, Mapping) or not schema.get("properties") or schema.get("additionalProperties"):
        return
    below: dict[str, dict[str, tuple[Any, ...]]] = {}
    for argument in arguments_of(definition):
        parent, _, name = (_MEMBER.sub("", argument.path) if argument.path else "").rpartition(".")
        below.setdefault(parent, {})[name] = argument.parameter.enum
    meant = 0
    for pointer, predicate in predicates:
        parent, name = _first_unknown(_MEMBER.sub("", predicate.path), below)
        if name not in below.get(parent, {name: ()}):
            near = closest(name, tuple(below[parent])) if (meant := meant + 1) <= _MOST_MEANT else None
            yield Fault(f"{pointer}/path", f"the tool takes no argument {shown(name)}{_meant(near)}")
        elif _is_foreign(predicate, below.get(parent, {}).get(name, ())):
            yield Fault(f"{pointer}/value", f"this can never match: the schema's values of {predicate.path} are others")


def _first_unknown(path: str, below: Mapping[str, Collection[str]]) -> tuple[str, str]:
    """The first step of a path that leads to nothing, or else its last one: its parent and its name."""
    parent, *names = path.split(".")
    for name in names[:-1]:
        if name not in below.get(parent, ()):
            return parent, name
        parent = f"{parent}.{name}"
    return parent, names[-1]


def _meant(near: str | None) -> str:
    return f"; the closest is {shown(near)}" if near is not None else ""


def _is_foreign(predicate: Predicate, enum: Collection[Any]) -> bool:
    if predicate.op not in (Operator.EQ, Operator.IN) or not enum:
        return False
    return not any(holds(predicate, one) for one in enum if is_scalar(one))
