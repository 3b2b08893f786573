"""Reads TOML that strangers wrote as the JSON that it could be. Knows no shape of document."""

from __future__ import annotations

import tomllib
from typing import Any

from crawler.records import SourceError

LARGEST = 1 << 18  # bytes; a client's configuration has a few kB, and the parser of the standard library is slow
_MOST_DOTS = 100  # in a line: a key of n parts costs that parser n squared, two minutes for 100 kB


def read_toml(content: bytes, what: str) -> Any:
    """The decoded text; dates stay dates. Raises `SourceError`, which names `what` it was and where it stops."""
    if len(content) > LARGEST:
        raise SourceError(f"{what} has more than {LARGEST} bytes of TOML")
    if any(line.count(b".") > _MOST_DOTS for line in content.split(b"\n")):
        raise SourceError(f"{what} has a line with more than {_MOST_DOTS} dots, which no configuration needs")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError as error:
        raise SourceError(f"{what} is not TOML: it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{what} is not TOML: it is not UTF-8") from error
    except ValueError as error:  # of which TOMLDecodeError is a kind
        raise SourceError(f"{what} is not TOML: {error}") from error
