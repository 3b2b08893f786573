"""Bytes to values: strict JSON, JSON-RPC answers, and the event stream of SSE, all in time linear in their input.

Knows no transport and no method. A value that JSON cannot say becomes `NotJson` in its place, so that one tool which
holds a NaN does not take the page with it; `fault_of` finds it when the tool is looked at on its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crawler.introspector.budget import Stopped
from crawler.records import CrawlerError, Reason

_LONGEST_NUMBER = 400
"""Digits of an integer that is still read as a number; a double has at most 309 before its point."""


@dataclass(frozen=True, slots=True)
class NotJson:
    """Stands where the sender wrote something that JSON has no word for."""

    text: str


class RemoteError(CrawlerError):
    """A JSON-RPC error answer."""

    def __init__(self, code: int, message: str, data: Any) -> None:
        super().__init__(f"error {code}: {message}")
        self.code = code
        self.data = data


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an event stream; `kind` is "message" where the sender named none."""

    kind: str
    data: bytes


def decode(raw: bytes) -> Any:
    """Decode one JSON document. Raises `ValueError` with a reason for what is none, or is nested beyond reading."""
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except RecursionError:
        raise ValueError("JSON nested deeper than it can be read") from None


def encode(message: Mapping[str, Any]) -> bytes:
    """Encode a message of ours, on one line."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")


def fault_of(value: Any, nesting: int) -> str | None:
    """Say what keeps `value` from being plain JSON nested at most `nesting` deep, or `None` when nothing does."""
    level: list[Any] = [value]
    for _ in range(nesting + 1):
        inner: list[Any] = []
        for item in level:
            if fault := _own_fault(item):
                return fault
            if isinstance(item, dict):
                inner.extend(item)
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
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
    if not isinstance(result, dict):
        raise Stopped(Reason.PROTOCOL_ERROR, "answered with neither a result object nor an error object")
    return result


def request_in(message: Any) -> tuple[Any, str] | None:
    """Return id and method when the message is a request from the server to us."""
    if not isinstance(message, dict):
        return None
    asked, method = message.get("id"), message.get("method")
    return (asked, method) if isinstance(asked, (str, int)) and isinstance(method, str) else None


class EventStream:
    """Parses `text/event-stream` as it arrives; https://html.spec.whatwg.org/multipage/server-sent-events.html."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._size = 0
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._kind = b""
        self._after_return = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that `chunk` completes. Raises `Stopped` for an event over the limit."""
        for piece in chunk.splitlines(keepends=True):
            if self._after_return and piece == b"\n":  # the second half of a line end that was cut in two
                self._after_return = False
                continue
            self._after_return = piece.endswith(b"\r")
            self._grow(len(piece))
            self._line.append(piece)
            if piece.endswith((b"\n", b"\r")):
                line = b"".join(self._line).rstrip(b"\r\n")
                self._line.clear()
                yield from self._take(line)

    def _grow(self, count: int) -> None:
        self._size += count
        if self._size > self._longest:
            raise Stopped(Reason.TOO_LARGE, f"sent an event of more than {self._longest} bytes")

    def _take(self, line: bytes) -> Iterator[Event]:
        if not line:
            if self._data:
                yield Event(self._kind.decode("utf-8", "replace") or "message", b"\n".join(self._data))
            self._data.clear()
            self._kind, self._size = b"", 0
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._kind = value


def _number(text: str) -> int | NotJson:
    return int(text) if len(text) <= _LONGEST_NUMBER else NotJson(text[:20])


def _fraction(text: str) -> float | NotJson:
    value = float(text)
    return value if math.isfinite(value) else NotJson(text[:20])


_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_fraction, parse_constant=NotJson)


def _own_fault(value: Any) -> str | None:
    if isinstance(value, NotJson):
        return f"holds {value.text}, which is not a JSON number"
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return "holds half of a surrogate pair, which no text can carry"
    return None


def _same_id(answered: Any, request_id: int) -> bool:
    return type(answered) is int and answered == request_id


def _remote_error(error: Mapping[str, Any]) -> RemoteError:
    code, message = error.get("code"), error.get("message")
    return RemoteError(
        code if type(code) is int else 0, message if isinstance(message, str) else "(no message)", error.get("data")
    )
