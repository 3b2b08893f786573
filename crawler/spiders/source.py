"""What every source is: a spider with a name, a line about itself and an address, whose items are listings.

Knows no sink and no database: items leave through the pipeline. `SourceError`, raised anywhere in a spider, ends its
pass with that line; what it found before is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import ClassVar, NoReturn

from scrapy import Request, Spider
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.python.failure import Failure

from crawler.pipelines import Ledger
from crawler.records import Dropped, DropReason, Listing, SourceError, TargetKind, Validator
from crawler.spiders.record import Origin

_DOWNLOAD_FAULTS = {
    CannotResolveHostError: "its name does not resolve, or to an address that is asked only with --allow-private",
    ConnectError: "no connection",
    DownloadConnectionRefusedError: "connection refused",
    DownloadTimeoutError: "no answer in time",
    DownloadCancelledError: "the answer is larger than we take",
    DownloadFailedError: "the connection is not to be trusted, or what answers speaks no HTTP",
    ResponseDataLossError: "the answer breaks off",
    ConnectionClosed: "the connection was closed",
}


class SourceSpider(Spider):
    """One pass over one source."""

    about: ClassVar[str]
    """One line: what the source is."""
    licence: ClassVar[str]
    """What its data may be used for and how often it may be asked, in a few words."""
    default_address: ClassVar[str | None] = None
    """Where it is asked; "": where the user's own tools are set up to ask; `None`: the user has to say."""
    keys: ClassVar[tuple[str, ...]] = ()
    """The environment variables without which it is off."""
    names_all: ClassVar[bool] = False
    """Whether a whole pass names every server that it has, so that what it names no longer is gone."""
    wants: ClassVar[TargetKind | None] = None
    """The kind of packages whose names it would be told, if other sources named some."""

    def __init__(
        self,
        *,
        address: str,
        updated_since: datetime | None,
        known: Validator | None,
        validators: Mapping[str, Validator],
        names: tuple[str, ...],
        limit: int | None,
        ledger: Ledger,
    ) -> None:
        super().__init__()
        self.address = address
        self.updated_since = updated_since
        self.known = known
        self.validators = validators
        self.names = names
        self.ledger = ledger
        ledger.label = self.label()
        self._remaining = limit
        self._names: set[str] = set()

    @property
    def full(self) -> bool:
        """Whether the pass has as many listings as were asked for."""
        return self._remaining == 0

    @classmethod
    def missing_keys(cls) -> tuple[str, ...]:
        """The variables of `keys` that are not set."""
        return tuple(name for name in cls.keys if not os.environ.get(name, "").strip())

    def label(self) -> str:
        """The source as its listings name it."""
        return self.name

    def origin(self, fetched_from: str) -> Origin:
        """Where and when (now) records were fetched."""
        return Origin(self.label(), fetched_from, datetime.now(UTC))

    def take(self, found: Iterable[Listing | Dropped]) -> Iterator[Listing | Dropped]:
        """The first listing of each name, up to the limit; nothing is read beyond it."""
        for item in found:
            if self.full:
                return
            yield self._counted(item) if isinstance(item, Listing) else item

    def _counted(self, listing: Listing) -> Listing | Dropped:
        if listing.source_id in self._names:
            detail = "the source lists it twice; the first is kept"
            return Dropped(listing.source, listing.source_id, DropReason.DUPLICATE_NAME, detail)
        self._names.add(listing.source_id)
        if self._remaining is not None:
            self._remaining -= 1
        return listing

    def failed(self, failure: Failure) -> NoReturn:
        """The errback of every request: a download that failed ends the pass."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        for kind, words in _DOWNLOAD_FAULTS.items():
            if isinstance(failure.value, kind):
                raise SourceError(f"{request.url} could not be read: {words}") from failure.value
        raise RuntimeError(f"{request.url} failed in a way we do not know") from failure.value
