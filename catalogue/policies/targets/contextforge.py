"""IBM ContextForge: plugins of the gateway, one for who may call what, one for each window of rates.

https://github.com/IBM/mcp-context-forge, plugins/unified_pdp and plugins/rate_limiter: a tool is known by the slugs of
its server and of its own name, so names that differ in capitals or signs alone are one. Names in rules are patterns,
and slugs hold none of their signs. What no rule allows is denied, for every server; so a last rule allows whatever is
not called like a tool of this one, and each server has plugins of its own.

The rate limiter counts a tool's calls for all callers together, and lets calls pass while it has an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize

from catalogue.editing.edits import Edit, Records
from catalogue.editing.forms import Form
from catalogue.policies.document import Limit, Policy, ToolRule, Window
from catalogue.policies.targets.lowering import Abilities
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind

_CONTRACTION = re.compile(r"(\w)['’](\w)")
_SEPARATORS = re.compile(r"[\W_]+")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SPECIAL = {"æ": "ae", "ß": "ss", "ø": "o"}
_WINDOWS = {Window.MINUTE: "m", Window.HOUR: "h"}


def slug(name: str) -> str:
    """The name as mcpgateway/utils/create_slug.py makes it."""
    joined = _SEPARATORS.sub("-", _CONTRACTION.sub(r"\1\2", name.lower())).strip("-")
    for char, said in _SPECIAL.items():
        joined = joined.replace(char, said)
    return normalize("NFKD", joined).encode("ascii", "ignore").decode()


def _spell(name: str) -> str | None:
    return slug(name) or None


def _server_fault(name: str) -> str | None:
    return None if _SLUG.fullmatch(name) else "expected the gateway's slug: lower-case letters, digits and hyphens"


def _counts(limit: Limit) -> bool:
    whole = isinstance(limit.max, int) and limit.max > 0
    return whole and limit.increment_from is None and limit.window in _WINDOWS


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    access = f"Catalogue access {server}"
    edits: list[Edit] = [Records(("plugins",), {"name": access}, (_access(access, policy, server),))]
    for window, unit in _WINDOWS.items():
        name = f"Catalogue rates {server} {window.value}"
        rates = dict(_rates(policy, server, window, unit))
        edits.append(Records(("plugins",), {"name": name}, (_limiter(name, rates),) if rates else ()))
    return tuple(edits)


def _access(name: str, policy: Policy, server: str) -> dict[str, object]:
    listed = [f"{server}-{tool}" for tool, rule in policy.tools.items() if not rule.deny_if]
    rules = [
        _rule(f"{server}: allowed tools", listed),
        _rule(f"{server}: tools of other servers", list(_unless_prefix(f"{server}-"))),
    ]
    return {
        "name": name,
        "kind": "plugins.unified_pdp.unified_pdp.UnifiedPDPPlugin",
        "hooks": ["tool_pre_invoke"],
        "mode": "enforce",
        "priority": 10,
        "config": {
            "engines": [{"name": "native", "enabled": True, "priority": 1, "settings": {"rules": rules}}],
            "combination_mode": "all_must_allow",
            "default_decision": "deny",
        },
    }


def _rule(name: str, patterns: list[str]) -> dict[str, object]:
    return {
        "id": name,
        "roles": ["*"],
        "actions": ["tools.invoke.*"],
        "resource_types": ["tool"],
        "resource_ids": patterns,
    }


def _unless_prefix(prefix: str) -> Iterator[str]:
    """Patterns that fit whatever does not begin with the text: its own beginnings, and each way to leave it."""
    for length in range(len(prefix)):
        yield prefix[:length]
        yield f"{prefix[:length]}[!{prefix[length]}]*"


def _rates(policy: Policy, server: str, window: Window, unit: str) -> Iterator[tuple[str, str]]:
    for tool, rule in policy.tools.items():
        most = _lowest(rule, window)
        if most is not None:
            yield f"{server}-{tool}", f"{most}/{unit}"


def _lowest(rule: ToolRule, window: Window) -> int | float | None:
    return min((limit.max for limit in rule.limits if limit.window is window), default=None)


def _limiter(name: str, rates: dict[str, str]) -> dict[str, object]:
    return {
        "name": name,
        "kind": "cpex_rate_limiter.RateLimiterPlugin",
        "hooks": ["tool_pre_invoke"],
        "mode": "enforce",
        "priority": 20,
        "config": {"by_tool": rates},
    }


CONTEXTFORGE = ExportTarget(
    name="contextforge",
    title="IBM ContextForge",
    kind=Kind.GATEWAY,
    file="plugins/config.yaml of the gateway",
    form=Form.YAML,
    source="https://github.com/IBM/mcp-context-forge/tree/main/plugins/unified_pdp",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.RATES, Need.DEFAULTS, Need.SCOPE}), unnamed=Answer.DENY, counts=_counts
    ),
    write=_write,
    spell=_spell,
    server_fault=_server_fault,
    notes={
        Need.RATES: "for all callers together; days and sums of an argument are not counted, and errors let calls pass",
        Need.DEFAULTS: "a tool of this server that is not listed is denied, also where the default is to allow",
        Need.NAMES: "names are slugs: tools that differ in capitals or signs alone have one rule, the strictest",
    },
)
