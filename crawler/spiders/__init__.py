"""The sources: one leaf file each, on one base a kind of API. A new source is a new file here and nothing else."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.spiders.source import SourceSpider


@cache
def source_spiders() -> Mapping[str, type[SourceSpider]]:
    """The spider of each source by the source's name: every class of this package that gives itself a name."""
    from crawler.spiders.source import SourceSpider

    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return {spider.name: spider for spider in found if issubclass(spider, SourceSpider) and "name" in vars(spider)}
