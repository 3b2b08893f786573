"""Cedar's own implementation, with the policies of one tool at a time: the scope of any other cannot fit its calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import cedarpy


def by_scope(text: str, variable: str) -> Callable[[str], cedarpy.PolicySet]:
    """The policies whose scope has an entity of this identifier, or none, as `variable` (action or resource)."""
    parsed = json.loads(cedarpy.policies_to_json_str(text))
    assert not parsed["templates"]
    assert not parsed["templateLinks"]
    scoped: dict[str | None, dict[str, object]] = {}
    for name, policy in parsed["staticPolicies"].items():
        entity = policy[variable].get("entity")
        scoped.setdefault(entity["id"] if entity else None, {})[name] = policy

    @cache
    def policies(identifier: str) -> cedarpy.PolicySet:
        found = scoped.get(identifier, {}) | scoped.get(None, {})
        return cedarpy.PolicySet.from_json_str(
            json.dumps({"staticPolicies": found, "templates": {}, "templateLinks": []})
        )

    return policies
