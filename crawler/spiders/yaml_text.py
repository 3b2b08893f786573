"""Reads YAML that strangers wrote as the JSON that it could be. Knows no shape of document.

Aliases are refused, so that no text becomes a billion times as long; so are tags, which name types that JSON does not
have, and nesting that nobody needs. Dates stay the text that they are.
"""

from __future__ import annotations

from typing import Any

import yaml

from crawler.records import SourceError

DEEPEST = 100  # levels; a tool's schema in a catalogue has about 20
_STARTS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one where there is libyaml
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name; without dates and merge keys
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in {"timestamp", "merge"}]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_yaml(content: bytes, what: str) -> Any:
    """The decoded text. Raises `SourceError`, which names `what` it was."""
    try:
        _check(content)
        return _plain(yaml.load(content, Loader=_Loader))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError) as error:  # a number of thousands of digits is a ValueError
        raise SourceError(f"{what} is not YAML: {' '.join(str(error).split())[:200]}") from error


def _check(content: bytes) -> None:
    """Look at the text before anything is built of it."""
    depth = 0
    for event in yaml.parse(content, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("it has aliases")
        if tag := getattr(event, "tag", None):
            raise yaml.YAMLError(f"it has the tag {tag}")
        depth += isinstance(event, _STARTS) - isinstance(event, _ENDS)
        if depth > DEEPEST:
            raise yaml.YAMLError("it is nested too deeply")


def _plain(value: Any) -> Any:
    """The same with names that are text, as JSON has them."""
    if isinstance(value, dict):
        return {name if isinstance(name, str) else str(name): _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value
