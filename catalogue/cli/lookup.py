"""Finds a server's tools by name in the database; an unknown name is answered with the closest ones. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from catalogue.cli.names import unknown
from catalogue.database import open_database, reading
from catalogue.errors import CatalogueError
from catalogue.repository import Repository
from catalogue.values import StoredTool, ToolRow
from classifier.verdict import to_wire

if TYPE_CHECKING:
    from classifier.ruleset import RuleSet


def read_tools(url: str, ruleset: RuleSet, server: str | None = None) -> Iterator[StoredTool]:
    """Yield all tools, or those of one server, each with a verdict of `ruleset`; an unknown server is an error."""
    with reading(open_database(url)) as session:
        repository = Repository(session)
        if server is not None and repository.server(server) is None:
            raise unknown("server", server, repository.closest_servers(server))
        for tool in repository.stored_tools(ruleset.digest, server):
            yield tool if tool.verdict else replace(tool, verdict=_judged(tool, ruleset))


def _judged(tool: StoredTool, ruleset: RuleSet) -> str:
    return json.dumps(to_wire(ruleset.judge(json.loads(tool.definition))))


def find_tools(url: str, ruleset: RuleSet, server: str, tool: str | None = None) -> list[ToolRow]:
    """Return the tools of a server, or those of one name, each with a verdict of `ruleset`.

    What `catalogue classify` has not judged yet is judged here. Raises CatalogueError when there is nothing.
    """
    with reading(open_database(url)) as session:
        repository = Repository(session)
        rows = list(repository.tools(ruleset.digest, server))
        if not rows and repository.server(server) is None:
            raise unknown("server", server, repository.closest_servers(server))
        if not rows:
            raise CatalogueError(f"server {server!r} has no tools in the catalogue", "`catalogue status --failed`")
        chosen = [row for row in rows if tool is None or row.name == tool]
        if not chosen:
            raise unknown(f"tool of {server}", tool or "", repository.closest_tools(server, tool or ""))
    return [row if row.verdict else replace(row, verdict=ruleset.judge(row.definition)) for row in chosen]
