"""What is recommended for the real tools of the corpus, by the verdicts of our own rules."""

from __future__ import annotations

import json
from itertools import islice
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from catalogue.policies.document import Policy, json_schema, plain, to_json
from catalogue.policies.effects import effects
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.parsing import parse
from catalogue.policies.placeholders import read_filling, unfilled
from catalogue.policies.recommend import Posture, server_policy, tool_policy
from catalogue.policies.validation import validate
from classifier.verdict import Category, Verdict
from tests.policies.corpus import Tool, calls

FILLED = read_filling(["root=/srv", "host=a.example.com", "domain=example.com", "cap=50", "daily=99", "currency=EUR"])
SEVERE = {Category.DESTRUCTIVE, Category.FINANCIAL}


@pytest.mark.parametrize("posture", get_args(Posture))
def test_every_server_s_document_has_no_fault(posture: Posture, corpus: dict[str, list[Tool]]) -> None:
    validator = Draft202012Validator(json_schema())
    for tools in corpus.values():
        policy = server_policy(tools, posture)
        document = to_json(policy)
        assert parse(json.loads(json.dumps(document))) == policy
        assert validate(json.dumps(document).encode(), {name: definition for name, definition, _ in tools}) == ()
        assert sorted([*policy.hide, *policy.tools]) == sorted({name for name, _, _ in tools})
        if len(tools) < 8:  # the validator takes its time
            assert validator.is_valid(document)
            assert validator.is_valid(to_json(plain(policy)))


def outcomes(policy: Policy, tools: list[Tool]) -> list[Outcome]:
    return [
        Evaluator(policy, lambda: 0.0).decide(name, call).outcome
        for name, definition, _ in tools
        for call in calls(definition)
    ]


def test_each_posture_allows_a_part_of_the_next(corpus: dict[str, list[Tool]]) -> None:
    for tools in corpus.values():
        found = [outcomes(server_policy(tools, posture), tools) for posture in ("strict", "recommended", "permissive")]
        filled = outcomes(server_policy(tools, filling=FILLED), tools)
        for narrow, wide in ((found[0], found[1]), (found[1], found[2]), (found[1], filled), (filled, found[2])):
            for one, other in zip(narrow, wide, strict=True):
                assert one is not Outcome.ALLOWED or other is Outcome.ALLOWED
                assert one is not Outcome.HELD or other in (Outcome.ALLOWED, Outcome.HELD)


@pytest.mark.parametrize("posture", get_args(Posture))
def test_reads_work_and_nothing_severe_passes_without_a_person(posture: Posture, corpus: dict[str, list[Tool]]) -> None:
    for tools in corpus.values():
        policy = server_policy(tools, posture, FILLED)
        verdicts: dict[str, list[Verdict]] = {}
        for name, _, verdict in tools:
            verdicts.setdefault(name, []).append(verdict)
        for name, definition, _ in tools:
            decided = [Evaluator(policy, lambda: 0.0).decide(name, call).outcome for call in calls(definition)]
            judged = verdicts[name]
            if all(one.category is Category.READ and not one.actions for one in judged):
                assert set(decided) == {Outcome.ALLOWED}, name
            if any(one.category in SEVERE and not one.actions and not one.arguments for one in judged):
                assert Outcome.ALLOWED not in decided, name


def test_what_is_filled_in_leaves_nothing_to_fill_in(corpus: dict[str, list[Tool]]) -> None:
    waiting = {one.blank for tools in corpus.values() for one in unfilled(server_policy(tools))}
    assert len(waiting) >= 4
    for tools in corpus.values():
        assert not unfilled(server_policy(tools, filling=FILLED))
        assert not unfilled(server_policy(tools, "permissive"))


def test_effects_are_sentences_about_the_tool_and_agree_with_its_server_s_document(
    corpus: dict[str, list[Tool]],
) -> None:
    for name, definition, verdict in islice((tool for tools in corpus.values() for tool in tools), 0, None, 5):
        policy = tool_policy(name, definition, verdict)
        sentences = effects(policy, name, definition)
        assert all(sentence.endswith((".", "…")) for sentence in sentences), sentences
        assert sentences[0].startswith("`")
        whole = server_policy([(name, definition, verdict)])
        assert effects(whole, name, definition)[:-1] == sentences[:-1]
        if verdict.category is Category.READ and not verdict.actions:
            assert sentences[0].endswith("is allowed, any number of times."), name
