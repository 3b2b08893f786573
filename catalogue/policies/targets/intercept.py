"""Intercept: a policy.yaml of the open-source proxy.

https://github.com/PolicyLayer/Intercept (POLICY.md, internal/engine, internal/config): hidden tools, then the default,
then every rule of a tool and of `*` has to hold. A counter is addressed as state.TOOL.COUNTER, which a dot in the
tool's name breaks: the whole file is refused then.

Conditions on arguments are left alone: they say what has to hold, an argument that is absent fails them, and there is
no operator for a pattern that must not fit, which is how a policy keeps paths, URLs and statements in bounds.
"""

from __future__ import annotations

from catalogue.editing.forms import Form
from catalogue.policies.document import EVERY_TOOL, Denial, Limit, Policy, ToolRule, Window
from catalogue.policies.targets.lowering import Abilities
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.notation import yaml_text
from catalogue.policies.targets.target import ExportTarget, Kind, exact

_DENIED = "This call is denied by policy."


def _spell(name: str) -> str | None:
    return None if name == EVERY_TOOL or "." in name else exact(name)


def _counts(limit: Limit) -> bool:
    return limit.increment_from is None and isinstance(limit.max, int) and limit.max > 0


def _write(policy: Policy, _: str) -> str:
    tools = {name: {"rules": _rules(rule)} for name, rule in policy.tools.items()}
    if policy.limits:
        tools[EVERY_TOOL] = {"rules": _rates(policy.limits)}
    return yaml_text({"version": "1", "default": policy.default, "hide": list(policy.hide), "tools": tools})


def _rules(rule: ToolRule) -> list[dict[str, str]]:
    return [*map(_denied, rule.deny_if), *_rates(rule.limits)]


def _denied(denial: Denial) -> dict[str, str]:
    return {"name": "denied", "action": "deny", "on_deny": denial.on_deny or _DENIED}


def _rates(limits: tuple[Limit, ...]) -> list[dict[str, str]]:
    """A rule for each window: its counter is named after the window, so there is one of each."""
    lowest = {window: min((one.max for one in limits if one.window is window), default=None) for window in Window}
    return [
        {"name": f"calls per {window.value}", "rate_limit": f"{most}/{window.value}"}
        for window, most in lowest.items()
        if most is not None
    ]


INTERCEPT = ExportTarget(
    name="intercept",
    title="Intercept",
    kind=Kind.GATEWAY,
    file="a policy.yaml of the proxy in front of this server: intercept -c FILE",
    form=Form.YAML,
    source="https://github.com/PolicyLayer/Intercept",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.RATES, Need.DEFAULTS, Need.SCOPE}),
        unnamed=Answer.ALLOW,
        counts=_counts,
        counts_together=True,
    ),
    write=_write,
    spell=_spell,
    notes={
        Need.ARGUMENTS: "it cannot say that a pattern must not fit, nor leave out an argument that is optional",
        Need.RATES: "sums of an argument are not counted; several limits of one window are the lowest of them",
        Need.DEFAULTS: "the file says the policy's default",
        Need.NAMES: "a tool with a dot in its name would make the proxy refuse the file, so it is left to the default",
    },
)
