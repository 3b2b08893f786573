"""Finds servers and their tools by name, judged; a name that is not there is answered with the closest ones that are.

Knows no command and no page: it reads in a session that is the caller's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from catalogue.errors import CatalogueError
from catalogue.values import ServerRow, StoredTool, ToolRow
from classifier.verdict import to_wire

if TYPE_CHECKING:
    from catalogue.repository import Repository
    from classifier.ruleset import RuleSet


def unknown(kind: str, name: str, closest: Sequence[str]) -> CatalogueError:
    """The error for a name that no `kind` has; `closest` may be empty."""
    return CatalogueError(f"no {kind} is called {name!r}", f"the closest: {', '.join(closest)}" if closest else "")


def server_named(repository: Repository, name: str) -> ServerRow:
    """Return the server of this name. Raises `CatalogueError` when there is none."""
    found = repository.server(name)
    if found is None:
        raise unknown("server", name, repository.closest_servers(name))
    return found


def stored_tools(repository: Repository, ruleset: RuleSet, server: str | None = None) -> Iterator[StoredTool]:
    """Yield all tools, or those of one server, each with a verdict of `ruleset`; an unknown server is an error."""
    if server is not None:
        server_named(repository, server)
    for tool in repository.stored_tools(ruleset.digest, server):
        yield judged(tool, ruleset)


def judged(tool: StoredTool, ruleset: RuleSet) -> StoredTool:
    """Return the tool with a verdict: what `catalogue classify` has not judged yet is judged here."""
    if tool.verdict:
        return tool
    return tool._replace(verdict=json.dumps(to_wire(ruleset.judge(json.loads(tool.definition)))))


def tools_named(repository: Repository, ruleset: RuleSet, server: str, tool: str | None = None) -> list[ToolRow]:
    """Return the tools of a server, or those of one name, each with a verdict of `ruleset`.

    Raises `CatalogueError` when there is nothing.
    """
    rows = list(repository.stored_tools(ruleset.digest, server))
    if not rows:
        server_named(repository, server)
        raise CatalogueError(f"server {server!r} has no tools in the catalogue", "`catalogue status --failed`")
    chosen = [row for row in rows if tool is None or row.name == tool]
    if not chosen:
        raise unknown(f"tool of {server}", tool or "", repository.closest_tools(server, tool or ""))
    return [judged(row, ruleset).decoded() for row in chosen]
