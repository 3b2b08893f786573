"""Which addresses we talk to, decided where a connection is made: after the name was resolved, on the very address.

Knows HTTP only as far as a URL. A name that resolves to one public and one private address is refused as a whole, and
the address that was checked is the address connected to, so a second DNS answer changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from crawler.introspector.budget import Stopped
from crawler.records import Reason

Address: TypeAlias = IPv4Address | IPv6Address

_RESOLVERS = ThreadPoolExecutor(max_workers=128, thread_name_prefix="resolve")
"""Names whose servers do not answer hold a thread each, for as long as the system's resolver asks them. A thread is
made when it is needed, and more than sessions run at a time keep the others from waiting."""

_MOST_ADDRESSES = 4
"""Addresses of one name that are tried: whoever names more would have us knock at strangers' doors."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA has assigned to the public network
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address
_NUMBERS_ONLY = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)
_WELL_KNOWN = 1024  # below it, ports other than these two belong to other services
_WEB_PORTS = frozenset({80, 443})
_LONGEST_URL = 2048
_READ_AHEAD = 64 * 1024
"""Bytes that a connection takes from the network before anyone asks for them; asyncio stops at twice as many."""
_PLACEHOLDER = re.compile(r"[{}<>]")  # "{tenant}", "<your-host>": no address has these


def check_url(url: str) -> None:
    """Raise `Stopped` for a URL that is not asked, whatever it resolves to."""
    if _PLACEHOLDER.search(url):
        raise Stopped(Reason.NEEDS_CONFIGURATION, "its address has variables to fill in")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _refused(f"not a usable address: {error}") from error
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise _refused("not a usable address: too long, or with characters that no address has")
    if parts.scheme not in {"http", "https"}:
        raise _refused(f"not an http or https address: {parts.scheme or 'no scheme'}")
    if parts.username is not None or parts.password is not None:
        raise _refused("an address with a user name in it")
    if not host:
        raise _refused("an address without a host")
    if port is not None and port < _WELL_KNOWN and port not in _WEB_PORTS:
        raise _refused(f"port {port} belongs to another service")
    if _NUMBERS_ONLY.fullmatch(host) and _literal(host) is None:
        raise _refused(f"an odd spelling of an address: {host}")


def is_allowed(address: Address, *, allow_private: bool) -> bool:
    """Say whether we connect to this address; addresses that wrap an IPv4 address count as what they wrap.

    `allow_private` adds loopback and private networks, and never the link-local range: metadata services live there.
    """
    if isinstance(address, IPv6Address) and address.scope_id:  # "%eth0": of one link of ours
        return False
    address = _unwrapped(address)
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    if isinstance(address, IPv6Address):
        public = address in _GLOBAL_UNICAST and address.is_global
        return public or (allow_private and (address.is_loopback or address.packed[0] & 0xFE == 0xFC))
    return address.is_global or (allow_private and not address.is_reserved)


async def connect(
    host: str, port: int, tls: ssl.SSLContext | None, *, allow_private: bool, resolve_seconds: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a host, if it is at allowed addresses only. Raises `Stopped` if not, `OSError` if nobody answers."""
    *others, last = await _checked(host, port, allow_private=allow_private, resolve_seconds=resolve_seconds)
    for address in others:
        with contextlib.suppress(OSError):  # the name has another address
            return await _connect_to(address, port, tls, host)
    return await _connect_to(last, port, tls, host)


async def _connect_to(
    address: str, port: int, tls: ssl.SSLContext | None, host: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(
        address, port, ssl=tls, server_hostname=host if tls else None, limit=_READ_AHEAD
    )


async def _checked(host: str, port: int, *, allow_private: bool, resolve_seconds: float) -> list[str]:
    literal = _literal(host)
    addresses = [literal] if literal else await _resolve(host, port, resolve_seconds)
    for address in addresses:
        if not is_allowed(address, allow_private=allow_private):
            raise _refused(f"{host} is at {address}, which is not a public address")
    return [str(address) for address in addresses[:_MOST_ADDRESSES]]


async def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            return await loop.run_in_executor(_RESOLVERS, _lookup, host, port)
    except TimeoutError:
        raise Stopped(Reason.UNREACHABLE, f"the name {host} does not resolve in time") from None
    except (OSError, UnicodeError) as error:
        raise Stopped(Reason.UNREACHABLE, f"the name {host} does not resolve") from error


def _lookup(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(sockaddr[0])) for *_, sockaddr in found]


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _refused(detail: str) -> Stopped:
    return Stopped(Reason.ADDRESS_REFUSED, detail)
