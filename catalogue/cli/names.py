"""The answer to a name that is not there: the closest ones that are."""

from __future__ import annotations

from collections.abc import Sequence

from catalogue.errors import CatalogueError


def unknown(kind: str, name: str, closest: Sequence[str]) -> CatalogueError:
    """The error for a name that no `kind` has; `closest` may be empty."""
    return CatalogueError(f"no {kind} is called {name!r}", f"the closest: {', '.join(closest)}" if closest else "")
