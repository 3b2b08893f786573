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

_MEMBER = re.compile(r"\[[0-9]+\]")


def review_names(document: Mapping[str, Any], tools: Collection[str]) -> Iterator[Fault]:
    """What the policy names and the server lacks, and what the server has and the policy does not name."""
    rules, hidden = document.get("tools"), document.get("hide")
    named = [(step("/tools", name), name) for name in rules] if isinstance(rules, Mapping) else []
    listed = enumerate(hidden) if isinstance(hidden, list) else ()
    named += [(step("/hide", index), name) for index, name in listed if isinstance(name, str)]
    names = {name for _, name in named}
    unnamed = [] if EVERY_TOOL in names - set(tools) else [name for name in tools if name not in names]
    for pointer, name in named:
        if name not in tools and (pointer.startswith("/tools/") or name != EVERY_TOOL):
            near = closest(name, tuple(unnamed)) or closest(name, tuple(tools))
            yield Fault(pointer, f"the server has no tool {shown(name)}{_meant(near)}")
    default = document.get("default")
    falls = {"allow": "allowed without a rule", "deny": "denied"}.get(default if isinstance(default, str) else "")
    for name in unnamed if falls else ():
        yield Fault("/tools", f"the server's tool {shown(name)} is not named, so it is {falls}")


def review_paths(predicates: Iterable[tuple[str, Predicate]], definition: Mapping[str, Any]) -> Iterator[Fault]:
    """Conditions on arguments that the tool does not take, and on values that its schema does not have."""
    schema = definition.get("inputSchema")
    if not isinstance(schema, Mapping) or not schema.get("properties") or schema.get("additionalProperties"):
        return
    enums = {argument.path: argument.parameter.enum for argument in arguments_of(definition) if argument.path}
    for pointer, predicate in predicates:
        path = _MEMBER.sub("[]", predicate.path)
        unknown = _unknown(path, enums)
        if unknown is not None:
            near = closest(path, tuple(unknown))
            yield Fault(f"{pointer}/path", f"the tool takes no argument {shown(predicate.path)}{_meant(near)}")
        elif _is_foreign(predicate, enums.get(path.removesuffix("[]"), ())):
            yield Fault(f"{pointer}/value", f"this can never match: the schema's values of {predicate.path} are others")


def _meant(near: str | None) -> str:
    return f"; the closest is {shown(near)}" if near is not None else ""


def _unknown(path: str, known: Collection[str]) -> list[str] | None:
    """The arguments that stand where the path leads to nothing; `None` if it leads to one, or no schema says."""
    parent = "args"
    while True:
        siblings = [one for one in known if one.rpartition(".")[0] == parent]
        if not siblings:
            return None
        rest = path[len(parent) + 1 :].partition(".")[0]
        if rest.replace("[]", "") not in {one.rpartition(".")[2].replace("[]", "") for one in siblings}:
            return siblings
        parent = f"{parent}.{rest}"
        if len(parent) >= len(path):
            return None


def _is_foreign(predicate: Predicate, enum: Collection[Any]) -> bool:
    if predicate.op not in (Operator.EQ, Operator.IN) or not enum:
        return False
    return not any(holds(predicate, one) for one in enum if is_scalar(one))
