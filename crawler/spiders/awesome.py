"""An awesome list: a Markdown document whose links name candidates. Nothing else in it is read, least of all tools.

The list at the default address is MIT, and one file is asked for; another list has its own terms.
"""

from __future__ import annotations

from collections.abc import Iterator

from scrapy.http import Response

from crawler.spiders.candidates import read_markdown
from crawler.spiders.document_source import DocumentSpider
from crawler.spiders.web import Found


class AwesomeSpider(DocumentSpider):
    name = "awesome"
    about = "an awesome list: candidates only"
    licence = "MIT"
    default_address = "https://raw.githubusercontent.com/punkpeye/awesome-mcp-servers/main/README.md"

    def records(self, response: Response) -> Iterator[Found]:
        yield from read_markdown(response.body.decode("utf-8", "replace"), self.origin(response.url))
