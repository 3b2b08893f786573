"""All interpreters, by the name of their target."""

from __future__ import annotations

from tests.policies.targets.interpreters import Interpreter, claude_code

INTERPRETERS: dict[str, Interpreter] = {
    "claude-code": claude_code.read,
}
