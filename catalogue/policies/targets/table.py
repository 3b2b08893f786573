"""All export targets there are, in the order in which they are listed."""

from __future__ import annotations

from catalogue.errors import CatalogueError
from catalogue.policies.place import closest
from catalogue.policies.targets.agent_governance import AGENT_GOVERNANCE
from catalogue.policies.targets.agentcore import AGENTCORE
from catalogue.policies.targets.agentgateway import AGENTGATEWAY
from catalogue.policies.targets.claude_code import CLAUDE_CODE
from catalogue.policies.targets.codex import CODEX
from catalogue.policies.targets.contextforge import CONTEXTFORGE
from catalogue.policies.targets.copilot_cli import COPILOT_CLI
from catalogue.policies.targets.cursor import CURSOR
from catalogue.policies.targets.docker import DOCKER
from catalogue.policies.targets.envoy import ENVOY
from catalogue.policies.targets.gemini_cli import GEMINI_CLI
from catalogue.policies.targets.intercept import INTERCEPT
from catalogue.policies.targets.kiro import KIRO
from catalogue.policies.targets.litellm import LITELLM
from catalogue.policies.targets.opa import OPA
from catalogue.policies.targets.openai import OPENAI
from catalogue.policies.targets.target import ExportTarget
from catalogue.policies.targets.toolhive import TOOLHIVE
from catalogue.policies.targets.vscode import VSCODE
from catalogue.policies.targets.windsurf import WINDSURF

_CLIENTS = (CLAUDE_CODE, CODEX, GEMINI_CLI, CURSOR, VSCODE, COPILOT_CLI, KIRO, WINDSURF, OPENAI)
_GATEWAYS = (
    TOOLHIVE,
    AGENTCORE,
    AGENTGATEWAY,
    ENVOY,
    CONTEXTFORGE,
    AGENT_GOVERNANCE,
    OPA,
    DOCKER,
    LITELLM,
    INTERCEPT,
)
TARGETS: dict[str, ExportTarget] = {target.name: target for target in (*_CLIENTS, *_GATEWAYS)}


def target_named(name: str) -> ExportTarget:
    """The target of a name. Raises CatalogueError for a name that none has, with the closest."""
    if name in TARGETS:
        return TARGETS[name]
    near = closest(name, tuple(TARGETS))
    raise CatalogueError(
        f"no export target is called {name!r}", f"did you mean {near}?" if near else "`catalogue policy --targets`"
    )
