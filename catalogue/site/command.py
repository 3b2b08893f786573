"""Command lines to copy from a page, with strangers' names as arguments that no shell misreads."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache

from catalogue.site.marks import inert

_SPECIAL = re.compile(r"[^A-Za-z0-9_.:/@ -]")


def command(name: str, *arguments: str) -> str:
    """Return a `catalogue` command line, for any shell that knows `$'...'`."""
    guard = ["--"] if [argument for argument in arguments if argument.startswith("-")] else []
    return " ".join(["catalogue", name, *guard, *map(_argument, arguments)])


@lru_cache(maxsize=1024)
def _argument(text: str) -> str:
    """Return `text` as one argument; one with a character that cannot be seen is written with escapes."""
    if inert(text) == text:
        return shlex.quote(text)
    return "$'" + _SPECIAL.sub(lambda match: _octets(match[0]), text) + "'"


def _octets(char: str) -> str:
    return "".join(f"\\x{octet:02x}" for octet in char.encode("utf-8", "surrogatepass"))
