"""Smithery: servers that it hosts, each with the tools that it has seen.

The API is offered with a key (https://smithery.ai/docs), under Smithery's terms of service. It states no limit of
requests, so it is asked once a second; it shows a part of what it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crawler.spiders.directory_api import DirectorySpider
from crawler.spiders.fields import mapping


class SmitherySpider(DirectorySpider):
    name = "smithery"
    about = "Smithery: hosted remotes, declared tools"
    licence = "Smithery's terms of service"
    default_address = "https://api.smithery.ai"
    login = {"Authorization": "Bearer {SMITHERY_API_KEY}"}  # noqa: RUF012 - never changed
    pause = 1.0  # seconds
    list_path = "/servers"
    first_query = {"pageSize": "100", "page": "1"}  # noqa: RUF012 - never changed

    def next_query(self, page: Mapping[str, Any]) -> Mapping[str, str] | None:
        place = mapping(page.get("pagination"))
        number, last = place.get("currentPage"), place.get("totalPages")
        more = isinstance(number, int) and isinstance(last, int) and 0 < number < last and page.get("servers")
        return {"page": str(number + 1)} if isinstance(number, int) and more else None

    def name_of(self, record: Mapping[str, Any]) -> object:
        return record.get("qualifiedName")

    def details(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        kept = {"title": record.get("displayName"), "description": record.get("description")}
        return {**kept, "url": record.get("deploymentUrl"), "website_url": record.get("homepage")}
