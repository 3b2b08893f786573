"""What deciding costs: decisions a second of the policy evaluator, for the rules that real documents have."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.classify import least, rate, read_tools
from benchmarks.tools import made_up, numbered
from catalogue.policies.evaluate import Evaluator
from catalogue.policies.parsing import parse
from catalogue.policies.placeholders import read_filling
from catalogue.policies.recommend import server_policy
from classifier.ruleset import load

_CALLS = 20_000
_LIMIT = {"counter": "c", "window": "minute", "max": 30}
_ALLOW = [f"https://host{number}.example.com/" for number in range(100)]
_RULES: dict[str, dict[str, Any]] = {
    "no rule": {},
    "one limit": {"limits": [_LIMIT]},
    "a list of 100 values": {"deny_if": [{"conditions": [{"path": "args.x", "op": "not_in", "value": _ALLOW}]}]},
    "a pattern": {"deny_if": [{"conditions": [{"path": "args.x", "op": "regex", "value": r"(?:^|/)\.\.(?:/|$)"}]}]},
    "a comparison for 100 members": {
        "deny_if": [{"conditions": [{"path": "args.all[].n", "op": "gt", "value": 100}]}],
    },
}
_ARGUMENTS = {"x": _ALLOW[-1], "all": [{"n": number} for number in range(100)]}


class _Call(NamedTuple):
    tool: str
    arguments: object


def main() -> None:
    """Measure and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy")
    parser.add_argument("--tools", type=Path, help="JSON Lines of definitions; default: tools made up here")
    options = parser.parse_args()
    tools = read_tools(options.tools) if options.tools else [*numbered(made_up(), 8_500)]
    print(f"policies for {len(tools):,} tools of {options.tools or 'our own making'}, Python {sys.version[:6]}")
    for lines in (single_rules(), recommended(tools)):
        for name, value in lines:
            print(f"{name:<52}{value:>14}", flush=True)


def single_rules() -> Iterator[tuple[str, str]]:
    """Yield the rate for one kind of rule each, and how a decision grows with the text that a pattern reads."""
    for name, rule in _RULES.items():
        policy = parse({"version": "1", "default": "deny", "tools": {"t": rule}})
        calls = [_Call("t", _ARGUMENTS)] * _CALLS
        yield (
            f"{name}, decisions a second",
            rate(_CALLS, lambda p=policy, c=calls: decide_all(Evaluator(p, _minutes()), c)),
        )
    hostile = parse({"version": "1", "default": "deny", "tools": {"t": _RULES["a pattern"]}})
    texts = ["a/" * size for size in (500_000, 1_000_000)]
    times = [least(lambda t=text: Evaluator(hostile).decide("t", {"x": t})) for text in texts]
    yield "twice the text: a pattern on 1 and on 2 MB", f"{times[1] / times[0]:.2f}"


def recommended(tools: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield the rate for the recommended policy of all the tools at once, as of one very large server."""
    ruleset = load()
    judged = [(tool["name"], tool, ruleset.judge(tool)) for tool in tools]
    filling = read_filling(
        ["root=/srv", "host=example.com", "domain=example.com", "cap=50", "daily=200", "currency=EUR"]
    )
    policy = server_policy(judged, filling=filling)
    calls = [_Call(name, usual_arguments(tool)) for name, tool, _ in judged]
    yield (
        f"recommended policy, {len(policy.tools) + len(policy.hide):,} names, decisions a second",
        rate(len(calls), lambda: decide_all(Evaluator(policy, _minutes()), calls)),
    )
    yield "making it, tools a second", rate(len(judged), lambda: server_policy(judged, filling=filling))


def usual_arguments(tool: Any) -> dict[str, object]:
    """A call that gives every argument of the first level something of its type."""
    values = {"string": "docs/notes.txt", "number": 1, "integer": 1, "boolean": False, "array": [], "object": {}}
    schema = tool.get("inputSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    fields = properties.items() if isinstance(properties, dict) else ()
    kinds = {name: part.get("type") for name, part in fields if isinstance(part, dict)}
    return {name: values.get(kind if isinstance(kind, str) else "", "x") for name, kind in kinds.items()}


def decide_all(evaluator: Evaluator, calls: Sequence[_Call]) -> None:
    """Decide calls and keep nothing."""
    for call in calls:
        evaluator.decide(call.tool, call.arguments)


def _minutes() -> Any:
    """A clock that gives each call a minute of its own, so that limits count and let pass."""
    moments = count(0, 60)
    return lambda: float(next(moments))


if __name__ == "__main__":
    main()
