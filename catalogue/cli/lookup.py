"""Finds a server's tools by name in the database of a command's `--database`. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalogue import lookup
from catalogue.database import open_database, reading
from catalogue.repository import Repository
from catalogue.values import StoredTool, ToolRow

if TYPE_CHECKING:
    from classifier.ruleset import RuleSet


def read_tools(url: str, ruleset: RuleSet, server: str | None = None) -> Iterator[StoredTool]:
    """Yield all tools, or those of one server, as `catalogue.lookup.stored_tools` does."""
    with reading(open_database(url, make=False)) as session:
        yield from lookup.stored_tools(Repository(session), ruleset, server)


def find_tools(url: str, ruleset: RuleSet, server: str, tool: str | None = None) -> list[ToolRow]:
    """Return the tools of a server, or those of one name, as `catalogue.lookup.tools_named` does."""
    with reading(open_database(url, make=False)) as session:
        return lookup.tools_named(Repository(session), ruleset, server, tool)
