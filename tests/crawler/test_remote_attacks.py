"""All hostile remotes in one crawl, beside healthy ones: each ends in its own way, and nobody else comes to harm.

One test, because there is one crawl: its parts may not be spread over processes.
"""

from __future__ import annotations

import os

from catalogue.database import open_database, reading
from catalogue.drift import Grade
from catalogue.history import drifts
from catalogue.repository import Repository
from classifier.ruleset import load
from crawler.introspector import Budget
from crawler.records import Reason
from tests.crawler.attacks import ATTACKS, suite
from tests.crawler.attacks.attack import Refused
from tests.crawler.peers.remotes import TOOLS

PATIENCE = min(max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), 5.0)
"""A busy machine takes as much longer: what is healthy is not to be called late."""

BUDGET = Budget(request_seconds=5 * PATIENCE, resolve_seconds=2.5 * PATIENCE, session_seconds=10 * PATIENCE)
"""The sizes are those of a real crawl; only the times are short."""

MEMORY = 256 * 1024
"""KiB that the asking may take; most of it goes into writing listings of thousands of tools."""

PACKAGES_ONLY = {Reason.NEEDS_NETWORK, Reason.NO_SANDBOX, Reason.NO_RUNTIME, Reason.INSTALL_FAILED, Reason.NO_COMMAND,
                 Reason.START_FAILED, Reason.UNSUPPORTED}  # fmt: skip


def test_there_are_attacks_for_every_reason():
    reasons = {attack.ends.reason for attack in ATTACKS.values() if isinstance(attack.ends, Refused)}
    assert reasons == set(Reason) - PACKAGES_ONLY - {Reason.OPTED_OUT}


def test_each_attack_ends_in_its_own_way_and_nobody_else_comes_to_harm(tmp_path, subtests):
    run = suite.run(tmp_path, BUDGET)
    for one in [*ATTACKS.values(), *suite.NEIGHBOURS]:
        with subtests.test(one.name):
            outcome = run.outcomes[one.address]
            assert not list(suite.faults(one, outcome, BUDGET)), (one.does, outcome)
    with subtests.test("nobody was asked who was not to be"):
        assert run.astray == []
        assert run.heard.astray == []
    with subtests.test("nothing of ours went out, and no tool was called"):
        assert not list(suite.indiscretions(run.heard))
    with subtests.test("memory stayed within its bound"):
        assert run.memory < MEMORY
    with subtests.test("what stands in the catalogue"):
        _is_whole(run)


def _is_whole(run: suite.Suite) -> None:
    """The neighbours' tools are there and nothing smuggled is, and a lie at the second listing is told as such."""
    engine = open_database(run.database)
    with reading(engine) as session:
        tools = [(tool.server, tool.name) for tool in Repository(session).tools("")]
        changes = list(drifts(session, load()))
    engine.dispose()
    neighbours = {(f"test/{one.name}", tool["name"]) for one in suite.NEIGHBOURS for tool in TOOLS}
    assert neighbours <= set(tools)
    assert not [server for server, name in tools if name == "smuggled"]
    assert [(change.server, change.tool, change.kind, change.grade) for change in changes] == [
        ("test/lies-at-the-second-listing", "notes", "changed", Grade.EFFECT)
    ]
