"""Gemini CLI: rules of its policy engine, in a file for the server.

https://geminicli.com/docs/reference/policy-engine/: of all rules that fit, the one of the highest priority decides; a
tool that is denied whatever its arguments is taken out of what the model sees. Only the user's folder is read, and the
workspace's is not. A server with an underscore in its name is mistaken for another one, silently.

The engine compares `mcp_SERVER_TOOL` as the model knows it: with underscores for characters that it cannot have, and
with three dots for the middle of a name of more than 63. A rule for the tool `mcp_SERVER_x` fits `x`, too. What a
person allows "always" is written there with priority 950: above what is asked and allowed here, below what is denied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalogue.editing.edits import Edit, Records
from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.looseness import Loose, Passes, fits, reaches_unnamed
from catalogue.policies.targets.lowering import Abilities, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind

_SERVER = re.compile(r"[A-Za-z0-9-]{1,25}")  # a longer one would be cut in the middle of long names
_UNSPEAKABLE = re.compile(r"[^A-Za-z0-9_.:-]")
_LONGEST = 63
_KEPT = 30  # characters at either end of a longer name
_DECISIONS = {
    Answer.ALLOW: ("allow", 900),
    Answer.ASK: ("ask_user", 900),
    Answer.DENY: ("deny", 999),
    Answer.HIDE: ("deny", 999),
}
_REST_PRIORITY = 800
_REST = {
    "toolName": "*",
    "decision": "deny",
    "priority": _REST_PRIORITY,
    "denyMessage": "The policy does not name this tool.",
}


def _spell(name: str) -> str | None:
    return _UNSPEAKABLE.sub("_", name) or None


def _server_fault(name: str) -> str | None:
    return None if _SERVER.fullmatch(name) else "expected up to 25 letters, digits and -, and no underscore"


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    found: dict[str, Answer] = {}
    for tool, answer in answers(policy).items():
        name = _as_cut(server, tool)
        found[name] = max(answer, found.get(name, answer))
    _join(found, f"mcp_{server}_")
    rules: list[Mapping[str, Any]] = []
    for answer in sorted(set(found.values())):
        decision, priority = _DECISIONS[answer]
        names = [name for name, one in found.items() if one is answer]
        rules.append({"mcpName": server, "toolName": names, "decision": decision, "priority": priority})
    if policy.default == "deny":
        rules.append({"mcpName": server, **_REST})
    return (Records(("rule",), {"mcpName": server}, tuple(rules)),)


def _join(found: dict[str, Answer], prefix: str) -> None:
    """Give the stricter answer to both tools of which one has the other's full name for a name."""
    for name in [name for name in found if name.startswith(prefix)]:
        short = name.removeprefix(prefix)
        found[name] = max(found[name], found.get(short, Answer.DENY))
        if short in found:
            found[short] = found[name]


def _as_cut(server: str, tool: str) -> str:
    """The tool's part of its full name, as the engine has it."""
    prefix = f"mcp_{server}_"
    name = prefix + tool
    return (name if len(name) <= _LONGEST else f"{name[:_KEPT]}...{name[-_KEPT:]}").removeprefix(prefix)


def _looser(data: Any, policy: Policy, server: str) -> Iterator[Loose]:
    rules = data.get("rule")
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, Mapping) or rule.get("decision") != "allow" or rule.get("mcpName") == server:
            continue
        priority = rule.get("priority")
        for written, names in _names(rule, server):
            passes = _passes(names, priority if isinstance(priority, int | float) else 0, policy)
            if passes is not None:
                yield Loose("rule", f"{written} (priority {priority})", passes)


def _passes(names: str, priority: float, policy: Policy) -> Passes | None:
    """What a rule for these names lets pass; of two rules of one priority, nothing says which decides."""
    beaten = [name for name, answer in answers(policy).items() if answer and priority >= _DECISIONS[answer][1]]
    if any(fits(names, name) for name in beaten):
        return Passes.RULED
    return Passes.UNNAMED if priority >= _REST_PRIORITY and reaches_unnamed(names, policy) else None


def _names(rule: Mapping[str, Any], server: str) -> Iterator[tuple[str, str]]:
    """The names in somebody else's rule that fit tools of the server, each with its pattern for these."""
    named = rule.get("toolName", "*")
    names = [one for one in (named if isinstance(named, list) else [named]) if isinstance(one, str)]
    if "mcpName" in rule:
        reached = isinstance(rule["mcpName"], str) and fits(rule["mcpName"], server)
        yield from zip(names, names, strict=True) if reached else ()
        return
    prefix = f"mcp_{server}_"
    for one in names:
        if one.startswith(prefix):
            yield one, one.removeprefix(prefix)
        elif fits(one, prefix):
            yield one, "*"


GEMINI_CLI = ExportTarget(
    name="gemini-cli",
    title="Gemini CLI",
    kind=Kind.CLIENT,
    file="~/.gemini/policies/SERVER.toml",
    form=Form.TOML,
    source="https://geminicli.com/docs/reference/policy-engine/",
    checked_with="@google/gemini-cli-core",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.HIDING, Need.APPROVAL, Need.DEFAULTS, Need.SCOPE}),
        unnamed=Answer.ASK,
    ),
    write=_write,
    spell=_spell,
    server_fault=_server_fault,
    looser=_looser,
    notes={
        Need.HIDING: "every denied tool is hidden",
        Need.APPROVAL: "without a person at the terminal, what would be asked is denied",
        Need.ARGUMENTS: "the engine has a pattern for all arguments as one text, which is no safe judge of one of them",
        Need.NAMES: "other characters than letters, digits, _ . : and - are underscores, also in the client itself",
    },
)
