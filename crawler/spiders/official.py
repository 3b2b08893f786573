"""The official MCP Registry. Its data is CC0, and made for aggregators: "scrape regularly but infrequently"."""

from __future__ import annotations

from crawler.spiders.registry_api import RegistrySpider


class OfficialSpider(RegistrySpider):
    name = "official"
    about = "the official MCP Registry"
    licence = "CC0; 180 requests a minute"
    default_address = "https://registry.modelcontextprotocol.io"
    pause = 0.4  # seconds
