"""What `make bench` measures on can be made: it runs long, and a change of the rules must not break it unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.audit import write_files
from benchmarks.discovery import intake
from benchmarks.hostile import HOSTILE
from benchmarks.policy import usual_arguments
from benchmarks.remotes import HANDSHAKE, crawl
from benchmarks.rules import multiply_rules
from benchmarks.tools import made_up, numbered
from catalogue.audit.places import named
from catalogue.audit.reading import read
from catalogue.audit.report import Configured
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.recommend import server_policy
from classifier.ruleset import load
from crawler.records import Listing
from crawler.spiders.record import Origin
from crawler.spiders.server_file import read_file


def test_rules_are_multiplied_into_rules_that_look_for_other_words(tmp_path: Path):
    ours = load()
    many = load(multiply_rules(tmp_path / "rules", rules=60, copies=3))
    assert len(many.rules) == 180
    originals = {rule.id for rule in ours.rules} & {rule.id for rule in many.rules}
    assert len(originals) == 60
    for name in sorted(originals):
        for wire in ours.by_id(name).examples["match"]:
            verdict = many.judge(wire)
            fired = {match.rule for match in (*verdict.support, *verdict.dissent)}
            fired |= {evidence.rule for signal in verdict.signals for evidence in signal.evidence}
            assert not fired & {f"{name}-1", f"{name}-2"}, (name, wire)


def test_every_hostile_text_is_judged():
    ours = load()
    for build, _ in HOSTILE.values():
        assert ours.judge(build(10)).rationale


def test_the_policy_of_all_made_up_tools_decides_their_usual_calls():
    tools = [*numbered(made_up(), 300)]
    ours = load()
    policy = server_policy((tool["name"], tool, ours.judge(tool)) for tool in tools)
    outcomes = {Evaluator(policy).decide(tool["name"], usual_arguments(tool)).outcome for tool in tools}
    assert {Outcome.ALLOWED, Outcome.HIDDEN, Outcome.HELD} <= outcomes


def test_crawls_and_intake_are_measured(capsys):
    measured = crawl(10, HANDSHAKE, mix={"sign-in": 10})
    assert 0 < measured.span < 60
    assert measured.served > 0
    assert measured.cost.peak > 20
    intake(200)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all(int(line.split()[-1].replace(",", "")) > 0 for line in lines)


def test_the_audit_is_measured_on_servers_that_are_found_with_their_tools(tmp_path: Path):
    records, configuration = write_files(tmp_path, servers=3, tools=10)
    origin = Origin("file", "records.json", datetime(2026, 1, 1, tzinfo=UTC))
    listings = [one for one in read_file(records, origin) if isinstance(one, Listing)]
    assert sum(len(one.tools) for one in listings) == 10
    configured = [one for one in read(named(configuration), tmp_path) if isinstance(one, Configured)]
    assert [one.target.address for one in configured if one.target] == [one.targets[0].address for one in listings]
