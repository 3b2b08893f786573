"""The base of every source that is one document: asked for whole, and only if it changed since the last pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scrapy.http import Response

from crawler.spiders.web import Found, Page, WebSource, conditions, validator


class DocumentSpider(WebSource):
    """One pass over a document, which names all that its source has: what it names no longer is gone."""

    expected = "a catalogue"
    accepts = "*/*"
    plural = True
    names_all = True

    def first(self) -> Iterator[Page]:
        yield Page(self.checked_address(), self._document, conditions(self.known))

    def records(self, response: Response) -> Iterable[Found]:
        """What the document holds."""
        raise NotImplementedError

    def _document(self, response: Response) -> Iterable[Found]:
        self.ledger.validator = validator(response)
        return self.records(response)
