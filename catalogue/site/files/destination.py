"""Sends a built site to where it is hosted: a folder, or a bucket of an S3-compatible store. Knows no page.

Only what differs is sent, by the digests in the manifest of what was sent before; only files in that manifest are ever
replaced or deleted. A second manifest is there while files go over: what it lists is ours, too, and is sent again.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from catalogue.errors import CatalogueError
from catalogue.site.content_types import CACHE_CONTROL, content_type
from catalogue.site.files.links import Paths
from catalogue.site.files.manifest import Known, Manifest, Part
from catalogue.site.files.swap import MANIFEST, OURS
from catalogue.site.marks import inert
from catalogue.values import Report

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_SENDING = f"{OURS}/sending.db"
_TOGETHER = 256
"""Files on their way at a time, in as many requests as `_THREADS`; a bulk deletion takes up to 1,000."""
_THREADS = 16

Kind: TypeAlias = Literal["new", "changed", "gone"]


class Difference(NamedTuple):
    """A file that is not at the destination as it is in the site; `size` in bytes, 0 of one that is gone."""

    kind: Kind
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class SendSummary:
    """What was sent where, in files and bytes, and how many files were deleted there."""

    to: str
    files: int
    bytes: int
    deleted: int


class Destination:
    """A place that is empty or holds a site of ours."""

    def __init__(self, to: str, store: ObjectStore, folder: Path) -> None:
        """`folder` is for manifests while they are compared."""
        self.to = to
        self._store = store
        self._folder = folder

    def differences(self, site: Path) -> Iterator[Difference]:
        """Yield what makes the destination as the built site in the folder `site`; what is to be deleted comes last.

        Raises `CatalogueError` for a destination that holds other things than a site of ours.
        """
        with ExitStack() as stack:
            sent, sending = self._known(MANIFEST, stack), self._known(_SENDING, stack)
            if sent.is_empty and sending.is_empty:
                self._require_empty()
            wanted, unwanted = Paths(), []
            built = Manifest(site / MANIFEST)
            stack.callback(built.close)
            for part in built.parts():
                before = [*sent.take(part.name), *sending.take(part.name)]
                yield from _compared(part, before, sure=not sent.is_empty)
                own = part.digests()
                unwanted += [file.path for known in before for file in known.files if file.path not in own]
                for path in own:
                    wanted.add(path)
            unwanted += [file.path for known in (sent, sending) for part in known.left() for file in part.files]
            for path in sorted(set(unwanted).difference(wanted.among(unwanted))):
                yield Difference("gone", path, 0)

    def send(self, site: Path, report: Report) -> SendSummary:
        """Make the destination as the built site in the folder `site`."""
        todo = self.differences(site)
        first = next(todo, None)
        if first is None:
            return SendSummary(self.to, 0, 0, 0)
        manifest = _parts_alone(site / MANIFEST, self._folder / "new")
        self._put(_SENDING, manifest)
        sent = size = deleted = 0
        rest = chain([first], todo)
        with ThreadPoolExecutor(_THREADS) as pool:
            while batch := list(islice(rest, _TOGETHER)):
                files = [one for one in batch if one.kind != "gone"]
                gone = [one.path for one in batch if one.kind == "gone"]
                list(pool.map(lambda one: self._put(one.path, site / one.path), files))
                self._delete(gone)
                sent, size, deleted = sent + len(files), size + sum(one.size for one in files), deleted + len(gone)
                report("sending", sent + deleted, None)
        self._put(MANIFEST, manifest)
        self._delete([_SENDING])
        return SendSummary(self.to, sent, size, deleted)

    def _known(self, name: str, stack: ExitStack) -> Known:
        import obstore

        path = self._folder / name.rpartition("/")[2]
        try:
            with path.open("wb") as file:
                for chunk in obstore.get(self._store, name):
                    file.write(chunk)
        except FileNotFoundError:
            return Known([])
        known = Known([Manifest(path)])
        stack.callback(known.close)
        return known

    def _require_empty(self) -> None:
        import obstore

        found = next(iter(obstore.list(self._store, chunk_size=1)), [])
        if len(found):
            raise CatalogueError(
                f"{self.to} is not empty and not a site of ours: it holds {found[0]['path']!r}",
                "choose an empty or new destination",
            )

    def _put(self, path: str, file: Path) -> None:
        import obstore

        try:
            obstore.put(self._store, path, file, attributes=self._headers(path))
        except FileNotFoundError as error:
            raise CatalogueError(f"{file} went away while it was sent", "publish again") from error

    def _headers(self, path: str) -> Any:
        """Return the headers of a file; a folder keeps none."""
        from obstore.store import LocalStore

        if isinstance(self._store, LocalStore):
            return None
        return {"Content-Type": content_type(path), "Cache-Control": CACHE_CONTROL}

    def _delete(self, paths: Sequence[str]) -> None:
        import obstore

        try:
            if paths:
                obstore.delete(self._store, list(paths))
        except FileNotFoundError:  # folders say so, buckets do not
            for path in paths:
                with suppress(FileNotFoundError):
                    obstore.delete(self._store, path)


def _compared(part: Part, before: Sequence[Part], *, sure: bool) -> Iterator[Difference]:
    """Yield the files of a part that differ from those of the parts before it, or may: a sending that did not end."""
    digests = [known.digests() for known in before]
    for file in part.files:
        had = [known[file.path] for known in digests if file.path in known]
        if not had or not sure or any(digest != file.digest for digest in had):
            yield Difference("changed" if had else "new", file.path, file.size)


def _parts_alone(path: Path, to: Path) -> Path:
    """Write a manifest without what only the next build wants to know."""
    with closing(Manifest(path)) as built, closing(built.copy_parts(to)):
        return to


def _first_line(error: Exception) -> str:
    return inert(str(error).partition("\n")[0], 300)


def expect_address(to: str) -> None:
    """Raise `CatalogueError` for what cannot be a destination, without asking it: a build may take an hour before."""
    try:
        import obstore  # noqa: F401 - is it there?
    except ModuleNotFoundError as error:
        raise CatalogueError(
            f"sending a site needs the Python package {error.name}, which is not installed",
            "install mcp-risk-catalogue[publishing]",
        ) from error
    if re.match(r"[A-Za-z0-9]+://", to) and not re.match("s3://[^/]", to):
        raise CatalogueError(f"{inert(to)} is neither a folder nor s3://BUCKET/PREFIX")


@contextmanager
def open_destination(to: str) -> Iterator[Destination]:
    """Open a folder, or s3://BUCKET/PREFIX with the keys and the endpoint of the environment.

    Raises `CatalogueError` for an address of another kind, and for what the store refuses.
    """
    expect_address(to)
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import LocalStore

    try:
        with tempfile.TemporaryDirectory(prefix="catalogue-") as folder:
            is_bucket = to.startswith("s3://")
            store = obstore.store.from_url(to) if is_bucket else LocalStore(Path(to).absolute(), mkdir=True)
            yield Destination(to, store, Path(folder))
    except (BaseError, OSError) as error:
        raise CatalogueError(f"{inert(to)} did not take the site: {_first_line(error)}") from error
