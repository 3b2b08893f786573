"""npm packages that say that they are MCP servers, at the registry that the user's npm is set up to use.

npm's own registry lets all of its metadata be copied by its open-source terms, and gives no number of requests that are
too many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crawler.introspector.registries import Access, npm_access
from crawler.records import TargetKind
from crawler.spiders.package_metadata import npm_details, quoted
from crawler.spiders.package_search import PackageSearchSpider


class NpmSpider(PackageSearchSpider):
    name = "npm"
    about = "npm packages by keyword, where your npm is set up to look; npm=FILE: those that a file names"
    licence = "its registry's terms; each package has its own licence"
    kind = TargetKind.NPM
    pause = 0.2  # seconds

    @staticmethod
    def access() -> Access:
        return npm_access()

    def metadata_url(self, index: str, name: str) -> str:
        return f"{index}/{quoted(name)}/latest"

    def details(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        return npm_details(metadata)
