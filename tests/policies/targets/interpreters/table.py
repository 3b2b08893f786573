"""All interpreters, by the name of their target."""

from __future__ import annotations

from tests.policies.targets.interpreters import (
    Interpreter,
    agent_governance,
    agentcore,
    agentgateway,
    claude_code,
    codex,
    contextforge,
    copilot_cli,
    cursor,
    docker,
    envoy,
    gemini_cli,
    intercept,
    kiro,
    litellm,
    opa,
    openai,
    toolhive,
    vscode,
    windsurf,
)

INTERPRETERS: dict[str, Interpreter] = {
    "claude-code": claude_code.read,
    "codex": codex.read,
    "gemini-cli": gemini_cli.read,
    "cursor": cursor.read,
    "vscode": vscode.read,
    "copilot-cli": copilot_cli.read,
    "kiro": kiro.read,
    "windsurf": windsurf.read,
    "openai": openai.read,
    "toolhive": toolhive.read,
    "agentcore": agentcore.read,
    "agentgateway": agentgateway.read,
    "envoy": envoy.read,
    "contextforge": contextforge.read,
    "agent-governance": agent_governance.read,
    "opa": opa.read,
    "docker": docker.read,
    "litellm": litellm.read,
    "intercept": intercept.read,
}
