"""The archive that `podman load` and `docker load` take: a tar file of an image's configuration and layers.

Knows no registry and no engine. It is written by hand, since `tarfile` wants a whole file where a layer arrives in
pieces. https://github.com/moby/docker-image-spec/blob/main/spec.md
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from typing import BinaryIO

_BLOCK = 512
_CONFIG = "config.json"
_MACHINES: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64"}


def machine() -> str:
    """Return the name that images have for this machine's processor."""
    return _MACHINES.get(platform.machine(), platform.machine())


class ImageArchive:
    """Writes one archive, file by file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def begin(self, name: str, size: int) -> None:
        """Begin a file, of which exactly `size` bytes are to be taken."""
        info = tarfile.TarInfo(name)
        info.size = size
        self._file.write(info.tobuf(tarfile.GNU_FORMAT))

    def take(self, piece: bytes) -> None:
        """Go on with the file that was begun."""
        self._file.write(piece)

    def end(self, size: int) -> None:
        """End the file of that size."""
        self._file.write(bytes(-size % _BLOCK))

    def close(self, config: bytes, layers: Sequence[str], tag: str) -> None:
        """End the archive with what says which of its files are the layers of which image."""
        entry = {"Config": _CONFIG, "RepoTags": [tag], "Layers": list(layers)}
        for name, content in ((_CONFIG, config), ("manifest.json", json.dumps([entry]).encode())):
            self._whole(name, content)
        self._file.write(bytes(2 * _BLOCK))

    def _whole(self, name: str, content: bytes) -> None:
        self.begin(name, len(content))
        self.take(content)
        self.end(len(content))


def empty_image(tag: str) -> bytes:
    """Return the archive of an image that has no file at all."""
    layer = bytes(2 * _BLOCK)
    layers = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}
    config = {"os": "linux", "architecture": machine(), "config": {}, "rootfs": layers}
    whole = io.BytesIO()
    archive = ImageArchive(whole)
    archive.begin("layer.tar", len(layer))
    archive.take(layer)
    archive.close(json.dumps(config).encode(), ["layer.tar"], tag)
    return whole.getvalue()
