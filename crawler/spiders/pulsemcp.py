"""PulseMCP, which speaks the official registry's API to partners.

Its data is its own: a key is given by agreement, and what may be done with the data stands in that. 200 requests a
minute, 5,000 an hour, 10,000 a day (https://www.pulsemcp.com/api/docs/v0.1).
"""

from __future__ import annotations

from crawler.spiders.registry_api import RegistrySpider


class PulseSpider(RegistrySpider):
    name = "pulsemcp"
    about = "PulseMCP"
    licence = "by agreement with PulseMCP only; 5,000 requests an hour"
    default_address = "https://api.pulsemcp.com"
    login = {"X-API-Key": "{PULSEMCP_API_KEY}", "X-Tenant-ID": "{PULSEMCP_TENANT_ID}"}  # noqa: RUF012 - never changed
    pause = 0.75  # seconds
