"""What every source on the web does: it asks for one page after the other, at its own pace, and says what went wrong.

Knows no shape of page: a `Page` brings its reader. One page is asked for at a time.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from string import Formatter
from typing import Any, ClassVar, TypeAlias
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawler.introspector.budget import Stopped
from crawler.introspector.guard import check_url
from crawler.manners import requested_wait
from crawler.records import Dropped, DropReason, Listing, SourceError, Validator
from crawler.spiders.fields import ADDRESS_LIMIT
from crawler.spiders.record import Origin, RecordError
from crawler.spiders.source import SourceSpider

PAGE_LIMIT = 100_000  # pages of one pass, so that an endless source ends
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REDIRECT_LIMIT = 3  # of one page
_ABSENT = frozenset({400, 404, 406, 410, 422, 451})  # says something of the page, and nothing of the source


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be asked for, and who reads it.

    `headers` make it a question whether it changed; of a `record` the answer says nothing of the source, which has
    others. `absent` is what is found if the source does not give this page,
    which otherwise ends the pass; only such a page may be named twice.
    """

    url: str
    read: Callable[[Response], Iterable[Found]]
    headers: Mapping[str, str] = field(default_factory=dict)
    absent: Found | None = None
    record: bool = False
    redirects: int = _REDIRECT_LIMIT


Found: TypeAlias = Listing | Dropped | Page
"""What a page holds: records, and further pages."""


class WebSource(SourceSpider):
    """One pass over a source, from its `first` pages to all that they lead to."""

    expected: ClassVar[str] = "a page of servers"
    """What an answer should be, as an error says it."""
    accepts: ClassVar[str] = "application/json"
    pause: ClassVar[float] = 0.0
    """Seconds between two pages of the default address, by its terms; another address is the user's own business."""
    plural: ClassVar[bool] = False
    """Whether another address holds other records: then it is another source, and its names are its own."""
    login: ClassVar[Mapping[str, str]] = {}
    """Headers that every request has, with the names of environment variables in braces."""

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        cls.keys = tuple(name for value in cls.login.values() for _, name, *_ in Formatter().parse(value) if name)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._pages: deque[Page] = deque()
        self._named: set[str] = set()

    def first(self) -> Iterable[Found]:
        """Where the pass begins."""
        raise NotImplementedError

    def label(self) -> str:
        if not self.plural or self.address == self.default_address:
            return self.name
        place = self.address.partition("://")[2].partition("?")[0]
        return f"{self.name}:{place.rstrip('/')}"

    def paced(self) -> bool:
        """Whether its terms are those that `pause` is for."""
        return self.address == self.default_address

    async def start(self) -> AsyncIterator[Listing | Dropped | Request]:
        for item in self.take(self._records(self.first())):
            yield item
        if not self.full and self._pages:
            yield self._request(self._pages.popleft())

    async def parse(self, response: Response) -> AsyncIterator[Listing | Dropped | Request]:
        """Yield what a page holds, then ask for the next one."""
        page: Page = response.meta["page"]
        if response.status in _REDIRECTS:
            yield self._request(_redirected(page, response))
            return
        for item in self.take(self._records(self._read(page, response))):
            yield item
        if self._pages and not self.full:
            await asyncio.sleep(self.pause if self.paced() else 0)
            yield self._request(self._pages.popleft())

    def record_page(self, url: str, read: Callable[[Response], Iterable[Found]], absent: Found) -> Page:
        """Ask for the record of one server, if it changed since it was read last."""
        return Page(url, read, conditions(self.validators.get(url)), absent=absent, record=True)

    def record_origin(self, response: Response) -> Origin:
        """Where the record of one server was read, with what is said of it there."""
        return replace(self.origin(response.url), validator=validator(response))

    def _read(self, page: Page, response: Response) -> Iterable[Found]:
        if response.status == 304 and page.headers:
            if not page.record:
                self.ledger.unchanged, self.ledger.validator = True, self.known
            return ()
        if response.status in _ABSENT and page.absent:
            return (page.absent,)
        if response.status != 200:
            self.ledger.wait = requested_wait(partial(_header, response))
            raise SourceError(f"{response.url} answered {_refusal(response)}, expected 200 and {self.expected}")
        return page.read(response)

    def _records(self, found: Iterable[Found]) -> Iterator[Listing | Dropped]:
        """Records leave, pages wait for their turn."""
        for item in found:
            if isinstance(item, Page):
                self._keep(item)
            else:
                yield item

    def _keep(self, page: Page) -> None:
        if page.url in self._named and not page.absent:
            raise SourceError(f"{page.url} repeats a cursor, so its pages would never end")
        if len(self._named) >= PAGE_LIMIT:
            raise SourceError(f"{page.url} is page {PAGE_LIMIT}, more than any source has")
        self._named.add(page.url)
        self._pages.append(page)

    def _request(self, page: Page) -> Request:
        headers = {"Accept": self.accepts, **self.headers(page.url), **page.headers}
        return Request(page.url, errback=self.failed, headers=headers, meta={"page": page}, dont_filter=True)

    def headers(self, url: str) -> Mapping[str, str]:  # noqa: ARG002 - what is below may tell addresses apart
        """The login for an address of this source."""
        return {name: value.format_map(os.environ).strip() for name, value in self.login.items()}

    def checked_address(self) -> str:
        """The address without a slash at its end, if it is one that is asked at all."""
        return self.checked(self.address)

    def checked(self, address: str) -> str:
        """An address without a slash at its end, if it is one that is asked at all."""
        try:
            check_url(address)
        except Stopped as fault:
            raise SourceError(f"cannot be asked at {address}: {fault}") from fault
        return address.rstrip("/")


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1").strip()


