"""The address guard of Scrapy's downloads: every name is resolved here, and no refused address ever reaches a socket.

Twisted asks its name resolver for literal addresses too, in every spelling, so there is no way past it. What is
refused is decided in `crawler.introspector.guard`, for the whole crawler alike.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.introspector.guard import is_allowed

LOOKUP_SECONDS = 10.0


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing to undo: a lookup cannot be called back."""


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names to addresses that we ask. One refused address refuses the name, whatever its others are."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._lookups: set[asyncio.Task[None]] = set()

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: Any,  # noqa: N803 - Twisted's name; its interfaces are no types
        hostName: str,  # noqa: N803 - Twisted's name
        portNumber: int = 0,  # noqa: N803 - Twisted's name
        addressTypes: Sequence[type[Any]] | None = None,  # noqa: ARG002, N803 - both kinds are resolved
        transportSemantics: str = "TCP",  # noqa: ARG002, N803 - we connect by nothing else
    ) -> _Resolution:
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        lookup = asyncio.get_running_loop().create_task(self._resolve(resolutionReceiver, hostName, portNumber))
        self._lookups.add(lookup)  # the loop itself holds tasks only weakly
        lookup.add_done_callback(self._lookups.discard)
        return resolution

    async def _resolve(self, receiver: Any, host: str, port: int) -> None:
        """Answer with the addresses of a name; with none where it does not resolve, or to a refused one."""
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError):
            found = []
        if all(is_allowed(ip_address(where[0]), allow_private=self._allow_private) for *_, where in found):
            for family, *_, where in found:
                kind = IPv6Address if family == socket.AF_INET6 else IPv4Address
                receiver.addressResolved(kind("TCP", *where))
        receiver.resolutionComplete()


@contextmanager
def guarded(reactor: Any, *, allow_private: bool) -> Iterator[None]:
    """All names that this reactor resolves meanwhile pass the guard."""
    before = reactor.installNameResolver(GuardedResolver(allow_private=allow_private))
    try:
        yield
    finally:
        reactor.installNameResolver(before)
