"""Where the clients keep their servers in a configuration: one line of a table for each shape.

Knows what stands around the servers, and nothing of what a server's own entry says (`configured`). A shape is looked
for in every document, because people copy configurations from one client to another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crawler.spiders.json_text import Members

_EACH = "*"


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys that lead to the servers ("*": each member).

    Where the last key is a common word, `types` are those of an entry by which its members are known as servers.
    `named` says that the servers may also stand in a list, each with its `name`.
    """

    keys: tuple[str, ...]
    types: frozenset[str] = frozenset()
    named: bool = False


_SHAPES = (
    _Shape(("mcpServers",), named=True),  # nearly everyone; Continue has a list
    _Shape(("servers",)),  # VS Code: .vscode/mcp.json
    _Shape(("mcp", "mcpServers")),
    _Shape(("mcp", "servers")),  # VS Code: settings.json
    _Shape(("settings", "mcp", "servers")),  # VS Code: *.code-workspace
    _Shape(("customizations", "vscode", "mcp", "servers")),  # VS Code: devcontainer.json
    _Shape(("projects", _EACH, "mcpServers")),  # Claude Code: ~/.claude.json, by folder
    _Shape(("context_servers",)),  # Zed
    _Shape(("mcp_servers",)),  # Codex
    _Shape(("mcp",), types=frozenset({"local", "remote"})),  # OpenCode
    _Shape(("extensions",), types=frozenset({"stdio", "sse", "streamable_http", "builtin", "platform"})),  # Goose
)


@dataclass(frozen=True, slots=True)
class Section:
    """One place of a document that holds servers: the `keys` that lead there, and the entries by name.

    Of entries of one name the first is kept, and each other is in `repeated`. `twice` is the key on the way there that
    stands in its object twice, "" for none; of these, too, the first is kept. `fault` says why there are no servers.
    """

    keys: tuple[str, ...]
    servers: Mapping[str, Any]
    repeated: tuple[str, ...] = ()
    fault: str = ""
    twice: str = ""


def sections(document: object) -> Iterator[Section]:
    """Every place of a document that holds servers; none when it is no client's configuration."""
    for shape in _SHAPES:
        for keys, value in _at(document, shape.keys):
            if shape.types and not _is_known(value, shape.types):
                continue
            if isinstance(value, dict):
                repeated = value.repeated if isinstance(value, Members) else ()
                yield Section(keys, value, repeated, twice=_twice(document, keys))
            elif shape.named and isinstance(value, list):
                yield _named(keys, value)
            elif not shape.named and isinstance(value, list):
                continue  # a page of a registry has its records in a list of this name
            else:
                yield Section(keys, {}, fault=f"{keys[-1]} holds {type(value).__name__}, expected an object of servers")


def _at(value: object, keys: tuple[str, ...], passed: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """What stands behind the keys, with the keys that led there."""
    if not keys:
        yield passed, value
    elif isinstance(value, dict):
        for key in value if keys[0] == _EACH else [keys[0]] if keys[0] in value else ():
            yield from _at(value[key], keys[1:], (*passed, key))


def _twice(document: Any, keys: tuple[str, ...]) -> str:
    for key in keys:
        if isinstance(document, Members) and key in document.repeated:
            return key
        document = document[key]
    return ""


def _is_known(value: object, types: frozenset[str]) -> bool:
    members = value.values() if isinstance(value, dict) else ()
    return any(isinstance(one, dict) and isinstance(one.get("type"), str) and one["type"] in types for one in members)


def _named(keys: tuple[str, ...], entries: list[Any]) -> Section:
    servers: dict[str, Any] = {}
    repeated: list[str] = []
    for number, entry in enumerate(entries, 1):
        given = entry.get("name") if isinstance(entry, dict) else None
        name = given if isinstance(given, str) and given else f"entry {number}"
        if name in servers:
            repeated.append(name)
        else:
            servers[name] = entry
    return Section(keys, servers, tuple(repeated))
