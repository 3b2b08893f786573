"""Reads single fields of records that strangers wrote: any value goes in, a clean one or `None` comes out.

Knows no source and no shape of record; what a field means is the business of the module that asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from crawler.records import Transport

NAME_LIMIT = 200  # characters; server.json's own maxLength
TEXT_LIMIT = 4_000  # characters; server.json allows 100, older records a paragraph
ADDRESS_LIMIT = 2_048  # characters; what browsers and proxies pass on
CURSOR_LIMIT = 1_024  # characters; a cursor is a name and a version
ENTRY_LIMIT = 100  # packages, remotes or needs of one record; real records have fewer than 20

# Surrogates cannot be encoded and PostgreSQL takes no NUL; neither belongs to any text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.!+_~-]{0,99}")
_TEMPLATE = re.compile(r"\{\w+\}[!-~]*", re.ASCII)
_OPEN_VERSION = re.compile(r"latest|.*[*xX]$", re.IGNORECASE)


def mapping(value: object) -> Mapping[str, Any]:
    """The object itself, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, as many as one record may have; anything else is passed over."""
    if isinstance(value, list):
        yield from (entry for entry in value[:ENTRY_LIMIT] if isinstance(entry, dict))


def storable(value: str) -> str:
    """The text without the characters that a database may refuse."""
    return _UNSTORABLE.sub("\ufffd", value)


def one_line(value: str) -> str:
    """A stranger's text as part of a line that a person reads in a terminal."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in value[: NAME_LIMIT + 1])
    return shown if len(shown) <= NAME_LIMIT else shown[: NAME_LIMIT - 1] + "…"


def text(value: object, limit: int = TEXT_LIMIT) -> str | None:
    """Text that any database stores, shortened to `limit` characters; `None` when there is none."""
    if not isinstance(value, str) or not (clean := storable(value).strip()):
        return None
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def scalar(value: object) -> str | None:
    """A value of a declared input as the string that a command line takes (server.json: booleans as `true`)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(str(value) if isinstance(value, (int, float)) else value)


def version(value: object) -> str | None:
    """An exact version; `None` (the newest) for none, for `latest` and for a range."""
    found = value.strip() if isinstance(value, str) else ""
    return found if _VERSION.fullmatch(found) and not _OPEN_VERSION.fullmatch(found) else None


def web_address(value: object) -> str | None:
    """An http(s) URL, verbatim; `None` where it has another scheme, no host, a user name, or blanks."""
    if not isinstance(value, str) or len(value) > ADDRESS_LIMIT or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:  # such as an unclosed IPv6 bracket
        return None
    usable = parts.scheme in {"http", "https"} and parts.netloc and "@" not in parts.netloc and "\\" not in value
    return value if usable else None


def remote_address(value: object) -> str | None:
    """A web address, or a template of one: server.json lets a URL begin with a `{variable}`."""
    if isinstance(value, str) and len(value) <= ADDRESS_LIMIT and _TEMPLATE.fullmatch(value):
        return value
    return web_address(value)


def remote_transport(declared: object, address: str) -> Transport | None:
    """The transport of a remote in any spelling; undeclared, the URL tells it; `None` is one we do not know."""
    spelling = re.sub(r"[^a-z]", "", declared.lower()) if isinstance(declared, str) else ""
    if spelling == "sse":
        return Transport.SSE
    if spelling in {"streamablehttp", "streamable", "http"}:
        return Transport.STREAMABLE_HTTP
    if spelling:
        return None
    return Transport.SSE if urlsplit(address).path.rstrip("/").endswith("/sse") else Transport.STREAMABLE_HTTP
