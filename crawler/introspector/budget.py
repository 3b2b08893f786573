"""What one introspection may cost, and how it ends early. Knows no transport and no protocol.

Every number says where it comes from; "measured" means: on 40 well-known packages and their servers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.records import CrawlerError, Reason, SignIn, Wire

MEBIBYTE = 1024 * 1024

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_LOCAL_PATH = re.compile(r"(?<![\w:/.])/(?:tmp|var|home|root|app|cache|opt|usr|etc|proc|run)(?:/[^\s'\":,;)]*)?")
_LONGEST_DETAIL = 300
"""Characters of a detail: one line in a table or a log."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one introspection. Sizes in bytes, times in seconds."""

    request_seconds: float = 10.0  # live remotes answer within 2 s; a sleeping serverless one wakes within 10
    resolve_seconds: float = 8.0  # a name; less than the whole answer may take, so that its failure is called its own
    session_seconds: float = 30.0  # the whole exchange; measured: 1.7 s (npm) and 4 s (PyPI) from start to tools
    start_seconds: float = 25.0  # a package's first answer, on a busy machine; measured: 4 s on an idle one
    package_seconds: float = 45.0  # one run of a package, from start to end
    install_seconds: float = 180.0  # measured: at most 46.5 s
    bytes: int = 8 * MEBIBYTE  # everything a server sends in a session; measured: at most 121 kB
    pieces: int = 50_000  # chunks and lines in a session: each costs 20 µs however small; a listing has a few hundred
    head_bytes: int = 32 * 1024  # before a body: interim answers and headers; the web's usual limit is 8 KiB
    message_bytes: int = 4 * MEBIBYTE  # one JSON-RPC message
    values: int = 120_000  # of JSON in a session: "[]" takes 56 bytes of memory; of 2,000 servers, at most 39,000
    tool_bytes: int = MEBIBYTE  # one definition; measured: at most 82 kB
    messages: int = 2_000  # in a session, junk lines included; a server that reports progress sends a few dozen
    pages: int = 50  # no server measured used a second page
    tools: int = 5_000  # the largest server known lists under 1,000
    nesting: int = 100  # levels of one definition; measured: at most 21
    redirects: int = 3  # same-origin 307 and 308; "/mcp" to "/mcp/" needs one
    memory: int = 2048 * MEBIBYTE  # of one process in the box (RLIMIT_DATA); node alone reserves several hundred MiB
    box_memory: int = 3072 * MEBIBYTE  # resident, of all processes of the box together
    processes: int = 128  # in the box; npm itself uses about 30 threads
    open_files: int = 1_024
    file_bytes: int = 256 * MEBIBYTE  # one file; the largest measured install has 412 MB in all
    scratch_bytes: int = 256 * MEBIBYTE  # each of the box's own writable file systems
    scratch_files: int = 50_000  # on those together; each takes about a kilobyte of the kernel's own memory
    install_files: int = 300_000  # of one package and all it depends on; this project's environment has 17,756
    download_bytes: int = 1024 * MEBIBYTE  # one bundle, or all layers of an image; an image with a browser has 800 MiB
    install_bytes: int = 2048 * MEBIBYTE  # on disk, of one package and all it depends on; measured: at most 412 MB
    cpu_seconds: int = 60  # of one process; measured: at most 4


class Stopped(CrawlerError):  # noqa: N818 - an expected outcome on its way to becoming a value, not an error
    """An introspection that ends here, and why; `introspect` turns it into a `NotIntrospected`.

    `said` is the end of a process's standard error, for whoever can make something of it; `headers` are those of an
    HTTP error, `sign_in` what became of asking about the sign-in that a 401 wants, and `declared` the tools that a
    bundle's manifest declares. `spoken` says that the server spoke the transport it was asked over, before it stopped.
    """

    sign_in: SignIn | None = None
    declared: tuple[Wire, ...] = ()
    spoken: bool = False

    def __init__(self, reason: Reason, detail: str, said: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(one_line(detail))
        self.reason = reason
        self.said = said
        self.headers = headers or {}


class Meter:
    """Counts what one session receives against its budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._bytes = self._pieces = self._messages = self._values = 0

    def take(self, count: int) -> None:
        """Count `count` bytes. Raises `Stopped` when the budget is used up."""
        self._bytes += count
        if self._bytes > self._budget.bytes:
            raise Stopped(Reason.TOO_LARGE, f"sent more than {self._budget.bytes} bytes in one session")

    def take_pieces(self, count: int) -> None:
        """Count `count` chunks or lines. Raises `Stopped` when the budget is used up."""
        self._pieces += count
        if self._pieces > self._budget.pieces:
            raise Stopped(Reason.TOO_LARGE, f"sent more than {self._budget.pieces} chunks and lines in one session")

    def take_message(self, message: bytes) -> None:
        """Count one message before it is decoded, and the values in it. Raises `Stopped` when the budget is used up.

        Each comma and each bracket makes at most one value, wherever it stands: an upper bound, for the cost of a scan.
        """
        self._messages += 1
        if self._messages > self._budget.messages:
            raise Stopped(Reason.TOO_LARGE, f"sent more than {self._budget.messages} messages in one session")
        self._values += sum(map(message.count, (b",", b"[", b"{")))
        if self._values > self._budget.values:
            raise Stopped(Reason.TOO_LARGE, f"sent more than {self._budget.values} JSON values in one session")


def one_line(text: str) -> str:
    """Make a stranger's text fit to be a detail: one line, no escape sequences, no local paths, 300 characters."""
    text = _ESCAPE.sub("", text[: 20 * _LONGEST_DETAIL])
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    text = _LOCAL_PATH.sub("(path)", " ".join(text.split()))
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"
