"""The registries of container images: a reference becomes one manifest, and its blobs one archive, on a budget.

Knows no container and no protocol of servers. We fetch images ourselves, so that the engine which runs them needs no
network: every address is checked, every blob is held to its digest, and what layers inflate to is counted on the way.
https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from crawler.introspector import downloads
from crawler.introspector.budget import MEBIBYTE, Budget, Stopped
from crawler.introspector.image_archive import ImageArchive, machine
from crawler.introspector.wire import decode, fault_of
from crawler.records import Reason, Target

_HUB = "registry-1.docker.io"
_HUB_NAMES = frozenset({"docker.io", "index.docker.io", _HUB})
_LOOPBACK = frozenset({"localhost", "127.0.0.1"})  # where every engine takes a registry without TLS
_LARGEST_DOCUMENT = 4 * MEBIBYTE  # what registries must take as a manifest at least, by the specification
_KEPT = frozenset({"Cmd", "Entrypoint", "Env", "WorkingDir"})
_DEEPEST = 10  # levels of a configuration; what is kept of one has four
_MOST_LAYERS = 127  # docker's own limit
_KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+|/)[a-z0-9]+)*")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?", re.IGNORECASE | re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_CHALLENGE = re.compile(r'(\w+)="([^"]{0,2048})"')
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_AT_A_TIME = MEBIBYTE


@dataclass(frozen=True, slots=True)
class Reference:
    """An image by its registry's host, its name there, and the tag or digest."""

    host: str
    name: str
    version: str

    @classmethod
    def of(cls, target: Target) -> Reference:
        """Read a target as the engines do: without a host it is on Docker's registry. Raises `Stopped`."""
        first, slash, rest = target.address.partition("/")
        has_host = bool(slash) and (first == "localhost" or not {".", ":"}.isdisjoint(first))
        host, name = (first, rest) if has_host else (_HUB, target.address)
        if host in _HUB_NAMES:
            host, name = _HUB, name if "/" in name else f"library/{name}"
        version = target.version or "latest"
        if not _HOST.fullmatch(host) or not _NAME.fullmatch(name):
            raise Stopped(Reason.INSTALL_FAILED, "not the name of an image")
        if not _DIGEST.fullmatch(version) and not _TAG.fullmatch(version):
            raise Stopped(Reason.INSTALL_FAILED, f"{version} is neither a tag nor a digest")
        return cls(host, name, version)

    @property
    def url(self) -> str:
        scheme = "http" if self.host.partition(":")[0] in _LOOPBACK else "https"
        return f"{scheme}://{self.host}/v2/{self.name}"


@dataclass(frozen=True, slots=True)
class Blob:
    """One file of an image."""

    digest: str
    size: int

    @property
    def file_name(self) -> str:
        return f"{self.digest.partition(':')[2]}.tar"


@dataclass(frozen=True, slots=True)
class Image:
    """A resolved image: the digest of its manifest, what it starts by itself, and its files.

    `config` is its configuration as far as an engine is given it.
    """

    digest: str
    starts: tuple[str, ...]
    config: bytes
    layers: tuple[Blob, ...]


