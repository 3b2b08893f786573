from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from catalogue.flows import Flow, State, flow_of, flows_of, parts_of, sentences, to_json
from catalogue.values import Standing, StoredTool
from classifier.verdict import Evidence, Signal

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def signal(name: str) -> Signal:
    return Signal(name, (Evidence("a-rule", "name_word", "/name", name, (0, len(name))),))


def flow(**tools: list[str]) -> Flow:
    return flow_of(part for name, ids in tools.items() for part in parts_of(name, 0, map(signal, ids)))


READ, BOTH, SEND = ["untrusted-content"], ["untrusted-content", "private-data"], ["sends-outside"]


@pytest.mark.parametrize(
    ("tools", "state", "missing"),
    [
        ({}, State.OPEN, 3),
        ({"search": READ}, State.OPEN, 2),
        ({"inbox": BOTH}, State.OPEN, 1),
        ({"inbox": BOTH, "delete": ["bulk", "admin"]}, State.OPEN, 1),
        ({"inbox": BOTH, "send": SEND}, State.CLOSED, 0),
        ({"inbox": BOTH, "fetch": ["network"]}, State.CLOSED, 0),
        ({"inbox": BOTH, "run": ["code"]}, State.POSSIBLE, 0),
        ({"inbox": BOTH, "run": ["code"], "send": SEND}, State.CLOSED, 0),
        ({"all": [*BOTH, "network"]}, State.CLOSED, 0),
    ],
)
def test_three_legs_close_a_flow(tools, state, missing):
    found = flow(**tools)
    assert found.state is state
    assert len(found.missing) == missing


def test_a_tool_is_a_way_out_by_its_most_certain_signal():
    found = flow(run=["code"], post=["code", "network", "sends-outside"])
    assert [(part.tool, part.signal, part.certain) for part in found.out] == [
        ("post", "sends-outside", True),
        ("run", "code", False),
    ]


def test_sentences_name_the_tools_and_say_what_is_not_known():
    assert sentences(flow(search=READ)) == ()
    assert sentences(flow(inbox=BOTH, send=SEND)) == (
        "Text that strangers wrote comes in with inbox, private data comes in with inbox, and send can carry data out.",
    )
    assert "run can carry data out, if the code it runs reaches the network" in sentences(flow(a=BOTH, run=["code"]))[0]
    assert "No tool here is a way out" in sentences(flow(inbox=BOTH))[1]
    assert "No tool here returns private data" in sentences(flow(search=READ, send=SEND))[1]
    assert "a, b, c and 2 more" in sentences(flow(a=READ, b=READ, c=READ, d=READ, e=READ, send=SEND))[0]


def test_a_tool_that_has_all_three_is_named():
    assert flow(one=[*BOTH, "network"], two=[*BOTH, "code"]).alone == ("one",)
    assert sentences(flow(one=[*BOTH, "network"]))[-1] == "By itself, one has all of that."


def stored(server: str, name: str, *signals: str) -> StoredTool:
    evidence = [{"rule": "r", "leaf": "l", "pointer": "/name", "quote": name, "span": [0, len(name)], "note": ""}]
    verdict = json.dumps({"signals": [{"id": one, "evidence": evidence} for one in signals]}) if signals else None
    return StoredTool(server, name, 0, Standing.DECLARED, "{}", "0", NOON, NOON, None, "f", verdict)


def test_servers_do_not_lend_each_other_legs():
    tools = [stored("a", "inbox", *BOTH), stored("a", "unjudged"), stored("b", "send", *SEND)]
    found = dict(flows_of(tools))
    assert [found[server].state for server in "ab"] == [State.OPEN, State.OPEN]
    assert to_json(found["b"])["legs"]["way-out"] == [
        {
            "tool": "send",
            "occurrence": 0,
            "signal": "sends-outside",
            "certain": True,
            "words": [{"pointer": "/name", "quote": "send"}],
        }
    ]
