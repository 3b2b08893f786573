"""Bytes to values: strict JSON and JSON-RPC messages, in time linear in their input.

Knows no transport, and of the methods only `ping`. What JSON cannot say, or two readers would read as two things,
becomes `NotJson` in its place, so that one tool which holds a NaN does not take the page with it; `fault_of` finds it
when the tool is looked at on its own.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crawler.introspector.budget import Stopped, one_line
from crawler.records import CrawlerError, Reason

METHOD_NOT_FOUND = -32601

_LONGEST_NUMBER = 400
"""Digits of an integer that is still read as a number; a double has at most 309 before its point."""

_LONGEST_ID = 256
"""Characters of a request's id that we send back."""


@dataclass(frozen=True, slots=True)
class NotJson:
    """Stands where the sender wrote what is no JSON value; `why` completes "the value ..."."""

    why: str


class TooDeepError(ValueError):
    """JSON nested beyond reading."""


class RemoteError(CrawlerError):
    """A JSON-RPC error answer."""

    def __init__(self, code: int, message: str, data: Any) -> None:
        super().__init__(f"error {code}: {message}")
        self.code = code
        self.data = data


def decode(raw: bytes) -> Any:
    """Decode one JSON document. Raises `ValueError` with a reason for what is none; `TooDeepError` is one."""
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except RecursionError:
        raise TooDeepError("JSON nested deeper than it can be read") from None


def encode(message: Mapping[str, Any]) -> bytes:
    """Encode a message of ours, on one line."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")


def fault_of(value: Any, nesting: int) -> str | None:
    """Say what keeps `value` from being plain JSON nested at most `nesting` deep, or `None` when nothing does."""
    level: list[Any] = [value]
    for _ in range(nesting + 1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str):
                if not item.isascii() and not _is_text(item):
                    return "holds half of a surrogate pair, which no text can carry"
            elif isinstance(item, dict):
                inner.extend(item)
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
            elif isinstance(item, NotJson):
                return item.why
        if not inner:
            return None
        level = inner
    return f"nested more than {nesting} levels deep"


def answer_of(message: Any, request_id: int) -> Mapping[str, Any] | None:
    """Return the result that answers `request_id`; `None` when the message is about something else.

    An error without an id answers too: its sender could not tell what it was answering, and we asked one thing only.
    Raises `RemoteError` for an error answer and `Stopped` for an answer that is neither result nor error.
    """
    if not isinstance(message, dict) or "method" in message:
        return None
    answered = message.get("id")
    error = message.get("error")
    if isinstance(error, dict) and (answered is None or _same_id(answered, request_id)):
        raise _remote_error(error)
    if not _same_id(answered, request_id):
        return None
    result = message.get("result")
    if isinstance(result, NotJson):
        raise Stopped(Reason.PROTOCOL_ERROR, f"answered with a result that {result.why}")
    if not isinstance(result, dict):
        raise Stopped(Reason.PROTOCOL_ERROR, "answered with neither a result object nor an error object")
    return result


def reply_to(message: Any) -> Mapping[str, Any] | None:
    """Return our answer to what a server asks of us, `None` when the message is no request.

    A ping hears that we are there; whatever else it asks for, we do not have. Nothing of ours is in either.
    """
    if not isinstance(message, dict):
        return None
    asked, method = message.get("id"), message.get("method")
    if not isinstance(method, str) or not isinstance(asked, (str, int)) or len(str(asked)) > _LONGEST_ID:
        return None
    answer = {"result": {}} if method == "ping" else {"error": _DECLINED}
    return {"jsonrpc": "2.0", "id": asked, **answer}


_DECLINED = {"code": METHOD_NOT_FOUND, "message": "Method not found"}


def _number(text: str) -> int | NotJson:
    return int(text) if len(text) <= _LONGEST_NUMBER else _no_number(text)


def _fraction(text: str) -> float | NotJson:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str) -> NotJson:
    return NotJson(f"holds {text[:20]}, which is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | NotJson:
    """Make an object, unless it has a key twice: some readers take the first, some the last (RFC 8259 section 4)."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    counts = Counter(key for key, _ in pairs)
    return NotJson(f'says "{one_line(max(counts, key=counts.__getitem__))[:80]}" twice in one object')


_DECODER = json.JSONDecoder(
    parse_int=_number, parse_float=_fraction, parse_constant=_no_number, object_pairs_hook=_object
)


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _same_id(answered: Any, request_id: int) -> bool:
    return type(answered) is int and answered == request_id


def _remote_error(error: Mapping[str, Any]) -> RemoteError:
    code, message = error.get("code"), error.get("message")
    return RemoteError(
        code if type(code) is int else 0, message if isinstance(message, str) else "(no message)", error.get("data")
    )
