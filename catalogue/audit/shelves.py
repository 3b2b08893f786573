"""Where an audit looks servers up: the local database, or a published site. Writes nothing.

A site is told the first two digits of each target's digest, and then the names of those servers that it has: nothing
of a server that it does not know, and nothing of the configuration.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Engine

from catalogue import published
from catalogue.audit.report import AuditedTool
from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.published import Fetch
from catalogue.repository import Repository
from catalogue.site import urls
from catalogue.site.foreign import addresses_of
from classifier.verdict import SIGNALS, Category, Severity, to_wire

if TYPE_CHECKING:
    from classifier.ruleset import RuleSet


class Shelf(Protocol):
    """Knows servers by their targets."""

    def names(self, keys: Collection[str]) -> Mapping[str, str]:
        """The server's name for each target (key of `catalogue.identity`) that is known."""

    def tools(self, server: str) -> tuple[AuditedTool, ...]:
        """The tools of a server of that name."""


class DatabaseShelf:
    """The local database; what it has not judged yet is judged here, by rules that are loaded only for that."""

    def __init__(self, engine: Engine, digest: str, rules: Callable[[], RuleSet]) -> None:
        """`digest` is that of the rules whose verdicts are wanted."""
        self._engine = engine
        self._digest = digest
        self._rules = rules

    def names(self, keys: Collection[str]) -> Mapping[str, str]:
        with reading(self._engine) as session:
            return Repository(session).servers_of(keys)

    def tools(self, server: str) -> tuple[AuditedTool, ...]:
        with reading(self._engine) as session:
            stored = list(Repository(session).stored_tools(self._digest, server))
        return tuple(
            judged(tool.name, tool.occurrence, self._verdict(tool.definition, tool.verdict), tool.digest)
            for tool in stored
        )

    def _verdict(self, definition: str, verdict: str | None) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (
            json.loads(verdict) if verdict else to_wire(self._rules().judge(json.loads(definition)))
        )
        return found


class SiteShelf:
    """A published site."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._addresses = addresses_of(None)

    def names(self, keys: Collection[str]) -> Mapping[str, str]:
        home = self._object(urls.twin(urls.HOME))
        self._addresses = addresses_of(home)
        if not isinstance(home.get("version"), int):
            raise CatalogueError("the site has no catalogue", "is that the address of a published catalogue?")
        found: dict[str, str] = {}
        for path in sorted({urls.targets(key) for key in keys}):
            listed = self._object(path)
            found.update((key, listed[key]) for key in keys if isinstance(listed.get(key), str))
        return found

    def tools(self, server: str) -> tuple[AuditedTool, ...]:
        lines = published.tool_lines(self._fetch, self._addresses, server) or ()
        try:
            return tuple(
                judged(str(one["name"]), int(one["occurrence"]), one["verdict"], str(one["digest"])) for one in lines
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CatalogueError(f"the site's data on {server} is not what we know how to read") from error

    def _object(self, path: str) -> Mapping[str, Any]:
        body = self._fetch(path)
        try:
            value = json.loads(body) if body is not None else {}
        except (ValueError, RecursionError):
            value = {}
        return value if isinstance(value, dict) else {}


def judged(name: str, occurrence: int, verdict: Mapping[str, Any], digest: str = "") -> AuditedTool:
    """The tool of a verdict's JSON, whose signals may stand there by name; one that we do not know is left out."""
    signals: Iterable[Any] = (one["id"] if isinstance(one, dict) else one for one in verdict["signals"])
    known = tuple(signal for signal in signals if signal in SIGNALS)
    return AuditedTool(name, occurrence, Category(verdict["category"]), Severity(verdict["severity"]), known, digest)
