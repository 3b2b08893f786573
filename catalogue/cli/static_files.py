"""A static file server for one folder: right content types, no directory listings, nothing outside. Knows no site."""

from __future__ import annotations

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

from catalogue.site.content_types import CACHE_CONTROL, CONTENT_TYPES


class FileServer(ThreadingHTTPServer):
    """Serves the files of one folder; port 0 takes a free one. Raises OSError when it cannot listen."""

    def __init__(self, folder: Path, host: str, port: int) -> None:
        super().__init__((host, port), partial(_Files, directory=str(folder.resolve())))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes a connection early is no news; anything else is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Files(SimpleHTTPRequestHandler):
    extensions_map = dict(CONTENT_TYPES)  # noqa: RUF012 - the base's

    def send_head(self) -> Any:
        """Refuse what lies outside the folder, a symbolic link's target included."""
        if not Path(self.translate_path(self.path)).resolve().is_relative_to(self.directory):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> BytesIO | None:  # noqa: ARG002 - the base's signature
        """A folder without an index page is not there."""
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def end_headers(self) -> None:
        """Send what a public host should send too."""
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", CACHE_CONTROL)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's signature
        """Requests are not news; whoever looks at a site sees what came."""
