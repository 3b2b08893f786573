"""What this machine can do for those who ask servers, said before the first is asked. Knows no command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalogue.cli.terminal import say

if TYPE_CHECKING:
    from crawler.records import Level


def prepared(sandbox: str = "auto") -> Level:
    """Return the level at which packages run, and say what this machine lacks for it. Raises `SandboxError`."""
    from crawler.introspector import chosen, shortcomings
    from crawler.records import Level

    level = chosen(None if sandbox == "auto" else Level(sandbox))
    if level is Level.GVISOR:
        say("note: packages run in gVisor, each with a kernel of its own (--sandbox bubblewrap goes without)")
    for line in shortcomings(level):
        say(f"note: {line}")
    return level
