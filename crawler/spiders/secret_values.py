"""Takes secrets out of client configurations, which people fill with their own keys and then hand to us.

Values of environment variables and headers go whatever they are; in arguments and URLs a value goes when its name or
its own shape says secret. Where it is doubtful the value goes: a lost argument costs one listing, a published key more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

REDACTED = "***"
"""Stands where a value was taken out."""

_SECRET_WORD = re.compile(
    r".*(?:keys?|token|secrets?|passwords?|passwd|credentials?)|auth|authorization|bearer|cookie|dsn|pass|passphrase|pat"
    r"|pwd|sig|signature"
)
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SECRET_VALUE = re.compile(
    # what the issuers of keys begin them with; narrow, so that no package's name is taken for one
    r"(?:sk|pk|rk|whsec|secret|ntn|npm|hf|gsk|lin_api)_\w{8,}|(?:sk|key)-(?=\S*\d)[\w-]{12,}|gh[pousr]_\w+|github_pat_\w+"
    r"|gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]+|xox[a-z]-[\w-]+|xapp-[\w-]{16,}|A[KS]IA[A-Z0-9]{12,}|AIza[\w-]{30,}"
    r"|ya29\.\S+|pypi-Ag\S{16,}|eyJ[\w-]+\.[\w.-]+|(?i:bearer|basic|token)\s+\S.*|-----BEGIN.*"
    r"|(?=\D*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}|(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"  # random, UUIDs
    r"|\s*[\[{].*",  # a whole configuration document
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"(-{0,2}[A-Za-z_][\w.-]*)([=:])(?!//)(.+)", re.DOTALL)
_HANDED_ON = re.compile(r"((?:-e|-H|--env=|--headers?=)[A-Za-z_][\w.-]*[=:])(.+)", re.DOTALL)
_ENV_OPTIONS = frozenset({"-e", "--env", "-H", "--header", "--headers"})


def is_secret_name(name: str) -> bool:
    """Whether a variable, header, parameter or option of that name holds a secret: `--api-key`, `GITHUB_TOKEN`."""
    return any(_SECRET_WORD.fullmatch(word.lower()) for word in _WORDS.findall(name[:200]))


def is_secret_value(value: str) -> bool:
    """Whether a text by its own shape could be a secret: what issuers begin keys with, or what looks random."""
    return _SECRET_VALUE.fullmatch(value) is not None


def without_secrets(arguments: Sequence[str]) -> list[str]:
    """The arguments with each secret value replaced by `REDACTED`, as many as there were."""
    previous = ("", *arguments)
    return [_argument(option, word) for option, word in zip(previous, arguments, strict=False)]


def _argument(option: str, word: str) -> str:
    """One argument; `option` is the word before it."""
    if option in _ENV_OPTIONS and (found := _ASSIGNMENT.fullmatch(word)):
        return f"{found[1]}{found[2]}{REDACTED}"
    if found := _HANDED_ON.fullmatch(word):
        return found[1] + REDACTED
    if option.startswith("-") and "=" not in option and not word.startswith("-") and is_secret_name(option):
        return REDACTED
    if is_secret_value(word):
        return REDACTED
    if (found := _ASSIGNMENT.fullmatch(word)) and (is_secret_name(found[1]) or is_secret_value(found[3])):
        return f"{found[1]}{found[2]}{REDACTED}"
    return url_without_secrets(word, REDACTED)


def url_without_secrets(url: str, stand_in: str | None = None) -> str:
    """The URL without its password and without secret parameters; `None` stands in `{name}` for each parameter."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no URL, so no place for a password
        return url
    if not parts.scheme or not parts.netloc:
        return url
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{REDACTED}@{host}" if at and user else parts.netloc
    query = "&".join(_parameter(pair, stand_in) for pair in parts.query.split("&"))
    path = "/".join(stand_in or "{secret}" if is_secret_value(step) else step for step in parts.path.split("/"))
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def _parameter(pair: str, stand_in: str | None) -> str:
    name, equals, value = pair.partition("=")
    if value and not value.startswith(("{", "$")) and (is_secret_name(name) or is_secret_value(value)):
        return f"{name}{equals}{stand_in or '{' + name + '}'}"
    return pair


def blank(value: Any) -> Any:
    """The value with each text in it emptied: names, numbers and switches stay."""
    if isinstance(value, dict):
        return {name: blank(member) for name, member in value.items()}
    if isinstance(value, list):
        return [blank(member) for member in value]
    return "" if isinstance(value, str) else value


def secret_names(url: str) -> Iterator[str]:
    """The variables that `url_without_secrets` put into a URL, and those that were in it before."""
    yield from re.findall(r"\{(?:\w+:)?([\w-]{1,200})\}", url)
