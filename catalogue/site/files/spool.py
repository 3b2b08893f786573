"""Pieces of bytes by number, in a temporary file without a name: what a build must remember, and need not in memory."""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from collections.abc import Sequence
from itertools import accumulate, islice

_BLOCK = 1 << 14
"""Bytes that are read at a time: who asks for a piece mostly asks for one not far behind it next."""

_BUFFER = 1 << 20
"""Bytes that are collected before they go to the disk."""


class Spool:
    """Keeps pieces until it goes itself."""

    def __init__(self) -> None:
        self._handle, name = tempfile.mkstemp(prefix="catalogue-")
        os.unlink(name)  # noqa: PTH108 - the file lives as long as its handle
        weakref.finalize(self, os.close, self._handle)
        self._waiting = bytearray()
        self._written = 0
        self._ends = array("Q", [0])
        self._block = b""
        self._block_at = 0

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, piece: bytes) -> int:
        """Keep a piece and return its number, from 0."""
        self._waiting += piece
        self._ends.append(self._ends[-1] + len(piece))
        if len(self._waiting) >= _BUFFER:
            self._flush()
        return len(self) - 1

    def add_all(self, pieces: Sequence[bytes]) -> int:
        """Keep pieces and return the number of the first."""
        first = len(self)
        self._waiting += b"".join(pieces)
        self._ends.extend(islice(accumulate(map(len, pieces), initial=self._ends[-1]), 1, None))
        if len(self._waiting) >= _BUFFER:
            self._flush()
        return first

    def __getitem__(self, number: int) -> bytes:
        start, end = self._ends[number], self._ends[number + 1]
        first = start - self._block_at
        if first < 0 or end > self._block_at + len(self._block):
            if self._waiting:
                self._flush()
            self._block, self._block_at, first = os.pread(self._handle, max(_BLOCK, end - start), start), start, 0
        return self._block[first : first + end - start]

    def _flush(self) -> None:
        waiting = bytes(self._waiting)
        while waiting:
            done = os.pwrite(self._handle, waiting, self._written)
            self._written += done
            waiting = waiting[done:]
        self._waiting.clear()
