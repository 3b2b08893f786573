"""Reads the entries of a Docker MCP catalogue: images, remotes, and the tools that it declares beside them.

The form: https://github.com/docker/mcp-gateway/blob/main/docs/catalog.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from crawler.records import Dropped, DropReason, Listing, Need, Target, TargetKind
from crawler.spiders.fields import (
    ENTRY_LIMIT,
    NAME_LIMIT,
    mapping,
    objects,
    remote_address,
    remote_transport,
    scalar,
    text,
    web_address,
)
from crawler.spiders.packages import package
from crawler.spiders.record import Origin, RecordError, distinct, make_listing
from crawler.spiders.secret_values import is_secret_name

_TEMPLATE = "{{"
_NOT_OF_A_SCHEMA = frozenset({"name", "desc", "optional", "required"})


def read_entry(name: str, entry: object, origin: Origin, tools: list[object]) -> Listing | Dropped:
    """The listing of the entry of that name, with the tools of its own file."""
    if not isinstance(entry, dict):
        return origin.drop(name, DropReason.NOT_AN_OBJECT, f"expected an object, got {type(entry).__name__}")
    return origin.listed(name, lambda: _listing(name, entry, tools, origin))


def tools_address(entry: object, catalogue: str) -> str | None:
    """Where the catalogue says that the tools of an entry are, if that is where the catalogue itself is."""
    address = web_address(mapping(entry).get("toolsUrl"))
    if address is None or urlsplit(address).netloc != urlsplit(catalogue).netloc:
        return None
    return urlsplit(address)._replace(scheme=urlsplit(catalogue).scheme).geturl()  # it says http for all of them


def read_tools(content: bytes) -> list[object]:
    """The tools of such a file; of one that cannot be read, none."""
    try:
        tools = json.loads(content)
    except (ValueError, RecursionError):
        return []
    return tools if isinstance(tools, list) else []


def _listing(name: str, entry: Mapping[str, Any], tools: list[object], origin: Origin) -> Listing:
    targets = distinct(target for target in (_image(entry), _remote(mapping(entry.get("remote")))) if target)
    details = {
        "name": name,
        "title": entry.get("title"),
        "description": entry.get("description"),
        "repository_url": entry.get("upstream") or entry.get("source"),
    }
    raw = {"name": name, **entry, **({"toolDefinitions": tools} if tools else {})}
    listing = make_listing(origin, raw, targets, details, tools=(_definition(tool) for tool in tools))
    if not targets and not listing.tools:
        raise RecordError(DropReason.NO_TARGET, f"neither an image nor a remote URL: {scalar(entry.get('type'))}")
    return listing


def _image(entry: Mapping[str, Any]) -> Target | None:
    needs = (*_secrets(entry), *_variables(entry), *_arguments(entry.get("command")))
    return package(TargetKind.OCI, entry.get("image"), needs=needs[:ENTRY_LIMIT])


def _remote(entry: Mapping[str, Any]) -> Target | None:
    address = remote_address(entry.get("url"))
    transport = remote_transport(entry.get("transport_type"), address) if address else None
    if not address or not transport:
        return None
    names = [name for key in mapping(entry.get("headers")) if (name := text(key, NAME_LIMIT))]
    needs = (Need(kind="header", name=name, required=True, secret=True) for name in names[:ENTRY_LIMIT])
    return Target(TargetKind.REMOTE, transport, address, None, tuple(needs))


def _secrets(entry: Mapping[str, Any]) -> Iterator[Need]:
    for secret in objects(entry.get("secrets")):
        if name := text(secret.get("env"), NAME_LIMIT):
            yield Need(kind="env", name=name, required=True, secret=True)


def _variables(entry: Mapping[str, Any]) -> Iterator[Need]:
    for variable in objects(entry.get("env")):
        if name := text(variable.get("name"), NAME_LIMIT):
            yield _need("env", name, variable.get("value"))


def _arguments(command: object) -> Iterator[Need]:
    for word in command[:ENTRY_LIMIT] if isinstance(command, list) else ():
        yield _need("argument", "", word)


def _need(kind: Literal["env", "argument"], name: str, value: object) -> Need:
    """One input; what a template is to fill in, the user gives."""
    given = scalar(value)
    if given is None or _TEMPLATE in given or is_secret_name(name):
        return Need(kind=kind, name=name, description=given or "", required=True, secret=is_secret_name(name))
    return Need(kind=kind, name=name, value=given)


def _definition(tool: object) -> object:
    """A tool of the catalogue as MCP would spell it: its `arguments` are an `inputSchema`."""
    if not isinstance(tool, dict) or "inputSchema" in tool or not isinstance(tool.get("arguments"), list):
        return tool
    properties, required = {}, []
    for argument in objects(tool["arguments"]):
        if isinstance(name := argument.get("name"), str):
            kept = {key: value for key, value in argument.items() if key not in _NOT_OF_A_SCHEMA}
            properties[name] = kept | ({"description": argument["desc"]} if "desc" in argument else {})
            if argument.get("required") is True or argument.get("optional") is False:
                required.append(name)
    schema = {"type": "object", "properties": properties} | ({"required": required} if required else {})
    return {**{key: value for key, value in tool.items() if key != "arguments"}, "inputSchema": schema}
