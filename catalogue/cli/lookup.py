"""Finds a server's tools by name in the database; an unknown name is answered with the closest ones. Writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from catalogue.cli.names import unknown
from catalogue.database import open_database, reading
from catalogue.errors import CatalogueError
from catalogue.repository import Repository
from catalogue.values import ToolRow

if TYPE_CHECKING:
    from classifier.ruleset import RuleSet


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
