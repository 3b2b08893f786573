"""A source on loopback that answers as it is told, and what a pass over it yields."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from crawler.records import Dropped, Listing
from crawler.run import Discovery, SourceRequest, discover

Answer = tuple[int, Mapping[str, str], bytes]


class Collected:
    """A sink that keeps what it takes."""

    def __init__(self) -> None:
        self.listings: list[Listing] = []
        self.drops: list[Dropped] = []

    def listing(self, listing: Listing) -> None:
        self.listings.append(listing)

    def dropped(self, dropped: Dropped) -> None:
        self.drops.append(dropped)


def read(source: str, address: str | None, **options: Any) -> tuple[Discovery, Collected]:
    """One pass over a source; what it says of itself is what it yielded."""
    sink = Collected()
    options.setdefault("allow_private", True)
    asked = {name: options.pop(name) for name in ("updated_since", "known", "names") if name in options}
    (discovery,) = discover([SourceRequest(source, address, **asked)], sink, **options)
    assert discovery.listings + discovery.candidates == len(sink.listings)
    assert sum(discovery.dropped.values()) == len(sink.drops)
    return discovery, sink


@contextmanager
def registry(
    answer: Callable[[str], Answer], tls: ssl.SSLContext | None = None, seen: list[Message] | None = None
) -> Iterator[str]:
    """A server on loopback that answers each path and query with `answer`; the headers of requests go into `seen`."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if seen is not None:
                seen.append(self.headers)
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.handle_error = lambda *_: None  # a client that hangs up is what some tests are about
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
