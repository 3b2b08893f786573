"""A file of servers: a client's configuration, or server.json records as JSON, an array or JSON Lines; gzip or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from crawler.records import Dropped, Listing
from crawler.spiders.server_file import read_file
from crawler.spiders.source import SourceSpider


class FileSpider(SourceSpider):
    name = "file"
    about = "a file of servers: a client's configuration or server.json records (file=FILE)"
    licence = "its owner's"

    async def start(self) -> AsyncIterator[Listing | Dropped]:
        path = Path(self.address)
        origin = self.origin(path.name)  # its folders are nobody's business: provenance is published
        for item in self.take(read_file(path, origin)):
            yield item
