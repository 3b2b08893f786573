"""Hostile definitions cost time that grows with their text, and nothing worse."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.hostile import described, nested, wide
from classifier.ruleset import load
from classifier.verdict import to_wire

RULES = load()


def web(count: int) -> dict[str, Any]:
    """Definitions that all refer to each other."""
    definitions = {
        f"d{one}": {"type": "object", "properties": {f"p{two}": {"$ref": f"#/$defs/d{two}"} for two in range(8)}}
        for one in range(8)
    }
    return {"name": "x" * count, "inputSchema": {"properties": {"p": {"$ref": "#/$defs/d0"}}, "$defs": definitions}}


BUILDS: dict[str, tuple[Callable[[int], dict[str, Any]], int]] = {
    "words": (lambda n: described("delete " * n), 6_000),
    "one word": (lambda n: described("a" * n), 120_000),
    "spaces": (lambda n: described(" " * n), 120_000),
    "line breaks": (lambda n: described("\n" * n), 120_000),
    "hyphens": (lambda n: described("a-" * n), 40_000),
    "stops": (lambda n: described(". " * n), 40_000),
    "colons": (lambda n: described("label: " * n), 6_000),
    "brackets": (lambda n: described("[a] (b) " * n), 10_000),
    "negations": (lambda n: described("not do not " * n), 10_000),
    "lead-in": (lambda n: described("this tool allows you to " * n), 4_000),
    "coordination": (lambda n: described("create, update, " * n), 6_000),
    "gaps": (lambda n: described("moves it moves it " * n), 6_000),
    "headings": (lambda n: described("Args:\n" * n), 12_000),
    "arguments": (lambda n: described("Args:\n" + "a (b): c\n" * n), 8_000),
    "open brackets": (lambda n: described("Args: " + "a (b" * n), 20_000),
    "fields": (lambda n: described(":param x: y\n" * n), 8_000),
    "chinese": (lambda n: described("删除" * n), 40_000),
    "japanese": (lambda n: described("を取得し" * n), 8_000),
    "combining": (lambda n: described("e\u0301\u0323" * n), 8_000),
    "zero width": (lambda n: described("\u200b\u200d" * n), 8_000),
    "capitals": (lambda n: {"name": "Ab" * n}, 40_000),
    "accents": (lambda n: {"name": "ÄbÇ_" * n}, 8_000),
    "parameters": (wide, 1_500),
    "enum": (
        lambda n: {
            "name": "x",
            "inputSchema": {"properties": {"action": {"enum": [f"delete_{index}" for index in range(n)]}}},
        },
        600,
    ),
}


def cost(wire: dict[str, Any]) -> float:
    start = time.process_time()
    RULES.judge(wire)
    return time.process_time() - start


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Keep the garbage collector still, whose cost grows with all that other tests have left in memory."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("kind", BUILDS)
def test_time_grows_with_the_text(kind: str):
    """Compare the shortest times that each text ever took: a busy machine makes single ones longer, never shorter."""
    build, size = BUILDS[kind]
    small, large = build(size), build(2 * size)
    short = long = float("inf")
    for _ in range(10):
        short, long = min(short, cost(small)), min(long, cost(large))
        if long < 3 * short + 0.01:
            return
    pytest.fail(f"twice the text costs {long / short:.1f} times the time")


@pytest.mark.parametrize(
    "wire",
    [
        described("Deletes a file. " * 65_000),
        wide(10_000),
        nested(300),
        web(10),
        {"name": "x", "inputSchema": {"properties": {"a": {"anyOf": [{"anyOf": [{}] * 200}] * 200}}}},
        {"name": "delete_" * 10_000},
        {"name": "\x00\u202e\ufeff", "description": "\ud7ff\uffff\U0010ffff", "annotations": {"title": 5}},
        {"name": "{{7*7}} ${x} {name_verb}", "description": "{phrase} %s {0}"},
        {"name": "x", "inputSchema": {"properties": {"action": {"enum": [None, {}, [], "delete", 5]}}}},
    ],
    ids=["1 MB", "10,000 parameters", "300 levels", "web", "branches", "long name", "characters", "templates", "enums"],
)
def test_survives(wire: dict[str, Any]):
    start = time.process_time()
    verdict = RULES.judge(wire)
    assert time.process_time() - start < 10
    assert json.dumps(to_wire(verdict))


def test_a_deep_schema_is_judged_by_its_top():
    wire = nested(300)
    wire["inputSchema"]["properties"]["sql"] = {"type": "string"}
    assert RULES.judge({**wire, "name": "execute_sql"}).category.value == "execute"


@pytest.mark.parametrize("name", ["*", "__", "的"])
def test_a_name_without_a_word_spoils_no_text(name: str):
    """What rules look for in texts is compared with the name, which may have nothing to compare with."""
    lines = Path(__file__).with_name("poisoned.jsonl").read_text("utf-8").splitlines()
    ours = [json.loads(line)["tool"] for line in lines] + [
        tool for rule in RULES.rules for tool in rule.examples["match"]
    ]
    other = {"description": "Import a repository. See also: gitlab_import_from_github."}
    for definition in (*ours, other):
        assert RULES.judge({**definition, "name": name}).definition
