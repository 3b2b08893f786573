"""The base of the package registries as sources, at the addresses that the user's own tools are set up to use.

No registry's address stands here. A package is a server if it says so, or if another source named it; what is merely
tagged is a candidate.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from scrapy.http import Response

from crawler.introspector.registries import Access
from crawler.records import Dropped, DropReason, Listing, ListingStatus, SourceError, TargetKind
from crawler.spiders.packages import package
from crawler.spiders.record import Origin, make_listing
from crawler.spiders.web import Found, Page, WebSource, decoded_record

NAMES_LIMIT = 100_000  # names of a file


class PackageSpider(WebSource):
    """One pass over packages of one registry: those of a file of names, or those that it finds and is told of."""

    default_address = ""
    expected = "the metadata of a package"
    kind: ClassVar[TargetKind]

    @staticmethod
    def access() -> Access:
        """What the user's own tools are set up to use."""
        raise NotImplementedError

    def metadata_url(self, index: str, name: str) -> str:
        """Where the metadata of the newest version of a package is."""
        raise NotImplementedError

    def details(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the metadata says, as `make_listing` takes it, with `is_server` and `status`."""
        raise NotImplementedError

    def search(self) -> Iterator[Page]:
        """Where to look for packages when there is no file of names."""
        return iter(())

    def paced(self) -> bool:
        return True

    def first(self) -> Iterator[Found]:
        if not self.address:
            yield from self.search()
        for name in dict.fromkeys(_file_of_names(self.address) if self.address else self.names):
            yield self.package_page(name, known=not self.address)

    def package_page(self, name: str, *, known: bool = False) -> Found:
        """Ask for a package; `known` says that another source calls it a server."""
        if package(self.kind, name) is None:
            return self.origin("").drop(name, DropReason.NO_NAME, f"no name of a package of {self.kind}")
        url = self.metadata_url(self.index(name), name)
        # an index without this API has none either: that is no word on whether the package was withdrawn
        absent = self.origin(url).drop(name, DropReason.UNAVAILABLE, "its registry has no metadata of this name")
        return self.record_page(url, partial(self._package, name, known), absent)

    def index(self, name: str = "") -> str:
        """The registry that the user's tools take a package from, without the login."""
        indexes = dict(reversed(self.access().indexes))  # of two for one scope the first counts
        address = indexes.get(name.partition("/")[0]) or indexes.get("")
        if not address:
            raise SourceError(f"source {self.name} has no registry: nothing on this machine is set up to use one")
        parts = urlsplit(address)
        return self.checked(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl())

    def headers(self, url: str) -> Mapping[str, str]:
        """The login that the user's tools have for this registry, and for no other."""
        access = self.access()
        for _, address in access.indexes:
            parts = urlsplit(address)
            if parts.password and f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" == _origin(url):
                pair = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
                return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        lines = b"\n".join(content for path, content in access.files.items() if path.endswith("npmrc"))
        return dict(_npm_login(lines.decode("utf-8", "replace"), url))

    def _package(self, name: str, known: bool, response: Response) -> Iterator[Listing | Dropped]:
        origin = self.record_origin(response)
        yield origin.listed(name, lambda: self._listing(name, decoded_record(response), origin, known=known))

    def _listing(self, name: str, metadata: Mapping[str, Any], origin: Origin, *, known: bool) -> Listing:
        said = {"name": name, **self.details(metadata)}
        target = package(self.kind, name, said.get("version"))
        targets = (target,) if target and (known or said.get("is_server")) else ()
        return make_listing(origin, metadata, targets, said, said.get("status", ListingStatus.ACTIVE))


def _file_of_names(path: str) -> Iterator[str]:
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} is no file of names: {getattr(error, 'strerror', None) or 'not text'}") from error
    if len(lines) > NAMES_LIMIT:
        raise SourceError(f"{path} has more than {NAMES_LIMIT} lines, expected a name of a package in each")
    yield from filter(None, (line.partition("#")[0].strip() for line in lines))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _npm_login(npmrc: str, url: str) -> Iterator[tuple[str, str]]:
    """The login in lines like `//host/path/:_authToken=...` for a URL below that."""
    place = url.partition(":")[2]
    for line in npmrc.splitlines():
        key, _, value = line.partition("=")
        where, _, what = key.strip().rpartition(":")
        scheme = {"_authToken": "Bearer", "_auth": "Basic"}.get(what)
        if scheme and value.strip() and where.startswith("//") and place.startswith(where.rstrip("/") + "/"):
            yield "Authorization", f"{scheme} {value.strip()}"
