"""The base of every directory that lists servers page by page and keeps a record of each with the tools it has seen.

What a directory says of tools is its own word, so they are declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy.http import Response

from crawler.records import Dropped, DropReason, Listing, Target, TargetKind
from crawler.spiders.fields import mapping, remote_address, remote_transport
from crawler.spiders.record import Origin, RecordError, make_listing
from crawler.spiders.web import Found, Page, WebSource, decoded, decoded_record, entries

_NAME = re.compile(r"@?(?!\.)[\w.~-]{1,100}(?:/(?!\.)[\w.~-]{1,100})?", re.ASCII)


class DirectorySpider(WebSource):
    """One pass over a list of servers and the record of each of them."""

    list_path: ClassVar[str]
    """Below the address; a server's record is below it, by its name."""
    listed_under: ClassVar[str] = "servers"
    first_query: ClassVar[Mapping[str, str]]

    def next_query(self, page: Mapping[str, Any]) -> Mapping[str, str] | None:
        """What a page adds to the first query for the next one; `None`: there is none."""
        raise NotImplementedError

    def name_of(self, record: Mapping[str, Any]) -> object:
        """The name of a server in this directory, by its entry or its record."""
        raise NotImplementedError

    def details(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a server's record says, as `make_listing` takes it, with the `url` of its remote and its `transport`."""
        raise NotImplementedError

    def first(self) -> Iterator[Page]:
        yield self._page({})

    def _page(self, added: Mapping[str, str]) -> Page:
        query = urlencode({**self.first_query, **added})
        return Page(f"{self.checked_address()}{self.list_path}?{query}", self._entries)

    def _entries(self, response: Response) -> Iterator[Found]:
        page = decoded(response, self.expected)
        for number, entry in enumerate(entries(page, self.listed_under, response.url), 1):
            yield self._entry(entry, f"record {number}", self.origin(response.url))
        if (following := self.next_query(page)) is not None:
            yield self._page(following)

    def _entry(self, entry: object, place: str, origin: Origin) -> Found:
        name = self.name_of(entry) if isinstance(entry, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return origin.drop(name or place, DropReason.NO_NAME, "it has no name by which its record could be asked")
        gone = origin.drop(name, DropReason.UNAVAILABLE, "the directory lists it and has no record of it")
        url = f"{self.checked_address()}{self.list_path}/{name}"
        return self.record_page(url, partial(self._record, name), gone)

    def _record(self, name: str, response: Response) -> Iterator[Listing | Dropped]:
        origin = self.record_origin(response)
        yield origin.listed(name, lambda: self._listing(name, decoded_record(response), origin))

    def _listing(self, name: str, record: Mapping[str, Any], origin: Origin) -> Listing:
        if self.name_of(record) != name:
            raise RecordError(DropReason.NOT_AN_OBJECT, "expected the record of the server of this name")
        details = self.details(record)
        address = remote_address(details.get("url"))
        transport = remote_transport(details.get("transport"), address) if address else None
        targets = (Target(TargetKind.REMOTE, transport, address),) if address and transport else ()
        tools = record.get("tools")
        said = {"name": name, "repository_url": mapping(record.get("repository")).get("url"), **details}
        return make_listing(origin, record, targets, said, tools=tools if isinstance(tools, list) else ())
