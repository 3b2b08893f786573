"""Says where a secret stands in one server's entry of a configuration: the key, and never the value.

What only refers to a secret (`${TOKEN}`, `{env:TOKEN}`, the name of a variable) is none, and neither is what its reader
is told to replace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from crawler.spiders.configured import ENV_KEYS, URL_KEYS, command_words
from crawler.spiders.fields import ENTRY_LIMIT
from crawler.spiders.secret_values import is_secret_name, is_secret_value, url_without_secrets, without_secrets

_REFERENCE = re.compile(r"\$\w|\$\{|\$\(|\{(?:env|file):|\{\{|%\w+%|\bsecret://|\bop://")
_TO_REPLACE = re.compile(
    r"[<\[].*[>\]]|\W*|x+|\.{3}|(?:true|false|null|none|\d{1,6})|(?:your|my|the|some|enter|insert|replace|change|todo|placeholder|example)"
    r"(?:[-_ ].*|me)?",
    re.IGNORECASE | re.DOTALL,
)
_NAMES_VARIABLES = re.compile(r".*(?:env_vars?|env_keys|env_http_headers|envFile|inputs)")
_PLAIN_NAME = re.compile(r"-{0,2}[A-Za-z_][\w.-]{0,79}")
_COMMAND = frozenset({"command", "cmd", "args"})


class Standing(NamedTuple):
    """Where a secret stands: "env", "headers", "args", "url" or another key of the entry, and under which name.

    `name` is "" where what should be a name could itself be the secret. `told_by` is what says that it is one.
    """

    place: str
    name: str
    told_by: str


def standing_secrets(entry: Mapping[str, Any]) -> tuple[Standing, ...]:
    """The secrets of one entry, each place once. The entry is not nested deeper than recursion goes."""
    found = [*_of_words(command_words(entry)), *_of_addresses(entry)]
    for key, value in entry.items():
        if key not in _COMMAND and key not in URL_KEYS:
            found += _of_member("env" if key in ENV_KEYS else key, key, value)
    return tuple(dict.fromkeys(found))


def _of_words(words: list[str]) -> Iterator[Standing]:
    previous = ""
    for word, kept in zip(words, without_secrets(words), strict=True):
        name = word.partition("=")[0] if "=" in word else previous
        value = word.partition("=")[2] or word
        if kept != word and _is_literal(value):
            yield Standing("args", _plain(name), "value" if is_secret_value(value) else "name")
        previous = word


def _of_addresses(entry: Mapping[str, Any]) -> Iterator[Standing]:
    for key in URL_KEYS:
        address = entry.get(key)
        if (
            isinstance(address, str)
            and _is_literal(address)
            and url_without_secrets(address) != address.partition("#")[0]
        ):
            yield Standing("url", key, "value")


def _of_member(place: str, name: str, value: Any) -> Iterator[Standing]:
    if _NAMES_VARIABLES.fullmatch(name):
        return
    if isinstance(value, dict):
        for key, member in [*value.items()][:ENTRY_LIMIT]:
            yield from _of_member(place, str(key), member)
    elif isinstance(value, list):
        for member in value[:ENTRY_LIMIT]:
            yield from _of_member(place, name, member)
    elif isinstance(value, str) and _is_literal(value):
        if is_secret_name(name):
            yield Standing(_plain(place), _plain(name), "name")
        elif is_secret_value(value):
            yield Standing(_plain(place), _plain(name), "value")


def _is_literal(value: str) -> bool:
    return not _REFERENCE.search(value) and not _TO_REPLACE.fullmatch(value.removeprefix("Bearer ").strip())


def _plain(name: str) -> str:
    """The name, or "" for one that may be the secret itself."""
    return name if _PLAIN_NAME.fullmatch(name) and not is_secret_value(name) else ""
