"""LiteLLM: the tools of an MCP server in the proxy's config.yaml.

https://docs.litellm.ai/docs/mcp_control and `filter_tools_by_allowed_tools` in the proxy's MCP server: `allowed_tools`
are the only tools that are listed and called. Its traps: an empty list allows every tool, so a name that no tool has
stands in for it; names are also compared without the server's prefix, and in some versions without regard to capitals,
so a list that would let a denied tool through by another's name is refused. Names of servers must not hold a hyphen,
which ends the prefix.
"""

from __future__ import annotations

import re

from catalogue.editing.edits import Edit, Put
from catalogue.editing.forms import Form
from catalogue.errors import CatalogueError
from catalogue.policies.document import Policy
from catalogue.policies.place import shown
from catalogue.policies.targets.lowering import Abilities, allowed, answers
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind

_SERVER = re.compile(r"[A-Za-z0-9_]+")
_NO_TOOL = ""
"""What stands in a list that allows no tool: the protocol knows no tool without a name."""


def _server_fault(name: str) -> str | None:
    return None if _SERVER.fullmatch(name) else "expected letters, digits and underscores"


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    listed = allowed(policy)
    denied = [name for name in answers(policy) if name not in listed]
    _refuse_confusions(listed, denied, server)
    at = ("mcp_servers", server)
    return (Put((*at, "allowed_tools"), list(listed) or [_NO_TOOL]), Put((*at, "disallowed_tools"), denied))


def _refuse_confusions(listed: tuple[str, ...], denied: list[str], server: str) -> None:
    known = {known: name for name in listed for known in _known_as(name, server)}
    for name in denied:
        other = next((known[one] for one in _known_as(name, server) if one in known), None)
        if other is not None:
            raise CatalogueError(
                f"LiteLLM can take {shown(name)}, which the policy does not allow, for {shown(other)}, which it does",
                "deny both",
            )


def _known_as(name: str, server: str) -> tuple[str, ...]:
    lower = name.lower()
    return lower, lower.removeprefix(f"{server.lower()}-")


LITELLM = ExportTarget(
    name="litellm",
    title="LiteLLM proxy",
    kind=Kind.GATEWAY,
    file="the proxy's config.yaml",
    form=Form.YAML,
    source="https://docs.litellm.ai/docs/mcp_control",
    abilities=Abilities(frozenset({Need.DENIAL, Need.HIDING, Need.DEFAULTS, Need.SCOPE}), unnamed=Answer.DENY),
    write=_write,
    server_fault=_server_fault,
    notes={
        Need.DENIAL: "a denied tool is not listed either",
        Need.DEFAULTS: "a tool that is not listed is denied, also where the policy's default is to allow",
        Need.NAMES: "tools that differ in capitals alone, or by the server's name before a hyphen, need one rule",
    },
)
