"""Who we say we are to servers and registries, and Scrapy's settings for our spiders with their reasons. No source."""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

NAME = "mcp-risk-catalogue"
CONTACT = "CATALOGUE_CONTACT"
"""The environment variable with the address (a URL or an e-mail address) of whoever runs this crawl."""

MEBIBYTE = 1 << 20


@cache
def own_version() -> str:
    """The version of this program; "0" when it runs from a source tree that was not installed."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0"


def contact() -> str:
    """The address that the operator gave, as printable ASCII; "" for none."""
    given = "".join(filter(str.isprintable, os.environ.get(CONTACT, "").strip()))[:200]
    return given.encode("ascii", "ignore").decode()


def user_agent() -> str:
    """What every request says: the program, and whom to ask about it if its operator gave an address."""
    return f"{NAME}/{own_version()}" + (f" (+{contact()})" if contact() else "")


def spider_settings() -> dict[str, Any]:
    """The settings of every pass."""
    return {"USER_AGENT": user_agent()} | _MANNERS | _LIMITS | _CLOSED | _PARTS


_MANNERS: dict[str, Any] = {
    "DEFAULT_REQUEST_HEADERS": {"Accept": "application/json", "Accept-Encoding": "identity"},
    # robots.txt speaks to crawlers of pages. We ask APIs that their owners offer to programs, at the rate of their
    # terms; a registry that forbids robots its site still means its API to be asked.
    "ROBOTSTXT_OBEY": False,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,  # a page names the next one, so there is nothing to ask at the same time
    "RETRY_TIMES": 2,
}

_LIMITS: dict[str, Any] = {
    "DOWNLOAD_MAXSIZE": 32 * MEBIBYTE,  # a page of 100 real records has about 0.2 MiB
    "COMPRESSION_ENABLED": False,  # nothing is inflated, so nothing explodes
    "DOWNLOAD_WARNSIZE": 0,
    "DOWNLOAD_TIMEOUT": 30,  # seconds for a whole answer, so that a byte a second does not hold a pass
    "DOWNLOAD_VERIFY_CERTIFICATES": True,  # Scrapy's default is not to
}

_CLOSED: dict[str, Any] = {
    "TELNETCONSOLE_ENABLED": False,  # a port that runs Python
    "REMOTE_CONTROL_ENABLED": False,  # another one
    "COOKIES_ENABLED": False,
    "REDIRECT_ENABLED": False,  # the spiders follow those of the same origin themselves
    "METAREFRESH_ENABLED": False,
    "REFERER_ENABLED": False,
    # The address guard checks the address that is connected to. Behind a proxy that is the proxy, so proxies of the
    # environment are not used.
    "HTTPPROXY_ENABLED": False,
    "HTTPERROR_ALLOW_ALL": True,  # the spiders word what a status means
    "URLLENGTH_LIMIT": 0,  # it would drop a page without a word; the spiders bound their cursors
    "MEMUSAGE_ENABLED": False,
    "LOGSTATS_INTERVAL": 0,
    "STATS_DUMP": False,
}

_PARTS: dict[str, Any] = {
    "ITEM_PIPELINES": {"crawler.pipelines.SinkPipeline": 100},
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        "crawler.retry.PatientRetry": 550,  # in its place
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # it compares names; the guard, addresses
    },
}
