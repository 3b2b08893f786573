"""Third parties' text stays in fields of its own, without hidden characters, and within bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from catalogue.agents.quoting import quoted
from catalogue.agents.server import LARGEST_ANSWER
from catalogue.invisible import conceal, hides, reveal
from catalogue.policies.evaluate import Evaluator, Outcome
from catalogue.policies.parsing import load
from tests.agents.shelf import HIDDEN, HOSTILE, ORDER

SHOWN = reveal(HOSTILE)
QUESTIONS = [
    ("search_tools", {"limit": 50}),
    ("get_server", {"server": SHOWN}),
    ("get_verdict", {"server": SHOWN, "tool": "send_email"}),
    ("get_verdict", {"server": SHOWN, "tool": "twice", "occurrence": 1}),
    ("get_policy", {"server": SHOWN}),
    ("get_policy", {"server": SHOWN, "tool": "twice", "posture": "permissive"}),
    ("get_policy", {"server": SHOWN, "target": "claude-code", "known_as": "evil"}),
    ("get_flow", {"server": SHOWN}),
    ("list_changes", {"since": "2025-01-01", "grade": "form"}),
]


def ours(value: object, name: str = "") -> Iterator[str]:
    """Every text of an answer that is not marked as a third party's, keys included."""
    if name in ("server", "tool") or name.startswith("quoted"):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from ours(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from ours(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize(("name", "arguments"), QUESTIONS)
def test_third_parties_text_is_marked_visible_and_bounded(call, name, arguments):
    result = call(name, **arguments)
    assert not result.is_error, result.content[0].text
    (content,) = result.content
    assert ORDER not in " ".join(ours(result.structured_content))
    assert not hides(content.text)
    assert not any(hides(text) for text in strings(json.loads(content.text)))
    assert len(content.text) <= LARGEST_ANSWER


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def test_every_tool_that_is_listed_can_be_asked_for_as_it_is_shown(ask):
    for tool in ask("search_tools", limit=50)["tools"]:
        identity = {key: tool[key] for key in ("server", "tool", "occurrence")}
        verdict = ask("get_verdict", **identity)
        assert {key: verdict[key] for key in identity} == identity
        assert verdict["category"] == tool["category"]


def test_a_tool_that_cannot_be_named_in_a_policy_is_denied_by_it(ask, refused):
    found = ask("get_policy", server=SHOWN, posture="permissive")
    name = f"get{HIDDEN} {ORDER}"
    assert reveal(name) in found["quoted_left_out"]
    decide = Evaluator(load(json.dumps(found["quoted_policy"]).encode())).decide
    assert decide(name, {}, approved=True).outcome is not Outcome.ALLOWED
    assert "hidden characters" in refused("get_policy", server=SHOWN, tool=reveal(name))


def test_an_answer_that_would_be_too_large_says_how_to_ask_for_less(ask, refused, monkeypatch):
    monkeypatch.setattr("catalogue.agents.server.LARGEST_ANSWER", 3_000)
    assert "a lower limit" in refused("search_tools", limit=50)
    assert ask("search_tools", limit=1)["tools"]


def test_a_verdict_counts_what_it_leaves_out(ask):
    assert ask("get_verdict", server=SHOWN, tool="send_email")["omitted"] > 300


@pytest.mark.parametrize("text", ["\u200d" * 50, "a\u200d\u200d\U0001f600" * 9, "👩\u200d👩" * 9, "\U000e0041" * 9])
def test_wherever_a_text_is_cut_it_hides_nothing(text):
    assert not [longest for longest in range(1, 60) if hides(quoted(text, longest))]


def test_names_come_back_as_they_were():
    assert conceal(reveal(HOSTILE)) == HOSTILE
    assert conceal(reveal("\U000e0041\x7f\ud800 name")) == "\U000e0041\x7f\ud800 name"
