"""CEL, in the implementation that agentgateway is built on (https://github.com/cel-rust/cel-rust)."""

from __future__ import annotations

from functools import cache
from typing import Any

from cel import Program
from cel import compile as compiled

program = cache(compiled)


def holds(rule: Program, variables: dict[str, Any]) -> bool:
    """Whether the rule says true; one that cannot be evaluated does not, in either gateway."""
    try:
        return rule.execute(variables) is True
    except (RuntimeError, TypeError, ValueError):
        return False
