"""Bundles that tests make, good and hostile, and a host on loopback that serves them."""

from __future__ import annotations

import io
import json
import stat
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.crawler.peers.packages import NODE_PEER, PEER

PYTHON_PEER = PEER.replace("BEHAVIOURS[sys.argv[1]]()", 'BEHAVIOURS["modern"]()') + "\nmain()\n"
TOOLS = [{"name": "declared_one", "description": "Said by the manifest."}, {"name": "declared_two"}]


def manifest(kind: str, command: str, *arguments: str, **fields: Any) -> dict[str, Any]:
    config = {"command": command, "args": [*arguments], "env": fields.pop("env", {})}
    config |= {"platform_overrides": fields.pop("overrides")} if "overrides" in fields else {}
    server = {"type": kind, "entry_point": "server/main", "mcp_config": config}
    return {"manifest_version": "0.3", "name": "acme", "version": "1.2.0", "server": server, "tools": TOOLS, **fields}


def bundle(described: Any, files: dict[str, str | bytes] | None = None, **modes: int) -> bytes:
    """Return a bundle; `modes` are Unix modes of files by name, for those that are none."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        contents = {"server/main.py": PYTHON_PEER, "server/main.js": NODE_PEER, **(files or {})}
        if described is not None:
            contents["manifest.json"] = described if isinstance(described, (str, bytes)) else json.dumps(described)
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (modes.get(name, stat.S_IFREG | 0o644)) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def renamed(archive: bytes, old: str, new: str) -> bytes:
    """Return an archive with a name in it changed for one of the same length, which `zipfile` would not write."""
    assert len(old) == len(new)
    return archive.replace(old.encode(), new.encode())


def with_directory_size(archive: bytes, size: int) -> bytes:
    """Return an archive whose last record lies about its directory."""
    start = archive.rindex(b"PK\x05\x06")
    return archive[: start + 12] + struct.pack("<L", size) + archive[start + 16 :]


@contextmanager
def hosted(files: dict[str, bytes], redirects: dict[str, str] | None = None) -> Iterator[str]:
    """Serve these files on loopback, by their paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content, place = files.get(self.path, b""), (redirects or {}).get(self.path)
            self.send_response(302 if place else 200 if self.path in files else 404)
            if place:
                self.send_header("Location", place)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
