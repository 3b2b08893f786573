"""The real tools of the corpus, with a made-up verdict of every category each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from catalogue.policies.document import json_schema, to_json
from catalogue.policies.effects import effects
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.parsing import parse
from catalogue.policies.recommend import Posture, server_policy, tool_policy
from classifier.schema import walk_properties
from classifier.verdict import Category

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "tools.jsonl.gz"

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")

Server = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def servers() -> dict[str, Server]:
    found: dict[str, Server] = {}
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            tool = json.loads(line)
            found.setdefault(tool["server"], []).append((tool["name"], tool))
    return found


def signals(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """Evidence for every parameter whose name speaks of a path or a URL."""
    parameters = walk_properties(definition.get("inputSchema"), "/inputSchema")
    marks = {"filesystem": ("path", "file", "dir"), "network": ("url", "uri", "link", "endpoint")}
    return {
        signal: [one.pointer for one in parameters if any(word in one.name.lower() for word in words)]
        for signal, words in marks.items()
    }


@pytest.mark.parametrize("posture", get_args(Posture))
def test_server_documents_of_mixed_categories(posture: Posture, servers: dict[str, Server], verdict_of: Any) -> None:
    validator = Draft202012Validator(json_schema())
    categories = list(Category)
    for shift, server in enumerate(servers.values()):
        tools = [
            (name, definition, verdict_of(categories[(index + shift) % len(categories)], signals(definition)))
            for index, (name, definition) in enumerate(server)
        ]
        policy = server_policy(tools, posture)
        document = to_json(policy)
        assert parse(json.loads(json.dumps(document))) == policy
        assert sorted([*policy.hide, *policy.tools]) == sorted({name for name, _ in server})
        if len(tools) < 30:  # the validator takes its time
            assert validator.is_valid(document)
        allowed = {Category.READ} if posture == "strict" else {*categories} - {Category.DESTRUCTIVE, Category.FINANCIAL}
        evaluator = Evaluator(policy, lambda: 0.0)
        for name, _, _ in tools:
            verdicts = {verdict.category for other, _, verdict in tools if other == name}
            passes = evaluator.decide(name).outcome is Outcome.ALLOWED
            assert passes == (verdicts <= allowed), name


def test_tool_documents_in_every_category(servers: dict[str, Server], verdict_of: Any) -> None:
    other = "a tool that no server has"
    for name, definition in (tool for server in servers.values() for tool in server):
        for category in Category:
            policy = tool_policy(name, definition, verdict_of(category, signals(definition)))
            evaluator = Evaluator(policy, lambda: 0.0)
            passes = evaluator.decide(name).outcome is Outcome.ALLOWED
            assert passes == (category not in (Category.DESTRUCTIVE, Category.FINANCIAL))
            assert evaluator.decide(other).outcome is Outcome.ALLOWED


def test_reads_can_be_called_with_what_their_schema_suggests(servers: dict[str, Server], verdict_of: Any) -> None:
    described = 0
    for name, definition in islice((tool for server in servers.values() for tool in server), 0, None, 5):
        verdict = verdict_of(Category.READ, signals(definition))
        sentences = effects(tool_policy(name, definition, verdict), name, definition)
        assert sentences[0].endswith("is allowed, any number of times."), name
        described += len(sentences)
    assert described
