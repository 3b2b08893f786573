"""The event stream of SSE, parsed as it arrives, in linear time: `text/event-stream` of the HTML standard.

Knows nothing of what the events say. https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crawler.introspector.budget import Stopped
from crawler.records import Reason


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an event stream; `kind` is "message" where the sender named none."""

    kind: str
    data: bytes


class EventStream:
    """Parses one stream, whose events have at most `longest` bytes."""

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
