"""Cedar's own implementation, with the policies of one tool at a time: the scope of any other cannot fit its calls.

All tools are asked about under one name, and only with what their policies speak of, so that those with like policies
and like calls are asked about once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import cedarpy

NAME = "t"
"""What every tool is called in a request."""


class Decided(NamedTuple):
    allowed: bool
    failed: bool
    """Whether a policy could not be evaluated."""


def by_scope(text: str, variable: str) -> Callable[[str], str]:
    """The policies, as JSON, whose scope has an entity of this identifier, or none, as `variable`: action, resource.

    The entity is called `NAME` in them. The text is empty if there are none.
    """
    parsed = json.loads(cedarpy.policies_to_json_str(text))
    assert not parsed["templates"]
    assert not parsed["templateLinks"]
    scoped: dict[str | None, list[dict[str, Any]]] = {}
    for policy in parsed["staticPolicies"].values():
        scope = policy[variable]
        entity = scope.get("entity")
        renamed = scope | {"entity": entity | {"id": NAME}} if entity else scope
        scoped.setdefault(entity["id"] if entity else None, []).append(policy | {variable: renamed})

    def policies(identifier: str) -> str:
        found = scoped.get(identifier, []) + scoped.get(None, [])
        numbered = {f"policy{number}": policy for number, policy in enumerate(found)}
        return json.dumps({"staticPolicies": numbered, "templates": {}, "templateLinks": []}) if found else ""

    return cache(policies)


def spoken_of(policies: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments whose names stand in the policies."""
    return {name: value for name, value in arguments.items() if json.dumps(name) in policies}


def decide(policies: str, request: Mapping[str, Any]) -> Decided:
    return _decided(policies, json.dumps(request))


@cache
def _decided(policies: str, request: str) -> Decided:
    result = cedarpy.is_authorized(json.loads(request), _policy_set(policies), [])
    return Decided(result.decision is cedarpy.Decision.Allow, bool(result.diagnostics.errors))


@cache
def _policy_set(policies: str) -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_json_str(policies) if policies else cedarpy.PolicySet.from_str("")
