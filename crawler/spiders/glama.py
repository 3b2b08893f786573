"""Glama's connectors: remote servers, each with the tools that Glama has seen.

The API is offered for use with a key (https://glama.ai/mcp/reference), under Glama's terms of service. It states no
limit of requests, so it is asked once a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crawler.spiders.directory_api import DirectorySpider
from crawler.spiders.fields import CURSOR_LIMIT, mapping, text


class GlamaSpider(DirectorySpider):
    name = "glama"
    about = "Glama's connectors: remotes, declared tools"
    licence = "Glama's terms of service"
    default_address = "https://glama.ai/api/mcp/v1"
    login = {"Authorization": "Bearer {GLAMA_API_KEY}"}  # noqa: RUF012 - never changed
    pause = 1.0  # seconds
    list_path = "/connectors"
    listed_under = "connectors"
    first_query = {"first": "100"}  # noqa: RUF012 - never changed

    def next_query(self, page: Mapping[str, Any]) -> Mapping[str, str] | None:
        info = mapping(page.get("pageInfo"))
        cursor = text(info.get("endCursor"), CURSOR_LIMIT)
        return {"after": cursor} if info.get("hasNextPage") is True and cursor else None

    def name_of(self, record: Mapping[str, Any]) -> object:
        parts = [part for part in (record.get("namespace"), record.get("slug")) if isinstance(part, str)]
        return "/".join(parts) if len(parts) > 1 else None

    def details(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        kept = {"title": record.get("name"), "description": record.get("description")}
        connection = mapping(record.get("connection"))
        return {**kept, "url": connection.get("url"), "transport": connection.get("transport")}
