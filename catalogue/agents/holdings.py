"""What questions are answered from: one database, read in a transaction a question, and the rules of this version.

Beside them, the configurations that may be audited without being handed over: those that whoever started us named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from catalogue.audit.shelves import DatabaseShelf, Shelf
from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.invisible import conceal
from catalogue.lookup import server_named, tools_named
from catalogue.repository import Repository
from catalogue.values import ServerRow, ToolRow
from classifier.ruleset import RuleSet, load


class Holdings:
    """A catalogue to read. Names are taken as they are, or as answers show them."""

    def __init__(self, engine: Engine, configurations: Sequence[Path] = ()) -> None:
        """`engine` is the caller's, and so is the order of questions: rules are not made for several threads."""
        self._engine = engine
        self.configurations = configurations

    @cached_property
    def ruleset(self) -> RuleSet:
        """The rules of this version; the first question that needs them waits for them."""
        return load()

    @property
    def shelf(self) -> Shelf:
        """Where an audit looks servers up."""
        return DatabaseShelf(self._engine, self.ruleset.digest, lambda: self.ruleset)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state of the database."""
        with reading(self._engine) as session:
            yield session

    def server(self, repository: Repository, name: str) -> ServerRow:
        """Return the server. Raises `CatalogueError` with the closest names when there is none."""
        return repository.server(name) or server_named(repository, conceal(name))

    def tools(self, repository: Repository, server: str, tool: str | None = None) -> list[ToolRow]:
        """Return the judged tools of a server, or those of one name. Raises `CatalogueError` where there is none."""
        name = self.server(repository, server).name
        with suppress(CatalogueError):
            return tools_named(repository, self.ruleset, name, tool)
        return tools_named(repository, self.ruleset, name, tool and conceal(tool))

    def tool(self, repository: Repository, server: str, tool: str, occurrence: int) -> ToolRow:
        """Return one tool. Raises `CatalogueError` where there is none."""
        rows = self.tools(repository, server, tool)
        for row in rows:
            if row.occurrence == occurrence:
                return row
        there = ", ".join(str(row.occurrence) for row in rows)
        raise CatalogueError(f"tool {tool!r} of {server!r} has no occurrence {occurrence}; expected one of {there}")
