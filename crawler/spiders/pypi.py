"""PyPI packages that other sources or a file name, at the index that the user's uv or pip is set up to use.

It has no search. PyPI's own index lets its metadata be used freely, and asks by its API's documentation not to be asked
thousands of times in minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crawler.introspector.registries import Access, pypi_access
from crawler.records import TargetKind
from crawler.spiders.package_metadata import pypi_details, quoted
from crawler.spiders.package_source import PackageSpider


class PyPISpider(PackageSpider):
    name = "pypi"
    about = "PyPI packages that other sources name, where your uv or pip is set up to look; pypi=FILE: those of a file"
    licence = "its index's terms; each package has its own licence"
    kind = wants = TargetKind.PYPI
    pause = 0.5  # seconds

    @staticmethod
    def access() -> Access:
        return pypi_access()

    def metadata_url(self, index: str, name: str) -> str:
        return f"{index.removesuffix('/simple')}/pypi/{quoted(name)}/json"

    def details(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        return pypi_details(metadata)
