"""From the registry to every tool: the whole crawl of a local ecosystem, against what its world says must be found."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from crawler.introspector import Budget, introspect
from crawler.records import Dropped, Introspected, Listing
from crawler.run import SourceRequest, discover
from tests.ecosystem import OUTCOMES, Ecosystem, Expected, running

IMPATIENT = Budget(request_seconds=1.5, session_seconds=3.0)


class Found:
    def __init__(self) -> None:
        self.listings: list[Listing] = []

    def listing(self, listing: Listing) -> None:
        self.listings.append(listing)

    def dropped(self, dropped: Dropped) -> None:
        pytest.fail(dropped.detail)


def crawl(ecosystem: Ecosystem) -> dict[str, Expected]:
    """What was found, in the words of what is expected."""
    found = Found()
    discover([SourceRequest("official", ecosystem.address)], found, allow_private=True)
    return {one.name: one for one in asyncio.run(_introspected(found.listings))}


async def _introspected(listings: Sequence[Listing]) -> list[Expected]:
    slots = asyncio.Semaphore(20)

    async def one(listing: Listing) -> Expected:
        async with slots:
            result = await introspect(listing.targets[0], IMPATIENT, allow_private=True)
        if not isinstance(result, Introspected):
            return Expected(listing.name, result.reason.value)
        assert result.complete
        tools = tuple(tool["name"] for tool in result.tools)
        malformed = len(result.malformed)
        return Expected(listing.name, "introspected", result.protocol_version, tools, malformed, result.pages)

    return await asyncio.gather(*(one(listing) for listing in listings))


def test_every_server_gives_its_tools_or_its_reason_and_is_asked_nothing_else():
    with running(servers=150) as ecosystem:
        expected = ecosystem.expected()
        assert {server.outcome for server in expected.values()} == set(OUTCOMES.values())
        assert crawl(ecosystem) == expected
        asked = ecosystem.asked()
    introspected = {name for name, server in expected.items() if server.outcome == "introspected"}
    assert asked["listed"] == dict.fromkeys(introspected, 1)
    assert set(asked["methods"]) == {"tools/list"}


def test_a_world_is_a_function_of_its_seed():
    with (
        running(servers=30, seed=7, mix={"closed": 10}) as first,
        running(servers=30, seed=7, mix={"closed": 10}) as second,
    ):
        assert first.expected() == second.expected()
        assert crawl(first) == crawl(second)
