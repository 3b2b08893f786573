"""Container images that tests make of this machine's own shell, a registry on loopback, and a scripted engine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from crawler.introspector.image_archive import machine

SERVER = r"""#!/bin/sh
{act}
while read -r line; do
  id=${line#*\"id\":}; id=${id%%,*}
  case $line in
    *'"initialize"'*) result='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"i"}}';;
    *'"tools/list"'*) result='{"tools":[{"name":"peer","inputSchema":{"type":"object"},"description":"'$said'"}]}';;
    *'"id":'*) echo '{"jsonrpc":"2.0","id":'$id',"error":{"code":-32601,"message":"no"}}'; continue;;
    *) continue;;
  esac
  echo '{"jsonrpc":"2.0","id":'$id',"result":'$result'}'
done
"""
"""A server in the least shell there is; `act` runs first, and what it sets as `said` is the tool's description."""

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def shell_layer(act: str = "said=plain") -> bytes:
    """Return a layer with this machine's shell, the libraries it needs, and the server."""
    needed = subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True, check=True).stdout
    places = ["/bin/sh", *re.findall(r"(/\S+) \(", needed)]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for place in places:
            add(archive, place, Path(place).read_bytes())
        add(archive, "/server", SERVER.replace("{act}", act).encode())
    return buffer.getvalue()


def add(archive: tarfile.TarFile, place: str, content: bytes) -> None:
    member = tarfile.TarInfo(place.lstrip("/"))
    member.size, member.mode = len(content), 0o755
    archive.addfile(member, io.BytesIO(content))


class ImageRegistry:
    """A registry that speaks the distribution API; `asked` are the paths of all requests, `tokens` those it wants."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[int, str, bytes]] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[str] = []
        self.logins: list[str | None] = []
        self.token = ""
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        self.logins.append(request.headers.get("authorization"))
        status, kind, content = self.files.get(request.path, (404, "application/json", b"{}"))
        headers = {}
        if request.path.startswith("/token"):
            status, kind, content = 200, "application/json", json.dumps({"token": self.token}).encode()
        elif self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            status, content = 401, b"{}"
            headers["WWW-Authenticate"] = f'Bearer realm="http://{self.host}/token",service="test"'
        elif request.path in self.redirects:
            status, content, headers["Location"] = 307, b"", self.redirects[request.path]
        request.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    def put(self, name: str, place: str, content: bytes, kind: str = "application/octet-stream") -> None:
        self.files[f"/v2/{name}/{place}"] = (200, kind, content)

    def blob(self, name: str, content: bytes) -> dict[str, Any]:
        self.put(name, f"blobs/{digest(content)}", content)
        return {"digest": digest(content), "size": len(content)}

    def manifest(self, name: str, tag: str, document: dict[str, Any]) -> str:
        """Add a manifest under a tag and its digest, which is returned."""
        content = json.dumps(document).encode()
        for reference in (tag, digest(content)):
            self.put(name, f"manifests/{reference}", content, document.get("mediaType", OCI_MANIFEST))
        return digest(content)

    def add(self, name: str, layer: bytes, tag: str = "latest", **config: Any) -> str:
        """Add an image of one layer; return the digest of its manifest."""
        configuration = json.dumps(
            {
                "os": "linux", "architecture": machine(), "config": {"Entrypoint": ["/server"], **config},
                "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
            }
        ).encode()  # fmt: skip
        packed = gzip.compress(layer, compresslevel=1, mtime=0)
        layers = [self.blob(name, packed)]
        return self.manifest(
            name, tag, {"mediaType": OCI_MANIFEST, "config": self.blob(name, configuration), "layers": layers}
        )


@contextmanager
def image_registry() -> Iterator[ImageRegistry]:
    registry = ImageRegistry()
    yield registry
    registry.server.shutdown()
    registry.server.server_close()


def scripted_engine(folder: Path, server: Path) -> Path:
    """Write a `podman` that keeps its command lines in `calls`, and for `run` starts `server` as a bare process."""
    script = folder / "podman"
    script.write_text(f"""#!/bin/sh
echo "$@" >> {folder}/calls
case $1 in
  load) cp "$4" {folder}/loaded.tar;;
  run) for last in "$@"; do :; done; [ "$last" = /absent ] && exit 127; exec /bin/sh {server};;
esac
""")
    script.chmod(0o755)
    return script
