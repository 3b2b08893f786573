"""Where a tool, a server and what programs read of them stand, in each format of the site. Knows no page.

This is the one place that knows how the formats differ in their addresses: contexts ask it, and `urls` spells the
paths. An address depends on names and on how many tools the server has, and on nothing else of the catalogue.
"""

# ruff: noqa: ARG002 - a format takes what it needs of what tells a place
from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from catalogue.site import urls
from catalogue.site.shards import bucket, fixed_shard, shard_digits, shard_of


class SiteFormat(StrEnum):
    """How a site is cut into files."""

    HTML = "html"
    SINGLE = "single-page-per-server"


@dataclass(frozen=True, slots=True)
class Addresses(ABC):
    """The addresses of one format. A *place* is the page of a tool, or a page of its server with the tool's anchor.

    `split` is how many tools of a server stand on one page. Pages of lists of tools are `lists` times as long as usual,
    those of other lists `others` times.
    """

    format: ClassVar[SiteFormat]
    split: ClassVar[int]
    lists: ClassVar[int] = 1
    others: ClassVar[int] = 1

    def pages(self, server: str, tools: int) -> list[str]:
        """Return the pages of a server that has so many tools, at least one."""
        return [urls.server(server, number + 1) for number in range(max(1, -(-tools // self.split)))]

    @abstractmethod
    def tool(self, server: str, name: str, occurrence: int, tools: int) -> str:
        """Return the place of a tool on a server that has so many."""

    @abstractmethod
    def tool_data(self, server: str, place: str) -> str:
        """Return the file with a tool's definition and verdict whole."""

    @abstractmethod
    def server_data(self, server: str) -> str:
        """Return the file with a server's tools as open data."""

    @abstractmethod
    def tool_policy(self, server: str, place: str) -> str:
        """Return the file with a tool's recommended policy."""

    @abstractmethod
    def server_twin(self, server: str, page: str) -> str:
        """Return the file that says as JSON what a page of a server says."""

    @abstractmethod
    def server_policy(self, server: str) -> str:
        """Return the file with a server's recommended policy."""

    @abstractmethod
    def policy_place(self, server: str) -> str:
        """Return the page, or the section of one, that says what a server's recommended policy does."""

    @abstractmethod
    def server_text(self, server: str) -> str:
        """Return what a model reads to know a server."""

    @abstractmethod
    def card(self, server: str) -> str:
        """Return the picture that is shown where a page of a server is linked."""

    @abstractmethod
    def list_twin(self, page: str) -> str:
        """Return the JSON twin of a page of a list of tools; "" without one."""

    @abstractmethod
    def publisher(self, kind: str, name: str, page: int = 1) -> str:
        """Return a page of a publisher, or its place among others."""

    @abstractmethod
    def shard(self, name: str, tools: int) -> str:
        """Return the shard of what has this name, where the catalogue has so many tools."""


@dataclass(frozen=True, slots=True)
class PageATool(Addresses):
    """Each tool has a page and each page its files beside it."""

    format: ClassVar = SiteFormat.HTML
    split: ClassVar = 200

    def tool(self, server: str, name: str, occurrence: int, tools: int) -> str:
        """Return the page of the tool."""
        return urls.tool(server, name, occurrence)

    def tool_data(self, server: str, place: str) -> str:
        """Return the page's twin."""
        return urls.twin(place)

    def server_data(self, server: str) -> str:
        """Return the file beside the page."""
        return urls.server_data(server)

    def tool_policy(self, server: str, place: str) -> str:
        """Return the file beside the page."""
        return urls.policy_beside(place)

    def server_twin(self, server: str, page: str) -> str:
        """Return the page's twin."""
        return urls.twin(page)

    def server_policy(self, server: str) -> str:
        """Return the file beside the page."""
        return urls.server_policy(server)

    def policy_place(self, server: str) -> str:
        """Return a page of its own."""
        return urls.policy_page(server)

    def server_text(self, server: str) -> str:
        """Return the page's twin in Markdown."""
        return urls.markdown_twin(urls.server(server))

    def card(self, server: str) -> str:
        """Return the server's own picture."""
        return urls.server_card(server)

    def list_twin(self, page: str) -> str:
        """Return the page's twin."""
        return urls.twin(page)

    def publisher(self, kind: str, name: str, page: int = 1) -> str:
        """Return a page of its own."""
        return urls.publisher(kind, name, page)

    def shard(self, name: str, tools: int) -> str:
        """Return a shard of about 2,000 tools."""
        return shard_of(name, shard_digits(tools))


@dataclass(frozen=True, slots=True)
class PageAServer(Addresses):
    """Each tool is a section of its server's page; what programs read of many servers shares a file.

    Some hosts take no more than 20,000 files of 25 MiB each: developers.cloudflare.com/pages/platform/limits. Half a
    million tools add at most 1,700 pages to those of their servers. Which page of a large server a tool is on depends
    on its name and on how many pages there are, so that a tool that comes or goes leaves the others where they are.
    """

    format: ClassVar = SiteFormat.SINGLE
    split: ClassVar = 300
    lists: ClassVar = 30
    others: ClassVar = 5

    def tool(self, server: str, name: str, occurrence: int, tools: int) -> str:
        """Return the server's page that the tool is on, with its anchor."""
        anchor = urls.tool_anchor(name, occurrence)
        page = bucket(anchor, -(-tools // self.split)) if tools > self.split else 0
        return f"{urls.server(server, page + 1)}#{anchor}"

    def tool_data(self, server: str, place: str) -> str:
        """Return the dump that its server's tools are in."""
        return self.server_data(server)

    def server_data(self, server: str) -> str:
        """Return the dump of its shard."""
        return urls.tools_dump(self._shard_of(server))

    def tool_policy(self, server: str, place: str) -> str:
        """Return the file with its server's policy, which rules the tool by its name."""
        return self.server_policy(server)

    def server_twin(self, server: str, page: str) -> str:
        """Return the list of servers that has this one whole."""
        return urls.api_servers(self._shard_of(server))

    def server_policy(self, server: str) -> str:
        """Return the list of servers that has this one whole."""
        return urls.api_servers(self._shard_of(server))

    def policy_place(self, server: str) -> str:
        """Return the section of the server's page."""
        return f"{urls.server(server)}#policy"

    def server_text(self, server: str) -> str:
        """Return the page."""
        return urls.server(server)

    def card(self, server: str) -> str:
        """Return the picture of the whole site."""
        return urls.CARD

    def list_twin(self, page: str) -> str:
        """Return nothing: `urls.API_TOOLS` lists every tool once."""
        return ""

    def publisher(self, kind: str, name: str, page: int = 1) -> str:
        """Return its place on a page of many."""
        return urls.publisher_place(fixed_shard(f"{kind} {name}"), kind, name)

    def shard(self, name: str, tools: int) -> str:
        """Return one of 64, however many tools there are: the pages of servers lead to it."""
        return fixed_shard(name)

    def _shard_of(self, server: str) -> str:
        return fixed_shard(urls.server(server))


FORMATS: dict[SiteFormat, Addresses] = {one.format: one for one in (PageATool(), PageAServer())}
