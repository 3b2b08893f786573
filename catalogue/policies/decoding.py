"""From the bytes of a stranger's policy file to decoded JSON, with what other JSON readers would read differently.

Knows no grammar. A policy that two readers understand differently protects nobody, so what JSON leaves open is a fault.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from catalogue.policies.place import Fault, shown, step

LARGEST_FILE = 16 * 2**20
"""Bytes. A policy has some hundred for each tool, and the largest servers have thousands of tools."""
_LONGEST_NUMBER = 400
"""Digits. No number of a policy has more than 17; reading one takes time with the square of its digits."""
_MARK = b"\xef\xbb\xbf"


class Decoded(NamedTuple):
    """The value, and the faults of its text. `readable` is false if there is no value at all."""

    value: object
    faults: tuple[Fault, ...]
    readable: bool = True


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys stand there more than once."""

    __slots__ = ("repeated",)
    repeated: tuple[str, ...]


def decode(data: bytes) -> Decoded:
    """Read UTF-8 JSON; the faults are those of its text. Of a repeated key the last value counts, as elsewhere."""
    if len(data) > LARGEST_FILE:
        return _unreadable(f"the file is larger than {LARGEST_FILE:,} bytes, too large for a policy")
    marked = [Fault("", "the file begins with a byte-order mark, which JSON readers may refuse")]
    faults = marked if data.startswith(_MARK) else []
    try:
        text = data.removeprefix(_MARK).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_float=float)
    except UnicodeDecodeError as error:
        return _unreadable(f"the file is not UTF-8 text: byte {error.start:,} cannot be read")
    except json.JSONDecodeError as error:
        return _unreadable(f"not JSON: {error.msg} in line {error.lineno:,}, column {error.colno:,}")
    except RecursionError:
        return _unreadable("not a policy: it is nested too deeply to be read")
    return Decoded(value, (*faults, *_repeated(value)))


def _unreadable(message: str) -> Decoded:
    return Decoded(None, (Fault("", message),), readable=False)


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    made.repeated = ()
    if len(made) < len(pairs):
        made.repeated = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return made


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else math.inf


def _repeated(value: object) -> Iterator[Fault]:
    """A fault for each key that an object has twice, in the order of the document."""
    pending = [("", value)]
    while pending:
        pointer, node = pending.pop()
        if isinstance(node, _Object):
            for key in node.repeated:
                yield Fault(
                    step(pointer, key), f"the key {shown(key)} stands here twice; readers differ on which counts"
                )
            pending += [(step(pointer, key), child) for key, child in reversed(node.items())]
        elif isinstance(node, list):
            pending += [(step(pointer, index), child) for index, child in reversed(list(enumerate(node)))]