def _redirected(page: Page, response: Response) -> Page:
    """The same page at another path of the same origin; nothing else is followed."""
    location = _header(response, "Location")
    try:
        target = urljoin(response.url, location)
        same_origin = urlsplit(target)[:2] == urlsplit(response.url)[:2]
    except ValueError:  # no URL at all
        target, same_origin = location, False
    if not same_origin:
        raise SourceError(f"{response.url} redirects to another origin, {target!r}: if you trust it, give that")
    if not page.redirects:
        raise SourceError(f"{response.url} redirects more than {_REDIRECT_LIMIT} times, expected an answer")
    return replace(page, url=target, redirects=page.redirects - 1)


def _refusal(response: Response) -> str:
    """The status, with what a limit of requests or a key has to do with it."""
    said = f"HTTP {response.status}"
    if response.status == 401:
        return f"{said} (is the key still valid?)"
    wait = _header(response, "Retry-After")[:40]
    return f"{said} (it asks to come back after {wait})" if wait.isprintable() and wait else said


def decoded(response: Response, expected: str) -> Any:
    """The JSON of an answer. Raises `SourceError`."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{response.url} is not JSON, expected {expected}") from error


def decoded_record(response: Response) -> Mapping[str, Any]:
    """The object of an answer about one server. Raises `RecordError`: it costs no other."""
    try:
        record = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise RecordError(DropReason.NOT_AN_OBJECT, "its record is not JSON, or nested too deeply") from error
    if not isinstance(record, dict):
        raise RecordError(DropReason.NOT_AN_OBJECT, f"expected an object, got {type(record).__name__}")
    return record


def entries(page: Any, key: str, url: str) -> list[Any]:
    """The list that a page holds under `key`; null is how Go writes an empty one. Raises `SourceError`."""
    if not isinstance(page, dict):
        raise SourceError(f"{url} is a JSON {type(page).__name__}, expected an object with {key}")
    found = page.get(key)
    if found is None and key in page:
        return []
    if not isinstance(found, list):
        raise SourceError(f"{url} holds no list of {key}, expected a page with them")
    return found


def validator(response: Response) -> Validator | None:
    """What the answer says to be compared with later, if it says anything that can be sent back."""
    said = [_said(response, name) for name in ("ETag", "Last-Modified")]
    return Validator(*said) if any(said) else None


def _said(response: Response, name: str) -> str | None:
    value = _header(response, name)
    return value if value.isascii() and value.isprintable() and 0 < len(value) <= ADDRESS_LIMIT else None


def conditions(known: Validator | None) -> dict[str, str]:
    """The headers that ask for a document only if it changed."""
    if known is None:
        return {}
    said = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in said.items() if value}
