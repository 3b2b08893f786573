"""Any registry that speaks the official one's API: GitHub's, Azure's, a company's own.

Licence and terms are its owner's. GitHub (https://api.mcp.github.com) and Azure (https://registry.mcp.azure.com) state
none for their data and no limit of requests; both hold a few hundred records, which is a handful of pages.
"""

from __future__ import annotations

from crawler.spiders.registry_api import RegistrySpider


class OtherRegistrySpider(RegistrySpider):
    name = "registry"
    about = "any registry of the official one's API (registry=URL)"
    licence = "its owner's; see there"
    plural = True
