"""All export targets there are, in the order in which they are listed."""

from __future__ import annotations

from catalogue.errors import CatalogueError
from catalogue.policies.place import closest
from catalogue.policies.targets.claude_code import CLAUDE_CODE
from catalogue.policies.targets.target import ExportTarget

TARGETS: dict[str, ExportTarget] = {target.name: target for target in (CLAUDE_CODE,)}


def target_named(name: str) -> ExportTarget:
    """The target of a name. Raises CatalogueError for a name that none has, with the closest."""
    if name in TARGETS:
        return TARGETS[name]
    near = closest(name, tuple(TARGETS))
    raise CatalogueError(
        f"no export target is called {name!r}", f"did you mean {near}?" if near else "`catalogue policy --targets`"
    )
