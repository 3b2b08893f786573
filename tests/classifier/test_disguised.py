"""Definitions of our own in which a harmless name meets a dangerous effect, and near misses that only read.

The worst error of a catalogue of risks is to call a dangerous tool Read. The bounds here may only be tightened.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.ruleset import RuleSet, load
from classifier.verdict import Category

DISGUISED = [json.loads(line) for line in Path(__file__).with_name("disguised.jsonl").read_text("utf-8").splitlines()]
DANGEROUS = {Category.EXECUTE, Category.DESTRUCTIVE, Category.FINANCIAL}

MOST_IN_ANOTHER_CATEGORY = 3
"""Of the dangerous ones: called Write, or Unclassified, or dangerous in another way."""
MOST_READS_CALLED_DANGEROUS = 3


@pytest.fixture(scope="module")
def judged() -> list[tuple[Category, Category, dict[str, Any]]]:
    """What each definition is, what the rules say, and the definition."""
    ruleset: RuleSet = load()
    return [(Category(case["expects"]), ruleset.judge(case["tool"]).category, case["tool"]) for case in DISGUISED]


def test_there_are_hundreds_of_each_kind(judged):
    expected = [expects for expects, _, _ in judged]
    assert sum(one in DANGEROUS for one in expected) >= 400
    assert expected.count(Category.READ) >= 390
    assert all(expected.count(one) >= 90 for one in DANGEROUS)


def test_nothing_dangerous_is_called_read(judged):
    assert [tool for expects, said, tool in judged if expects in DANGEROUS and said is Category.READ] == []


def test_the_dangerous_are_nearly_always_called_what_they_are(judged):
    wrong = [tool for expects, said, tool in judged if expects in DANGEROUS and said is not expects]
    assert len(wrong) <= MOST_IN_ANOTHER_CATEGORY, wrong


def test_what_only_reads_is_hardly_ever_called_dangerous(judged):
    wrong = [tool for expects, said, tool in judged if expects is Category.READ and said in DANGEROUS]
    assert len(wrong) <= MOST_READS_CALLED_DANGEROUS, wrong
