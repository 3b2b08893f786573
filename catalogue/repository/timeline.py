"""A server's tools over time: what is new, changed, back and gone, given what is seen at a moment. Knows no target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.identity import digest
from catalogue.repository.statements import batches, insert_new
from catalogue.values import Standing
from catalogue.wire import Definition


@dataclass(frozen=True, slots=True)
class Sighting:
    """A server's tools as seen at one moment, each with who declares it (`None`: the server itself lists it).

    `introspection` is `None` for declarations. `whole`: what is not in `seen` the server does not have.
    """

    seen: Sequence[tuple[Definition, str | None]]
    at: datetime
    introspection: int | None
    whole: bool


_tools = models.Model.metadata.tables["tools"]
_changes = models.Model.metadata.tables["changes"]
_IDENTITY = ("server_id", "name_digest", "occurrence")

_Seen: TypeAlias = tuple[Definition, str | None]


class Timeline:
    """Applies sightings, at most one a server, within one session.

    New rows, which are most of the work of a first crawl, are collected and inserted as plain rows.
    """

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's, who commits."""
        self._session = session
        self._ended: dict[datetime, list[int]] = defaultdict(list)
        self._began: list[dict[str, Any]] = []
        self._born: list[dict[str, Any]] = []

    def see(self, sightings: Mapping[int, Sighting]) -> int:
        """Take sightings by server; return how many declared tools were outranked by what the server itself listed."""
        self._store_definitions(sightings)
        known = self._load_tools(sightings)
        outranked = sum(self._reconcile(server, sighting, known[server]) for server, sighting in sightings.items())
        self._end_changes()
        self._insert_born()
        if self._began:
            self._session.execute(insert(_changes), self._began)
        return outranked

    def end(self, tools: Sequence[models.Tool], moment: datetime) -> None:
        """Let tools be gone."""
        for tool in tools:
            self._remove(tool, moment)
        self._end_changes()

    def _end_changes(self) -> None:
        self._session.flush()
        for moment, tools in self._ended.items():
            for batch in batches(tools):
                ended = update(models.Change).where(models.Change.tool_id.in_(batch), models.Change.until.is_(None))
                self._session.execute(ended.values(until=moment), execution_options={"synchronize_session": False})

    def _insert_born(self) -> None:
        if not self._born:
            return
        rows = {tuple(row[field] for field in _IDENTITY): row for row in self._born}
        # SQLAlchemy's sort_by_parameter_order would insert row by row on SQLite
        query = insert(_tools).returning(_tools.c.id, *(_tools.c[field] for field in _IDENTITY))
        self._began += [
            _change(tool_id, rows[tuple(key)]) for tool_id, *key in self._session.execute(query, self._born)
        ]

    def _store_definitions(self, sightings: Mapping[int, Sighting]) -> None:
        wires = {tool.digest: tool.wire for sighting in sightings.values() for tool, _ in sighting.seen}
        for batch in batches(sorted(wires)):  # in one order: else two writers could each wait for the other's row
            found = select(models.Definition.digest).where(models.Definition.digest.in_(batch))
            there = set(self._session.scalars(found))
            rows = [{"digest": digest, "wire": dict(wires[digest])} for digest in batch if digest not in there]
            insert_new(self._session, models.Definition, rows)

    def _load_tools(self, servers: Mapping[int, Sighting]) -> Mapping[int, list[models.Tool]]:
        found: dict[int, list[models.Tool]] = defaultdict(list)
        for batch in batches(servers):
            query = select(models.Tool).where(models.Tool.server_id.in_(batch)).order_by(models.Tool.occurrence)
            for tool in self._session.scalars(query):
                found[tool.server_id].append(tool)
        return found

    def _reconcile(self, server: int, sighting: Sighting, tools: Sequence[models.Tool]) -> int:
        known: dict[str, list[models.Tool]] = defaultdict(list)
        for tool in tools:
            known[tool.name_digest].append(tool)
        seen: dict[str, dict[str, _Seen]] = defaultdict(dict)
        for definition, declared_by in sighting.seen:  # the same twice in one listing is one tool
            seen[digest(definition.name)][definition.digest] = (definition, declared_by)
        outranked = sum(self._take(server, sighting, known[name], list(seen[name].values())) for name in seen)
        if sighting.whole:
            for tool in tools:
                if tool.removed_at is None and tool.introspection_id != sighting.introspection:
                    self._remove(tool, sighting.at)
        return outranked

    def _take(self, server: int, sighting: Sighting, known: Sequence[models.Tool], seen: Sequence[_Seen]) -> int:
        """Give each definition of one name its place: where it was, else that of one that is gone, else a new one."""
        same = {tool.definition: tool for tool in sorted(known, key=lambda tool: tool.removed_at is None)}
        for definition, declared_by in seen:
            if definition.digest in same:
                self._set(same[definition.digest], definition, declared_by, sighting)
        unplaced = [entry for entry in seen if entry[0].digest not in same]
        if sighting.introspection is None and any(_is_confirmed(tool) for tool in known):
            return len(unplaced)
        gone = sorted(
            (tool for tool in known if tool.last_seen != sighting.at), key=lambda tool: tool.removed_at is not None
        )
        occurrence = max((tool.occurrence for tool in known), default=-1)
        for tool, (definition, declared_by) in zip(gone, unplaced, strict=False):
            self._set(tool, definition, declared_by, sighting)
        for offset, (definition, declared_by) in enumerate(unplaced[len(gone) :], start=1):
            row = _state(definition, declared_by, sighting)
            row |= {"server_id": server, "name": definition.name, "name_digest": digest(definition.name)}
            self._born.append(row | {"occurrence": occurrence + offset, "first_seen": sighting.at})
        return 0

    def _set(self, tool: models.Tool, definition: Definition, declared_by: str | None, sighting: Sighting) -> None:
        """Let `tool` be what was seen. What a file declares changes nothing of what the server itself lists."""
        if sighting.introspection is None and _is_confirmed(tool):
            return
        state = _state(definition, declared_by, sighting)
        if (tool.definition, tool.standing, tool.removed_at) != (state["definition"], state["standing"], None):
            self._end(tool, sighting.at)
            self._began.append(_change(tool.id, state))
        for field, value in state.items():
            setattr(tool, field, value)

    def _remove(self, tool: models.Tool, moment: datetime) -> None:
        self._end(tool, moment)
        tool.removed_at = moment

    def _end(self, tool: models.Tool, moment: datetime) -> None:
        self._ended[moment].append(tool.id)


def _state(definition: Definition, declared_by: str | None, sighting: Sighting) -> dict[str, Any]:
    """Return the columns of a tool that say what it is now."""
    declared = sighting.introspection is None
    return {
        "definition": definition.digest,
        "standing": (Standing.DECLARED if declared else Standing.CONFIRMED).value,
        "introspection_id": sighting.introspection,
        "declared_by": declared_by,
        "last_seen": sighting.at,
        "removed_at": None,
    }


def _change(tool_id: int, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the beginning of what a tool is from now on."""
    same = {field: state[field] for field in ("definition", "standing", "introspection_id")}
    return same | {"tool_id": tool_id, "since": state["last_seen"], "until": None}


def _is_confirmed(tool: models.Tool) -> bool:
    return tool.standing == Standing.CONFIRMED.value and tool.removed_at is None
