"""The tools of the corpus as policies are made of them, and calls of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogue.policies.parameters import arguments_of
from catalogue.policies.paths import with_value
from classifier.verdict import Verdict

VALUES: dict[str, Any] = {"string": "notes", "number": 1, "integer": 1, "boolean": True, "object": {}}

Tool = tuple[str, Mapping[str, Any], Verdict]
"""Name, definition, verdict."""


def calls(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A call without arguments, and one with something of its type in every argument if it takes any."""
    full: dict[str, Any] = {}
    arguments = arguments_of(definition)
    parents = {argument.parameter.path.rpartition(".")[0].removesuffix("[]") for argument in arguments}
    for argument in arguments:
        if argument.path and argument.values and argument.parameter.path.removesuffix("[]") not in parents:
            types = set(argument.parameter.types) - {"null", "array"}
            value = next((VALUES[one] for one in sorted(types) if one in VALUES), "notes")
            full = with_value(full, argument.values, value)
    return [{}, full] if full else [{}]
