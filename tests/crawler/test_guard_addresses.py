"""Which URLs and addresses are asked, decided on the very address that is connected to."""

from __future__ import annotations

import asyncio
import socket
import time
from ipaddress import ip_address

import pytest

from crawler.introspector import guard, introspect
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.guard import check_url, connect, is_allowed
from crawler.records import NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers import remotes


def reach(host: str, resolve_seconds: float = 5):
    """Connect as to a server of others."""
    return connect(host, 443, None, allow_private=False, resolve_seconds=resolve_seconds)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
)
def test_public_addresses_are_asked(address):
    assert is_allowed(ip_address(address), allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"),
        *("2002:7f00:1::", "64:ff9b::10.0.0.1"),
    ],
)
def test_private_addresses_are_asked_only_with_permission(address):
    assert not is_allowed(ip_address(address), allow_private=False)
    assert is_allowed(ip_address(address), allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::", "fe80::1"),
        *("0.0.0.0", "::", "224.0.0.1", "ff0e::1", "255.255.255.255", "240.0.0.1", "fec0::1", "::127.0.0.1", "5f00::1"),
        *("100::1", "2001:db8::1", "fe80::1%lo", "::1%lo", "2606:4700::1111%eth0"),
    ],
)
def test_metadata_services_and_addresses_of_nobody_are_never_asked(address):
    assert not is_allowed(ip_address(address), allow_private=False)
    assert not is_allowed(ip_address(address), allow_private=True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/", Reason.ADDRESS_REFUSED),
        ("file:///etc/passwd", Reason.ADDRESS_REFUSED),
        ("example.com/mcp", Reason.ADDRESS_REFUSED),
        ("https://user:word@example.com/", Reason.ADDRESS_REFUSED),
        ("https://user@example.com/", Reason.ADDRESS_REFUSED),
        ("https:///mcp", Reason.ADDRESS_REFUSED),
        ("https://example.com:22/", Reason.ADDRESS_REFUSED),
        ("https://example.com:99999/", Reason.ADDRESS_REFUSED),
        ("http://2130706433/", Reason.ADDRESS_REFUSED),
        ("http://0x7f000001/", Reason.ADDRESS_REFUSED),
        ("http://0177.0.0.1/", Reason.ADDRESS_REFUSED),
        ("http://127.1/", Reason.ADDRESS_REFUSED),
        ("http://127.0.0.1./", Reason.ADDRESS_REFUSED),
        ("https://[::1", Reason.ADDRESS_REFUSED),
        ("https://example.com/\r\nX: y", Reason.ADDRESS_REFUSED),
        ("https://example.com\\@evil.example/", Reason.ADDRESS_REFUSED),
        ("https://example.com/" + "a" * 3000, Reason.ADDRESS_REFUSED),
        ("https://{tenant}.example.com/mcp", Reason.NEEDS_CONFIGURATION),
        ("https://example.com/<your-tenant>/mcp", Reason.NEEDS_CONFIGURATION),
    ],
)
def test_odd_urls_are_refused_before_anything_is_resolved(url, reason):
    with pytest.raises(Stopped) as caught:
        check_url(url)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "host", ["localhost", "0x7f.1", "①②⑦.0.0.1", "127.0.0.1.", "[::ffff:127.0.0.1]", "[::1]", "[::ffff:7f00:1]"]
)
def test_no_spelling_of_loopback_reaches_it(host):
    async def run():
        async with remotes.serve() as (base, seen):
            url = base.replace("127.0.0.1", host) + "/modern"
            return await introspect(Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, url)), seen

    outcome, seen = asyncio.run(run())
    assert isinstance(outcome, NotIntrospected)
    assert outcome.reason in {Reason.ADDRESS_REFUSED, Reason.UNREACHABLE}, outcome
    assert seen == []


def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch):
    _resolve_to(monkeypatch, ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(Stopped) as caught:
        asyncio.run(reach("rebind.example"))
    assert "127.0.0.1" in str(caught.value)


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch):
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (a, 443)) for a in next(answers)])

    connected = _no_network(monkeypatch)
    with pytest.raises(ConnectionError):
        asyncio.run(reach("rebind.example"))
    assert connected == ["93.184.216.34"]


def test_every_address_of_a_name_is_tried(monkeypatch):
    _resolve_to(monkeypatch, ["93.184.216.34", "93.184.216.35"])

    tried = _no_network(monkeypatch)
    with pytest.raises(ConnectionError):
        asyncio.run(reach("two.example"))
    assert tried == ["93.184.216.34", "93.184.216.35"]


def test_a_name_of_a_hundred_addresses_sends_us_to_four_of_them(monkeypatch):
    _resolve_to(monkeypatch, [f"93.184.216.{number}" for number in range(100)])

    tried = _no_network(monkeypatch)
    with pytest.raises(ConnectionError):
        asyncio.run(reach("many.example"))
    assert tried == [f"93.184.216.{number}" for number in range(4)]


def test_names_that_do_not_resolve_do_not_hold_up_those_that_do(monkeypatch):
    def look_up(host: str, port: int):
        if host.startswith("slow"):
            time.sleep(0.7)
        return [ip_address("127.0.0.1")]

    monkeypatch.setattr(guard, "_lookup", look_up)

    async def run():
        names = [f"slow{number}.example" for number in range(60)] + ["quick.example"]
        return await asyncio.gather(*(reach(name, 0.4) for name in names), return_exceptions=True)

    *slow, quick = asyncio.run(run())
    assert {str(one).partition(".example ")[2] for one in slow} == {"does not resolve in time"}
    assert "127.0.0.1" in str(quick)


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1029")

    async def run():
        async with remotes.serve() as (base, _):
            target = Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, f"{base}/modern")
            return await introspect(target, Budget(), allow_private=True)

    assert not isinstance(asyncio.run(run()), NotIntrospected)


def _resolve_to(monkeypatch, addresses: list[str]) -> None:
    monkeypatch.setattr(guard, "_lookup", lambda *_: [ip_address(address) for address in addresses])


def _no_network(monkeypatch) -> list[str]:
    """Let every connection fail; return the list of the addresses that will have been tried."""
    tried: list[str] = []

    async def open_connection(address, *_, **__):
        tried.append(address)
        raise ConnectionError("no network in tests")

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    return tried
