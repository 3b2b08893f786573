"""Where an audit looks servers up: the local database, or a published site. Writes nothing.

A site is told the first two digits of each target's digest, and then the names of those servers that it has: nothing
of a server that it does not know, and nothing of the configuration.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sqlalchemy import Engine

from catalogue.audit.report import AuditedTool
from catalogue.database import reading
from catalogue.errors import CatalogueError
from catalogue.repository import Repository
from catalogue.site import urls
from classifier.verdict import SIGNALS, Category, Severity, to_wire

if TYPE_CHECKING:
    from classifier.ruleset import RuleSet

Fetch: TypeAlias = Callable[[str], bytes | None]
"""Fetches a path of a site; `None` when nothing is there. Raises `CatalogueError`."""

_MOST_PAGES = 30  # of one server's tools; a server with as many as are taken from one has 25


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
    """A published site. It says no definition's digest, so of a tool only another verdict shows as a change."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def names(self, keys: Collection[str]) -> Mapping[str, str]:
        if not isinstance(self._object(urls.twin(urls.HOME)).get("version"), int):
            raise CatalogueError("the site has no catalogue", "is that the address of a published catalogue?")
        found: dict[str, str] = {}
        for path in sorted({urls.targets(key) for key in keys}):
            listed = self._object(path)
            found.update((key, listed[key]) for key in keys if isinstance(listed.get(key), str))
        return found

    def tools(self, server: str) -> tuple[AuditedTool, ...]:
        seen: Counter[str] = Counter()
        tools = []
        for entry in self._entries(server):
            name = str(entry.get("name"))
            try:
                tools.append(judged(name, seen[name], entry))
            except (KeyError, TypeError, ValueError):
                raise CatalogueError(f"the site's page of {server} is not what we know how to read") from None
            seen[name] += 1
        return tuple(tools)

    def _entries(self, server: str) -> Iterator[Mapping[str, Any]]:
        for number in range(1, _MOST_PAGES + 1):
            page = self._object(urls.twin(urls.server(server, number)))
            listed = page.get("tools")
            yield from (entry for entry in listed if isinstance(entry, dict)) if isinstance(listed, list) else ()
            if not listed or number >= _pages(page):
                return

    def _object(self, path: str) -> Mapping[str, Any]:
        body = self._fetch(path)
        try:
            value = json.loads(body) if body is not None else {}
        except (ValueError, RecursionError):
            value = {}
        return value if isinstance(value, dict) else {}


def _pages(page: Mapping[str, Any]) -> int:
    part = page.get("slice")
    count = part.get("total") if isinstance(part, dict) else None
    return count if isinstance(count, int) else 1


def judged(name: str, occurrence: int, verdict: Mapping[str, Any], digest: str = "") -> AuditedTool:
    """The tool of a verdict's JSON, whose signals may stand there by name; one that we do not know is left out."""
    signals: Iterable[Any] = (one["id"] if isinstance(one, dict) else one for one in verdict["signals"])
    known = tuple(signal for signal in signals if signal in SIGNALS)
    return AuditedTool(name, occurrence, Category(verdict["category"]), Severity(verdict["severity"]), known, digest)
