"""All hostile remotes in one crawl, beside healthy ones: each ends in its own way, and nobody else comes to harm."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import open_database, reading
from catalogue.drift import Grade
from catalogue.history import drifts
from classifier.ruleset import load
from crawler.records import Reason
from tests.crawler.attacks import ATTACKS
from tests.crawler.attacks.attack import BUDGET, Attack, Lists, Refused
from tests.crawler.attacks.internet import Heard, served
from tests.crawler.peers.remotes import PEERS, TOOLS, healthy

ROOT = Path(__file__).parents[2]
MEMORY = 256 * 1024
"""KiB that the whole suite may take beyond what the process had before; most of it goes into writing
listings of thousands of tools."""

NEIGHBOURS = [
    Attack(f"neighbour-{number}", "is healthy", Lists(), PEERS["events"] if number % 3 == 0 else healthy)
    for number in range(30)
]
KNOWN = {"server/discover", "initialize", "notifications/initialized", "tools/list", ""}


@pytest.fixture(scope="module")
def suite(tmp_path_factory) -> tuple[dict[str, Any], Heard]:
    """Crawl all attacks and neighbours at once; gives what the crawling process says, and what the servers heard."""
    folder = tmp_path_factory.mktemp("attacks")
    listed = sorted([*ATTACKS.values(), *NEIGHBOURS], key=lambda one: hashlib.sha256(one.name.encode()).digest())
    servers = [
        {"server": {"name": f"test/{one.name}", "remotes": [{"type": one.transport, "url": one.address}]}}
        for one in listed
    ]
    (folder / "servers.json").write_text(json.dumps({"servers": servers}))

    async def run() -> tuple[dict[str, Any], Heard]:
        async with served(listed) as (internet, heard):
            again = [attack.address for attack in ATTACKS.values() if attack.again]
            (folder / "plan.json").write_text(json.dumps({"internet": asdict(internet), "again": again}))
            proxy = f"http://127.0.0.1:{internet.canary}"
            proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"), proxy)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.crawler.attacks.crawl", str(folder), cwd=ROOT,
                env={**os.environ, **proxies}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            said, errors = await process.communicate()
            assert process.returncode == 0, errors.decode()
            return {**json.loads(said), "database": f"sqlite:///{folder}/catalogue.db"}, heard

    return asyncio.run(run())


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_each_attack_ends_in_its_own_way(suite, attack: Attack):
    outcome = suite[0]["outcomes"][attack.address]
    if isinstance(attack.ends, Refused):
        assert (outcome["outcome"], outcome["listed"]) == (attack.ends.reason.value, 0), outcome
        assert attack.ends.words in outcome["detail"], outcome
        assert 0 < len(outcome["detail"]) <= 300
        assert outcome["detail"].isprintable()
    else:
        assert outcome["outcome"] == "introspected", outcome
        assert (outcome["complete"], outcome["malformed"]) == (attack.ends.complete, attack.ends.malformed), outcome
        assert attack.ends.tools in {None, outcome["listed"]}, outcome
        assert outcome["why"].startswith(attack.ends.words), outcome
    assert outcome["seconds"] < BUDGET.session_seconds + 2.5


def test_there_are_attacks_of_every_kind():
    assert len(ATTACKS) > 150
    reasons = {attack.ends.reason for attack in ATTACKS.values() if isinstance(attack.ends, Refused)}
    packages_only = {Reason.NEEDS_NETWORK, Reason.NO_SANDBOX, Reason.NO_RUNTIME, Reason.INSTALL_FAILED,
                     Reason.NO_COMMAND, Reason.START_FAILED, Reason.UNSUPPORTED}  # fmt: skip
    assert reasons == set(Reason) - packages_only - {Reason.OPTED_OUT}


def test_the_neighbours_are_whole(suite):
    for neighbour in NEIGHBOURS:
        outcome = suite[0]["outcomes"][neighbour.address]
        assert (outcome["outcome"], outcome["complete"], outcome["malformed"]) == ("introspected", True, 0), outcome
        assert sorted(outcome["tools"]) == sorted(tool["name"] for tool in TOOLS)


def test_nobody_was_asked_who_was_not_to_be(suite):
    assert suite[0]["astray"] == []
    assert suite[1].astray == []


def test_nothing_of_ours_went_out_and_no_tool_was_called(suite):
    for requests in suite[1].requests.values():
        for request in requests:
            assert request.asked in KNOWN, request.asked
            assert not {"authorization", "cookie", "proxy-authorization"} & request.headers.keys()
            assert request.message.get("result", {}) == {}
            assert request.message.get("error", {}).get("code", -32601) == -32601
            assert request.headers.get("accept-encoding") == "identity"


def test_memory_stays_within_its_bound(suite):
    assert suite[0]["memory"] < MEMORY


def test_a_lie_at_the_second_listing_is_told(suite):
    engine = open_database(suite[0]["database"])
    with reading(engine) as session:
        changes = list(drifts(session, load()))
    engine.dispose()
    assert [(change.server, change.tool, change.kind, change.grade) for change in changes] == [
        ("test/lies-at-the-second-listing", "notes", "changed", Grade.EFFECT)
    ]
