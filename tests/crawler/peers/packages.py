"""Packages that tests make, and registries on loopback that hold them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PEER = (Path(__file__).parent / "stdio_peer.py").read_text()


def wheel(
    folder: Path, name: str, scripts: dict[str, str], code: str, version: str = "1.0", requires: str = ""
) -> None:
    """Write a wheel with one module; `scripts` maps commands to its functions."""
    module = name.replace("-", "_")
    points = "[console_scripts]\n" + "".join(
        f"{script} = {module}:{function}\n" for script, function in scripts.items()
    )
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}"
    info = f"{module}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{module}.py", code)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", points)
        archive.writestr(f"{info}/RECORD", "")


def peer_wheel(folder: Path, name: str, behaviour: str, **options: Any) -> None:
    code = PEER.replace("BEHAVIOURS[sys.argv[1]]()", f"BEHAVIOURS[{behaviour!r}]()")
    wheel(folder, name, {name: "main"}, code, **options)


def acting_wheel(folder: Path, name: str, act: str, **options: Any) -> None:
    """Write a wheel whose command runs the lines of `act` and then serves one tool; `env` is its environment."""
    lines = ["env = os.environ", *act.strip().splitlines(), "serve([tool()], modern=False)"]
    body = "".join(f"\n    {line}" for line in lines)
    wheel(folder, name, {name: "main"}, PEER.replace("\n    BEHAVIOURS[sys.argv[1]]()", body), **options)


def source_archive(folder: Path, name: str, code: str) -> None:
    """Write a source distribution, whose `setup.py` runs `code` when it is built."""
    setup = f"{code}from setuptools import setup\nsetup(name={name!r}, version='1')\n"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as archive:
        for file, text in {"setup.py": setup, "PKG-INFO": about}.items():
            member = tarfile.TarInfo(f"{name}-1.0/{file}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


NODE_PEER = """#!/usr/bin/env node
const tools = [{name: 'peer', inputSchema: {type: 'object'}, description: process.argv.slice(2).join(' ')}];
require('readline').createInterface({input: process.stdin}).on('line', line => {
  const {id, method} = JSON.parse(line);
  const initialize = {protocolVersion: '2025-06-18', capabilities: {tools: {}}, serverInfo: {name: 'n'}};
  const results = {initialize, 'tools/list': {tools}};
  if (id === undefined) return;
  const answer = results[method] ? {result: results[method]} : {error: {code: -32601, message: 'no'}};
  console.log(JSON.stringify({jsonrpc: '2.0', id, ...answer}));
});
"""


@contextmanager
def served(pages: dict[str, str]) -> Iterator[str]:
    """Serve these pages on loopback, by their paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class NpmRegistry:
    """An npm registry on loopback, of the packages that are put into it; `asked` are the paths of all requests."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.tarballs: dict[str, bytes] = {}
        self.logins: list[str | None] = []
        self.asked: list[str] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append(self.path)
                registry.logins.append(self.headers.get("authorization"))
                name = self.path.strip("/").replace("%2f", "/")
                body = registry.tarballs.get(name) or json.dumps(registry.documents.get(name, {})).encode()
                self.send_response(200 if name in registry.tarballs or name in registry.documents else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(
        self, name: str, files: Mapping[str, str], *, members: Iterable[tarfile.TarInfo] = (), **manifest: Any
    ) -> None:
        manifest = {"name": name, "version": "1.0.0", **manifest}
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for path, text in {"package.json": json.dumps(manifest), **files}.items():
                member = tarfile.TarInfo(f"package/{path}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
            for member in members:
                archive.addfile(member, io.BytesIO())
        content = buffer.getvalue()
        place = f"tar/{name.replace('/', '-')}.tgz"
        self.tarballs[place] = content
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
        dist = {"tarball": self.url + place, "integrity": integrity}
        self.documents[name] = {
            "name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {**manifest, "dist": dist}},
        }  # fmt: skip
