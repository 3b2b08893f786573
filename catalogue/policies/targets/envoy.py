"""Envoy AI Gateway: the authorization of an MCPRoute, with CEL for arguments.

https://github.com/envoyproxy/ai-gateway/blob/main/api/v1beta1/mcp_route.go and internal/mcpproxy/authorization.go: the
first rule that fits decides, and one that cannot be evaluated does not fit; so every rule allows, and what none allows
is denied. An expression has at most 4,096 characters, there are at most 32 rules, and evaluating one may cost 10,000:
a long text against a long pattern costs more, and such a call is denied. A policy that needs more rules is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.editing.forms import Form
from catalogue.errors import CatalogueError
from catalogue.policies.document import Policy, ToolRule
from catalogue.policies.targets import cel
from catalogue.policies.targets.lowering import Abilities, allowed
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.notation import json_text, yaml_text
from catalogue.policies.targets.target import ExportTarget, Kind

_LONGEST = 4096
_MOST = 32
_BACKEND = 320
"""Characters kept free in each expression for the name of the backend: Kubernetes allows it 253."""
_ARGUMENTS = "[has(request.mcp.params.arguments) ? request.mcp.params.arguments : {}]"


def _write(policy: Policy, server: str) -> str:
    listed = set(allowed(policy))
    terms = [json_text(name) for name in policy.tools if name in listed]
    rules = [f"request.mcp.tool in [{names}]" for names in _packed(terms, ", ", _room(server) - 24)]
    judged = [_judged(name, rule) for name, rule in policy.tools.items() if name not in listed]
    rules += _packed([one for one in judged if one], " || ", _room(server))
    if len(rules) > _MOST:
        raise CatalogueError(
            f"an MCPRoute holds {_MOST} rules, and this policy needs {len(rules)}", "a stricter posture needs fewer"
        )
    written = [{"action": "Allow", "cel": f"{_backend(server)} && ({rule})"} for rule in rules]
    return yaml_text({"spec": {"securityPolicy": {"authorization": {"defaultAction": "Deny", "rules": written}}}})


def _judged(name: str, rule: ToolRule) -> str:
    """The expression for a tool whose calls depend on their arguments; "" for one that is denied."""
    if any(not denial.conditions for denial in rule.deny_if):
        return ""
    return f"(request.mcp.tool == {json_text(name)} && {_ARGUMENTS}.all(a, {cel.conditions(rule, 'a')}))"


def _fits(name: str, rule: ToolRule) -> bool:
    return len(json_text(name)) + len(_judged(name, rule)) <= _LONGEST - _BACKEND


def _server_fault(name: str) -> str | None:
    room = len(_backend(name)) + len(" && ()") <= _BACKEND
    return None if room else "its name leaves no room for a rule"


def _backend(server: str) -> str:
    return f"request.mcp.backend == {json_text(server)}"


def _room(server: str) -> int:
    return _LONGEST - len(_backend(server)) - len(" && ()")


def _packed(terms: list[str], between: str, room: int) -> Iterator[str]:
    """The terms, as many together as there is room for."""
    kept: list[str] = []
    length = 0
    for term in terms:
        if kept and length + len(between) + len(term) > room:
            yield between.join(kept)
            kept, length = [], 0
        length += len(term) + (len(between) if kept else 0)
        kept.append(term)
    if kept:
        yield between.join(kept)


ENVOY = ExportTarget(
    name="envoy",
    title="Envoy AI Gateway",
    kind=Kind.GATEWAY,
    file="an MCPRoute, as a merge patch: kubectl patch mcproute NAME --type merge --patch-file FILE",
    form=Form.YAML,
    source="https://aigateway.envoyproxy.io/docs/capabilities/mcp/",
    checked_with="common-expression-language",
    abilities=Abilities(
        frozenset({Need.DENIAL, Need.ARGUMENTS, Need.DEFAULTS, Need.SCOPE}),
        unnamed=Answer.DENY,
        compares=cel.can_compare,
        fits=_fits,
    ),
    write=_write,
    server_fault=_server_fault,
    notes={
        Need.HIDING: "the tool selector of a backend can do it, by names or by patterns, at most 32 of them",
        Need.ARGUMENTS: "a call is denied, too, whose texts are too long for the gateway's cost limit",
        Need.DEFAULTS: "what no rule allows is denied, also tools of other backends of the route",
    },
)
