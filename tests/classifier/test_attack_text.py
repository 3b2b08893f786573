from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from classifier.leaves import LeafError
from classifier.ruleset import RuleSet, load
from classifier.text_leaves import DenseTextLeaf

HERE = Path(__file__)
"""Where the definitions of our own stand: `poisoned.jsonl`, of which each round was written against the rules as they
stood then, and `harmless.jsonl`, which say things close to what attacks say."""
POISONED = [json.loads(line) for line in HERE.with_name("poisoned.jsonl").read_text("utf-8").splitlines()]
HARMLESS = [json.loads(line) for line in HERE.with_name("harmless.jsonl").read_text("utf-8").splitlines()]
MALICE = {"instructs-model", "hidden-text"}

# What honest definitions say, close to what attacks do.
ORDINARY = [
    "Ask the user for confirmation before you call this.",
    "Use this tool when the user asks about the weather.",
    "Do not guess the id: ask the user if the user does not know it.",
    "Always call list_items first to find the id.",
    "Deletes an event without notifying attendees.",
    "Ignores files that match the pattern; overrides the default rules.",
    "Important: dates are in UTC. Do not use it for more than 100 rows.",
    "Returns the full conversation history of a thread, with all messages.",
    "Connects by SSH, with the private key at ~/.ssh/id_rsa by default.",
    "Stores a secret in the vault. The value is never shown again.",
    "If you are not authenticated, please inform the user to set the API key.",
    "Hidden files are skipped unless include_hidden is true.",
    "Sends an email. cc and bcc are lists of addresses.",
    "Includes environment variables of the container in the output.",
]

# What scripts and pictures write, close to what hides text.
VISIBLE = [
    "Adds \u2764\ufe0f and \U0001f468\u200d\U0001f469\u200d\U0001f467 to a note.",
    "Uses \u26a0\ufe0f, 1\ufe0f\u20e3 and \u00a9\ufe0f.",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u06a9\u062a\u0627\u0628",
    "\u0915\u094d\u200d\u0937",
    "\u041f\u043e\u0438\u0441\u043a \u043f\u043e API \u0438 SQL-\u0437\u0430\u043f\u0440\u043e\u0441\u0430\u043c",
    "Converts \u03bcm to \u03a9 and \u0394x.",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f is the flag of England.",
    "Adds.\n\n        Args:\n            a: the first\n            b: the second\n",
    "\u691c\u7d22\u3057\u307e\u3059\u3002\u3000\u7d50\u679c\u3092\u8fd4\u3057\u307e\u3059\u3002",
]


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return load()


def signals_of(ruleset: RuleSet, wire: dict[str, Any]) -> set[str]:
    return {signal.id for signal in ruleset.judge(wire).signals}


def missed(ruleset: RuleSet, cases: list[dict[str, Any]]) -> list[str]:
    return [
        case["tool"].get("description", "")
        for case in cases
        if not signals_of(ruleset, case["tool"])
        & ({case["expects"]} if isinstance(case["expects"], str) else set(case["expects"]))
    ]


def test_poisoned_definitions_are_many_and_of_every_kind():
    assert len(POISONED) >= 1000
    kinds = "tool poisoning,full schema poisoning,line jumping,exfiltration,shadowing,preference manipulation"
    assert {case["attack"] for case in POISONED} == {*kinds.split(","), "hidden text", "rug pull"}


def test_recall_on_poisoned_definitions(ruleset):
    assert len(missed(ruleset, POISONED)) <= 0.05 * len(POISONED)


@pytest.mark.parametrize("language", sorted({case["language"] for case in POISONED}))
def test_recall_in_each_language(ruleset, language):
    cases = [case for case in POISONED if case["language"] == language]
    assert len(missed(ruleset, cases)) <= 0.06 * len(cases)


def test_no_hidden_text_is_missed(ruleset):
    assert missed(ruleset, [case for case in POISONED if case["attack"] == "hidden text"]) == []


@pytest.mark.parametrize("wire", HARMLESS, ids=[str(number) for number in range(len(HARMLESS))])
def test_text_that_is_close_to_an_attack_is_none(ruleset, wire):
    assert not signals_of(ruleset, wire) & MALICE


@pytest.mark.parametrize("description", ORDINARY + VISIBLE)
def test_ordinary_text_is_no_attack(ruleset, description):
    assert not signals_of(ruleset, {"name": "add_item", "description": description}) & MALICE


def test_attack_text_never_changes_the_category(ruleset):
    plain = {"name": "get_weather", "description": "Gets the weather."}
    category = ruleset.judge(plain).category
    for case in POISONED:
        note = case["tool"].get("description", "")
        assert ruleset.judge({**plain, "_meta": {"note": note}}).category is category


def test_false_alarms_on_real_tools(judged):
    found = [{signal.id for signal in one.verdict.signals} for one in judged]

    assert sum("instructs-model" in signals for signals in found) <= len(found) / 4000
    assert sum("hidden-text" in signals for signals in found) <= len(found) / 5000


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a_",
        "aB",
        "a-",
        " ",
        "\n",
        "\t \n",
        "\u0430a",
        "\u200d",
        "<important ",
        "[inst",
        "do not ",
        "ssh ",
        "`a` ",
        "ignore. ",
        "user do not tell ",
        "every key you have ",
        "不要告诉",
        "get_item ",
    ],
)
def test_hostile_text_costs_linear_time(ruleset, unit):
    """Compare the shortest times that each text ever took: a busy machine makes single ones longer, never shorter."""

    def seconds(length: int) -> float:
        wire = {"name": "add", "description": unit * (length // len(unit))}
        started = time.process_time()
        ruleset.judge(wire)
        return time.process_time() - started

    short = long = float("inf")
    for _ in range(5):
        short, long = min(short, seconds(40_000)), min(long, seconds(160_000))
        if long <= 0.1 + 6 * short:
            return
    pytest.fail(f"four times the text costs {long / short:.1f} times the time")


def test_strings_of_scripts_with_spaces_are_refused():
    with pytest.raises(LeafError, match="spaces"):
        DenseTextLeaf.read("dense_text", [["tell"]], load().lexicon)


def test_evidence_stands_where_it_says(ruleset):
    for case in POISONED:
        for signal in ruleset.judge(case["tool"]).signals:
            if signal.id in MALICE:
                for evidence in signal.evidence:
                    value, name = resolve(case["tool"], evidence.pointer)
                    assert evidence.quote in {
                        text[slice(*evidence.span)] for text in (value, name) if isinstance(text, str)
                    }


def resolve(wire: Any, pointer: str) -> tuple[Any, str]:
    """Return what a pointer leads to, and the name that it ends in."""
    name = ""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        wire = wire[int(name)] if isinstance(wire, list) else wire[name]
    return wire, name
