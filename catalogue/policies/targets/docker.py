"""Docker MCP Gateway: its tools.yaml, the tools that each server offers.

https://github.com/docker/mcp-gateway/blob/main/pkg/gateway/capabilitites.go (`isToolEnabled`): a server that stands in
the file offers the tools listed there, by exact name, and no other. A server that does not stand there offers all, so
an empty list is written out. With `--tools` on the command line the file is not read at all.
"""

from __future__ import annotations

from catalogue.editing.edits import Edit, Put
from catalogue.editing.forms import Form
from catalogue.policies.document import Policy
from catalogue.policies.targets.lowering import Abilities, allowed
from catalogue.policies.targets.needs import Answer, Need
from catalogue.policies.targets.target import ExportTarget, Kind


def _write(policy: Policy, server: str) -> tuple[Edit, ...]:
    return (Put((server,), list(allowed(policy))),)


DOCKER = ExportTarget(
    name="docker",
    title="Docker MCP Gateway",
    kind=Kind.GATEWAY,
    file="~/.docker/mcp/tools.yaml",
    form=Form.YAML,
    source="https://github.com/docker/mcp-gateway",
    abilities=Abilities(frozenset({Need.DENIAL, Need.HIDING, Need.DEFAULTS, Need.SCOPE}), unnamed=Answer.DENY),
    write=_write,
    notes={
        Need.DENIAL: "a denied tool is not offered; a gateway that is started with --tools does not read the file",
        Need.DEFAULTS: "a tool that is not listed is not offered, also where the policy's default is to allow",
    },
)
