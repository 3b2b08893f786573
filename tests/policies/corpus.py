"""The tools of the corpus with the verdicts of our own rules, and calls of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalogue.policies.parameters import arguments_of
from catalogue.policies.paths import with_value
from classifier.ruleset import load
from classifier.verdict import Verdict

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "tools.jsonl.gz"
VALUES: dict[str, Any] = {"string": "notes", "number": 1, "integer": 1, "boolean": True, "object": {}}

Tool = tuple[str, dict[str, Any], Verdict]


def judged() -> dict[str, list[Tool]]:
    """All tools of the corpus by server: name, definition, verdict."""
    ruleset = load()
    found: dict[str, list[Tool]] = {}
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            tool = json.loads(line)
            found.setdefault(tool["server"], []).append((tool["name"], tool, ruleset.judge(tool)))
    return found


def calls(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A call without arguments, and one with something of its type in every argument."""
    full: dict[str, Any] = {}
    arguments = arguments_of(definition)
    parents = {argument.parameter.path.rpartition(".")[0].removesuffix("[]") for argument in arguments}
    for argument in arguments:
        if argument.path and argument.values and argument.parameter.path.removesuffix("[]") not in parents:
            types = set(argument.parameter.types) - {"null", "array"}
            value = next((VALUES[one] for one in sorted(types) if one in VALUES), "notes")
            full = with_value(full, argument.values, value)
    return [{}, full]
