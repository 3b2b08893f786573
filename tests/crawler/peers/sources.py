"""A source on loopback that answers as it is told, and what a pass over it yields."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
    asked = {name: options.pop(name) for name in ("updated_since", "known", "validators", "names") if name in options}
    (discovery,) = discover([SourceRequest(source, address, **asked)], sink, **options)
    assert discovery.listings + discovery.candidates == len(sink.listings)
    assert sum(discovery.dropped.values()) == len(sink.drops)
    return discovery, sink


def page(*names: str, cursor: Any = None) -> Answer:
    """One page of a registry, with a server of each name."""
    servers = [
        {"server": {"name": name, "remotes": [{"type": "sse", "url": f"https://{name}.example"}]}} for name in names
    ]
    return 200, {}, json.dumps({"servers": servers, "metadata": {"nextCursor": cursor}}).encode()


def cursor_of(path: str) -> str | None:
    """The cursor that a registry is asked with."""
    return parse_qs(urlsplit(path).query).get("cursor", [None])[0]


def second_page(then: Answer) -> Callable[[str], Answer]:
    """A registry whose first page is in order and names a second one."""
    return lambda path: then if cursor_of(path) else page("first", cursor="two")


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
