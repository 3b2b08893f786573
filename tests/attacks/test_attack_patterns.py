from __future__ import annotations

from dataclasses import replace

import pytest

from catalogue.attacks.pattern import Stops, patterns_of
from catalogue.attacks.proof import prove
from catalogue.attacks.read import AttackError, packaged_patterns, read_patterns
from catalogue.policies.evaluate import Outcome
from classifier.ruleset import load
from classifier.verdict import Category

RULES = load()
GOOD = """\
id: noise
name: Noise
summary: A tool is loud.
happens: It is loud.
works: [It begins.]
incidents: []
needs: [{signals: [sends-outside]}]
stops: 'yes'
policy: It is counted.
check:
  tools: [{name: send_email, description: Sends an e-mail to a recipient.}]
  policy: recommended
  calls: [{tool: send_email, times: 31, outcome: limited}]
references: ['https://example.org/']
"""


@pytest.fixture
def reading(tmp_path):
    def read(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return read_patterns(tmp_path)

    return read


def test_every_packaged_pattern_does_what_it_says():
    patterns = packaged_patterns()
    proofs = prove(patterns, RULES)
    assert {one.id for one in patterns if one.stops is not Stops.NO} == proofs.keys()
    for proof in proofs.values():
        assert any(one.decision.outcome is not Outcome.ALLOWED for one in proof.decided)


def test_a_pattern_is_not_of_a_category_alone():
    tool = {"name": "drop_index", "description": "Deletes an index."}
    verdict = RULES.judge(tool)
    assert verdict.category is Category.DESTRUCTIVE
    assert not patterns_of(packaged_patterns(), verdict.category, {signal.id for signal in verdict.signals})
    found = patterns_of(packaged_patterns(), Category.DESTRUCTIVE, {"irreversible", "filesystem"})
    assert {one.id for one in found} == {"destructive-autonomy", "path-escape"}


def test_all_faults_of_all_files_are_named_at_once(reading):
    with pytest.raises(AttackError) as caught:
        reading(
            noise=GOOD.replace("stops: 'yes'", "stops: maybe").replace("[sends-outside]", "[loud]"),
            other=GOOD.replace("works: [It begins.]\n", "").replace("times: 31", "time: 31"),
            broken="id: [",
        )
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        'broken.yaml at ""',
        'noise.yaml at "/stops"',
        'noise.yaml at "/needs/0/signals/0"',
        'other.yaml at ""',
        'other.yaml at "/id"',
        'other.yaml at "/check/calls/0/time"',
    ]


@pytest.mark.parametrize(
    ("part", "other", "fault"),
    [
        ("name: Noise", "name: ' '", "expected some words"),
        ("policy: recommended", "policy: {version: '1'}", "the field default is missing"),
        ("references: ['https://example.org/']", "references: ['http://example.org/']", "begins with https://"),
        ("references: ['https://example.org/']", "", "an incident or a reference"),
        ("incidents: []", "incidents: [{date: 2025-09-25, what: It happened., references: []}]", "needs a reference"),
        ("incidents: []", "incidents: [{date: May, what: It., references: ['https://x.org']}]", "a date such as"),
        ("stops: 'yes'", "stops: partly", "beyond has to say what helps"),
        ("stops: 'yes'", "stops: 'no'\nbeyond: [Something else.]", "there is nothing to check"),
        ("needs: [{signals: [sends-outside]}]", "needs: [{signals: []}]", "a matter of the category alone"),
        ("{name: send_email, ", "{", "expected a definition with a name"),
    ],
)  # fmt: skip
def test_a_pattern_with_a_fault_is_refused(reading, part, other, fault):
    assert part in GOOD
    with pytest.raises(AttackError, match=fault):
        reading(noise=GOOD.replace(part, other))


def test_a_check_that_does_not_hold_names_all_that_is_wrong(reading):
    (pattern,) = reading(noise=GOOD.replace("times: 31", "times: 30").replace("sends-outside", "network"))
    with pytest.raises(AttackError) as caught:
        prove([pattern], RULES)
    assert caught.value.problems == (
        "the attack pattern noise is wrong: none of its tools has network",
        "the attack pattern noise is wrong: send_email {} is allowed, and should be limited",
        "the attack pattern noise is wrong: its policy denies nothing",
    )


def test_a_policy_of_a_patterns_own_is_run_as_it_stands(reading):
    text = GOOD.replace("policy: recommended", "policy: {version: '1', default: deny, hide: [send_email]}")
    (pattern,) = reading(noise=text.replace("times: 31, outcome: limited", "outcome: hidden"))
    assert pattern.check is not None
    proof = prove([pattern], RULES)["noise"]
    assert proof.document == {"version": "1", "default": "deny", "hide": ["send_email"]}
    assert proof.decided[0].decision.outcome is Outcome.HIDDEN
    with pytest.raises(AttackError, match="should be hidden"):
        prove([replace(pattern, check=replace(pattern.check, policy="permissive"))], RULES)