class ImageRegistry:
    """One image at its registry, asked without a login; the token that registries give to anybody is no login."""

    def __init__(self, client: httpx.AsyncClient, reference: Reference, budget: Budget) -> None:
        self._client = client
        self._reference = reference
        self._budget = budget
        self._headers: dict[str, str] = {}

    async def resolve(self) -> Image:
        """Find the image for this machine. Raises `Stopped` when there is none, or more of it than the budget has."""
        digest, manifest = await self._manifest(self._reference.version)
        if "manifests" in manifest:
            digest, manifest = await self._manifest(_for_this_machine(manifest))
        config, *layers = (_blob(entry) for entry in (manifest.get("config"), *_layers(manifest)))
        if sum(layer.size for layer in layers) > self._budget.download_bytes:
            raise Stopped(Reason.TOO_LARGE, f"an image of more than {self._budget.download_bytes} bytes")
        stated = _object(await self._document(f"blobs/{config.digest}", config.digest))
        return Image(digest, tuple(_starts(stated.get("config"))), _plain(stated), tuple(layers))

    async def save(self, image: Image, place: Path, tag: str) -> None:
        """Write an image into an archive that `podman load` and `docker load` take, under a tag of ours."""
        inflated = _Inflated(self._budget.install_bytes)
        with place.open("wb") as file:
            archive = ImageArchive(file)
            for layer in dict.fromkeys(image.layers):
                await self._save_layer(layer, archive, inflated)
            archive.close(image.config, [layer.file_name for layer in image.layers], tag)

    async def _save_layer(self, layer: Blob, archive: ImageArchive, inflated: _Inflated) -> None:
        archive.begin(layer.file_name, layer.size)
        found, size = hashlib.sha256(), 0
        inflated.begin()
        async with downloads.answered(self._client, self._url(f"blobs/{layer.digest}"), self._headers) as response:
            downloads.check(response, "a layer of the image")
            async for chunk in downloads.chunks(response, layer.size):
                found.update(chunk)
                size += len(chunk)
                await asyncio.to_thread(inflated.take, chunk)
                archive.take(chunk)
        if size != layer.size or f"sha256:{found.hexdigest()}" != layer.digest:
            raise Stopped(Reason.INSTALL_FAILED, "a layer of the image is another than its manifest says")
        archive.end(size)

    async def _manifest(self, version: str) -> tuple[str, Mapping[str, Any]]:
        content = await self._document(f"manifests/{version}", version)
        return f"sha256:{hashlib.sha256(content).hexdigest()}", _object(content)

    async def _document(self, path: str, version: str) -> bytes:
        """Fetch a manifest or configuration, held to its digest where it is asked for by one."""
        accept = {"Accept": ", ".join(_KINDS)} if path.startswith("manifests/") else {}
        async with downloads.answered(self._client, self._url(path), {**self._headers, **accept}) as response:
            if response.status_code == HTTPStatus.UNAUTHORIZED and not self._headers:
                challenge = response.headers.get("www-authenticate", "")
            else:
                _check(response)
                content = await downloads.body(response, _LARGEST_DOCUMENT)
                if _DIGEST.fullmatch(version) and f"sha256:{hashlib.sha256(content).hexdigest()}" != version:
                    raise Stopped(Reason.INSTALL_FAILED, "the registry's answer is another than its digest says")
                return content
        self._headers = {"Authorization": f"Bearer {await self._token(challenge)}"}
        return await self._document(path, version)

    async def _token(self, challenge: str) -> str:
        """Get the token that anybody gets (https://distribution.github.io/distribution/spec/auth/token/)."""
        words = dict(_CHALLENGE.findall(challenge[: 2 * _AT_A_TIME]))
        if not challenge.lower().startswith("bearer ") or "realm" not in words:
            raise Stopped(Reason.SIGN_IN, "the image's registry wants a sign-in")
        query = {"scope": f"repository:{self._reference.name}:pull"}
        query |= {"service": words["service"]} if "service" in words else {}
        try:
            url = str(httpx.URL(words["realm"]).copy_merge_params(query))
        except (httpx.InvalidURL, ValueError) as error:
            raise Stopped(Reason.PROTOCOL_ERROR, "the image's registry names no usable place for tokens") from error
        async with downloads.answered(self._client, url) as response:
            _check(response)
            answer = _object(await downloads.body(response, _LARGEST_DOCUMENT))
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Stopped(Reason.SIGN_IN, "the image's registry gives no token without a sign-in")
        return token

    def _url(self, path: str) -> str:
        return f"{self._reference.url}/{path}"


