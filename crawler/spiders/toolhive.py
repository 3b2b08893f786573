"""The ToolHive catalogue: one JSON document of server.json records with the tools that each declares.

It is built from https://github.com/stacklok/toolhive-catalog, which is Apache-2.0; no limit of requests is stated.
"""

from __future__ import annotations

from collections.abc import Iterator

from scrapy.http import Response

from crawler.spiders.document_source import DocumentSpider
from crawler.spiders.fields import mapping
from crawler.spiders.server_list import read_servers
from crawler.spiders.web import Found, decoded, entries

_PLACE = "stacklok/toolhive-catalog/main/pkg/catalog/toolhive/data/registry-upstream.json"


class ToolHiveSpider(DocumentSpider):
    name = "toolhive"
    about = "the ToolHive catalogue: images, remotes, declared tools"
    licence = "Apache-2.0"
    default_address = f"https://raw.githubusercontent.com/{_PLACE}"

    def records(self, response: Response) -> Iterator[Found]:
        document = mapping(decoded(response, self.expected))
        servers = entries(mapping(document.get("data")), "servers", response.url)
        yield from read_servers(servers, self.origin(response.url))
