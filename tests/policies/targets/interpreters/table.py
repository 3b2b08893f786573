"""All interpreters, by the name of their target."""

from __future__ import annotations

from tests.policies.targets.interpreters import (
    Interpreter,
    claude_code,
    codex,
    copilot_cli,
    cursor,
    gemini_cli,
    kiro,
    openai,
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
}
