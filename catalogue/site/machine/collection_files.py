"""Files about many servers that are no twins of a page: tools, policies, servers as open data. Pure."""

from __future__ import annotations

import gzip
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalogue.ascii_json import encoded
from catalogue.flows import Flow
from catalogue.open_data import server_line
from catalogue.site import urls
from catalogue.site.addresses import Addresses
from catalogue.site.context import Entry
from catalogue.site.machine.twins import VERSION, reference
from catalogue.values import ServerRow

_LEVEL = 4
"""How hard gzip tries: the next levels take twice the time for a tenth less."""


class Holding(NamedTuple):
    """A server with all of its tools as lists show them, and what they can do together, without the evidence."""

    row: ServerRow
    entries: Sequence[Entry]
    flow: Flow


@dataclass(frozen=True, slots=True)
class CollectionFile(ABC):
    """A file about the servers of one shard."""

    path: str
    shard: str
    holdings: Sequence[Holding]
    addresses: Addresses

    @abstractmethod
    def content(self) -> bytes:
        """Make the file."""


class ToolsFile(CollectionFile):
    """The tools of a shard, as an API lists them."""

    __slots__ = ()

    def content(self) -> bytes:
        """Make the file."""
        tools = [self._tool(holding.row.name, entry) for holding in self.holdings for entry in holding.entries]
        return _document(shard=self.shard, tools=tools)

    def _tool(self, server: str, entry: Entry) -> dict[str, Any]:
        return {
            **reference(entry),
            "confidence": entry.confidence.value,
            "summary": entry.summary,
            "twin": self.addresses.tool_data(server, entry.path),
            "policy": self.addresses.tool_policy(server, entry.path),
        }


class PoliciesFile(CollectionFile):
    """Where the policies of a shard's servers are."""

    __slots__ = ()

    def content(self) -> bytes:
        """Make the file."""
        return _document(shard=self.shard, policies=[self._policy(one) for one in self.holdings if one.entries])

    def _policy(self, holding: Holding) -> dict[str, Any]:
        name = holding.row.name
        paths = {"page": urls.server(name), "policy": self.addresses.server_policy(name)}
        return {"server": name, **paths, "tools": len(holding.entries)}


class ServersDump(CollectionFile):
    """The servers of a shard as open data, compressed."""

    __slots__ = ()

    def content(self) -> bytes:
        """Make the file."""
        return compressed(b"".join(_server_line(holding) for holding in self.holdings))


def compressed(content: bytes) -> bytes:
    """Compress without a time or a name, so that the same content gives the same bytes."""
    return gzip.compress(content, _LEVEL, mtime=0)


def _document(**parts: Any) -> bytes:
    return encoded({"version": VERSION, **parts}) + b"\n"


def _server_line(holding: Holding) -> bytes:
    declared = sum(entry.declared for entry in holding.entries)
    return server_line(holding.row, (len(holding.entries) - declared, declared), holding.flow)