class _Inflated:
    """Counts what the layers of one image inflate to. Raises `Stopped` when that is more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit
        self._unpacker: Any = None
        self._is_new = True

    def begin(self) -> None:
        """A new layer follows."""
        self._unpacker, self._is_new = None, True

    def take(self, chunk: bytes) -> None:
        """Count one piece of a layer; they come in any size, but the first holds what tells a compression."""
        if self._is_new:
            if chunk.startswith(_ZSTD):
                raise Stopped(Reason.UNSUPPORTED, "its layers are compressed as zstd, which is recorded and not run")
            self._unpacker, self._is_new = (_gunzip() if chunk.startswith(_GZIP) else None), False
        if self._unpacker is None:
            self._count(len(chunk))
            return
        try:
            self._inflate(chunk)
        except zlib.error as error:
            raise Stopped(Reason.INSTALL_FAILED, f"a layer of the image cannot be inflated: {error}") from error

    def _inflate(self, chunk: bytes) -> None:
        while chunk:
            self._count(len(self._unpacker.decompress(chunk, _AT_A_TIME)))
            chunk = self._unpacker.unconsumed_tail
            if self._unpacker.eof:  # a file of several parts is one file
                chunk, self._unpacker = self._unpacker.unused_data, _gunzip()

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Stopped(Reason.TOO_LARGE, f"an image of more than {self._limit} bytes when unpacked")


def _gunzip() -> Any:
    return zlib.decompressobj(wbits=31)  # a gzip header and trailer


def _check(response: httpx.Response) -> None:
    if response.status_code == HTTPStatus.UNAUTHORIZED:  # what Docker's registry says of a name that it does not have
        raise Stopped(Reason.SIGN_IN, "the registry has no such image, or shows it only after a sign-in")
    downloads.check(response, "the image")


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        value = decode(content)
    except ValueError as error:
        raise Stopped(Reason.PROTOCOL_ERROR, "the image's registry answers with something that is no JSON") from error
    if not isinstance(value, dict):
        raise Stopped(Reason.PROTOCOL_ERROR, "the image's registry answers with JSON that is no object")
    return value


def _for_this_machine(index: Mapping[str, Any]) -> str:
    """Return the digest of the manifest for Linux on this machine's processor."""
    entries = index["manifests"]
    for entry in entries if isinstance(entries, list) else ():
        where = entry.get("platform") if isinstance(entry, dict) else None
        if isinstance(where, dict) and (where.get("os"), where.get("architecture")) == ("linux", machine()):
            return _blob(entry).digest
    raise Stopped(Reason.NO_RUNTIME, f"it has no image for Linux on {machine()}")


def _layers(manifest: Mapping[str, Any]) -> list[Any]:
    layers = manifest.get("layers")
    if not isinstance(layers, list) or len(layers) > _MOST_LAYERS:
        raise Stopped(Reason.INSTALL_FAILED, "a manifest of an image lists up to 127 layers")
    return layers


def _blob(entry: Any) -> Blob:
    if isinstance(entry, dict):
        digest, size = entry.get("digest"), entry.get("size")
        if isinstance(digest, str) and _DIGEST.fullmatch(digest) and type(size) is int and size >= 0:
            return Blob(digest, size)
    raise Stopped(Reason.INSTALL_FAILED, "a manifest of an image names its files by SHA-256 and size")


def _plain(stated: Mapping[str, Any]) -> bytes:
    """Return a configuration with the command, its environment and its place, and nothing else.

    An image could also ask for volumes, which engines make on this machine's disk, for commands to be run now and then
    as a check of its health, and, by labels, for capabilities.
    """
    config = stated.get("config")
    kept = {key: value for key, value in config.items() if key in _KEPT} if isinstance(config, dict) else {}
    described = {"os": "linux", "architecture": machine(), "config": kept, "rootfs": stated.get("rootfs")}
    if fault := fault_of(described, _DEEPEST):
        raise Stopped(Reason.INSTALL_FAILED, f"the image's configuration {fault}")
    return json.dumps(described).encode()


def _starts(config: Any) -> Iterator[str]:
    """Yield the words of the command that the image starts by itself."""
    for key in ("Entrypoint", "Cmd"):
        words = config.get(key) if isinstance(config, dict) else None
        yield from (word for word in (words if isinstance(words, list) else ()) if isinstance(word, str))
