"""Takes what attempts brought and what files declare, and passes each server's tools on to its timeline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue import models
from catalogue.identity import digest
from catalogue.repository.reads import BARE, lists_all
from catalogue.repository.statements import batches
from catalogue.repository.timeline import Sighting, Timeline
from catalogue.schedule import is_fault_of_ours, wait
from catalogue.values import Standing
from catalogue.wire import Definition, is_shallow, to_definition
from classifier.tool import NotAToolError
from crawler.records import Introspected, Malformed, NotIntrospected

INTROSPECTED = "introspected"


@dataclass(frozen=True, slots=True)
class Declaration:
    """A tool that a record says a server (its identifier) has. `declared_by` names the record, or its file and more."""

    server: int
    definition: Definition
    declared_by: str


class ToolStore:
    """Writes introspections and declarations within one session."""

    def __init__(self, session: Session) -> None:
        """`session` stays the caller's, who commits."""
        self._session = session

    def record(self, outcomes: Sequence[tuple[int, Introspected | NotIntrospected]]) -> int:
        """Take the outcomes of attempts by their target's identifier; return how many tools they listed."""
        ids = [target_id for target_id, _ in outcomes]
        targets = {row.id: row for row in self._session.scalars(select(models.Target).where(models.Target.id.in_(ids)))}
        listings: list[tuple[int, models.Introspection, Introspected, list[Definition]]] = []
        for target_id, outcome in outcomes:
            definitions, malformed = _sort_out(outcome)
            row = _to_introspection(target_id, outcome, len(definitions), malformed)
            self._session.add(row)
            _reschedule(targets[target_id], outcome, len(definitions), len(malformed))
            if isinstance(outcome, Introspected):
                listings.append((targets[target_id].server_id, row, outcome, definitions))
        self._session.flush()
        sightings: dict[int, Sighting] = {}
        for server, row, outcome, definitions in listings:
            if server in sightings:  # one after the other: the later speaks for the server
                Timeline(self._session).see(sightings)
                sightings = {}
            seen = [(definition, None) for definition in definitions]
            sightings[server] = Sighting(seen, outcome.started_at, row.id, _lists_all(outcome, len(row.malformed)))
        Timeline(self._session).see(sightings)
        for target_id, outcome in outcomes:
            if outcome.declared:
                self._declare_of_bundle(targets[target_id], outcome)
        return sum(len(definitions) for *_, definitions in listings)

    def _declare_of_bundle(self, target: models.Target, outcome: Introspected | NotIntrospected) -> None:
        """Take what a bundle's own manifest declares, as declared; a server that listed all outranks it."""
        by = f"manifest of {target.address}"
        declared: list[Declaration] = []
        for wire in outcome.declared:
            with suppress(NotAToolError):
                declared.append(Declaration(target.server_id, to_definition(wire), by))
        self.declare_anew({(target.server_id, by)}, declared, outcome.started_at)

    def declare(self, declarations: Sequence[Declaration], now: datetime) -> int:
        """Take a batch of declarations; return how many were outranked by what the servers themselves said.

        `now` is one moment for a whole file: two definitions of one name in it are two tools, in two files a change.
        """
        ids = {declaration.server for declaration in declarations}
        closed = self._which_listed_all(ids)
        seen: dict[int, list[tuple[Definition, str | None]]] = {server: [] for server in ids - closed}
        for declaration in declarations:
            if declaration.server not in closed:
                seen[declaration.server].append((declaration.definition, declaration.declared_by))
        outranked = len(declarations) - sum(len(tools) for tools in seen.values())
        sightings = {server: Sighting(tools, now, None, False) for server, tools in seen.items()}
        return outranked + Timeline(self._session).see(sightings)

    def declare_anew(
        self, declarers: Collection[tuple[int, str]], declared: Sequence[Declaration], at: datetime
    ) -> None:
        """Take all that each of `declarers`, a record of a server (its identifier), declares now.

        What one of them declared before and declares no longer is gone. Of two records that declare a name, the earlier
        keeps it: else each crawl would take them for a change.
        """
        servers = {server for server, _ in declarers}
        held = {(tool.server_id, tool.name_digest): tool.declared_by for tool in self._declared(servers)}
        taken = [
            one
            for one in declared
            if held.setdefault((one.server, digest(one.definition.name)), one.declared_by) == one.declared_by
        ]
        self.declare(taken, at)
        self.retract(declarers, at)

    def retract(self, declarers: Collection[tuple[int, str]], at: datetime) -> None:
        """Let go what records of servers declared before a moment, and not since."""
        tools = self._declared({server for server, _ in declarers})
        Timeline(self._session).end(
            [tool for tool in tools if (tool.server_id, tool.declared_by) in declarers and tool.last_seen < at], at
        )

    def _declared(self, servers: Iterable[int]) -> list[models.Tool]:
        found: list[models.Tool] = []
        for batch in batches(servers):
            query = select(models.Tool).where(
                models.Tool.server_id.in_(batch),
                models.Tool.standing == Standing.DECLARED.value,
                models.Tool.removed_at.is_(None),
            )
            found += self._session.scalars(query)
        return found

    def _which_listed_all(self, servers: Iterable[int]) -> set[int]:
        """Return the servers whose tools are known whole, from themselves: a record about them can add nothing."""
        query = (
            select(models.Target.server_id)
            .join(models.Introspection, models.Introspection.target_id == models.Target.id)
            .where(models.Target.server_id.in_(list(servers)), lists_all())
        )
        return set(self._session.scalars(query))


def _lists_all(outcome: Introspected, malformed: int) -> bool:
    """Say whether what is absent from the listing is a fact.

    It is with all pages, not under made-up values, and with nothing in the list that cannot be read: that may be it.
    """
    return outcome.complete and outcome.attempt.name == BARE and not malformed


def _sort_out(outcome: Introspected | NotIntrospected) -> tuple[list[Definition], list[Malformed]]:
    """Return the definitions that can be kept, and what was in the list beside them."""
    if isinstance(outcome, NotIntrospected):
        return [], []
    definitions: list[Definition] = []
    malformed = list(outcome.malformed)
    for index, wire in enumerate(outcome.tools):
        try:
            definitions.append(to_definition(wire))
        except NotAToolError as error:
            malformed.append(Malformed(index, str(error), ""))
    return definitions, malformed


def _to_introspection(
    target_id: int, outcome: Introspected | NotIntrospected, tools: int, malformed: Sequence[Malformed]
) -> models.Introspection:
    row = models.Introspection(
        target_id=target_id,
        started_at=outcome.started_at,
        duration=outcome.duration.total_seconds(),
        tools=tools,
        malformed=[[entry.index, entry.why, entry.excerpt] for entry in malformed],
    )
    if isinstance(outcome, NotIntrospected):
        row.outcome, row.detail = outcome.reason.value, outcome.detail
        row.server_info, row.pages, row.complete = {}, 0, False
        row.attempt, row.command, row.private = "", "", False
        row.sign_in = asdict(outcome.sign_in) if outcome.sign_in else None
        return row
    row.outcome, row.detail = INTROSPECTED, ""
    row.protocol_version, row.instructions = outcome.protocol_version, outcome.instructions
    row.server_info = dict(outcome.server_info) if is_shallow(outcome.server_info) else {}
    row.pages, row.complete = outcome.pages, outcome.complete
    row.ttl = outcome.ttl.total_seconds() if outcome.ttl is not None else None
    row.private = outcome.private
    row.attempt, row.command, row.resolved = outcome.attempt.name, outcome.attempt.command, outcome.attempt.resolved
    row.installed = list(outcome.attempt.installed) or None
    return row


def _reschedule(target: models.Target, outcome: Introspected | NotIntrospected, tools: int, malformed: int) -> None:
    if isinstance(outcome, Introspected):
        target.outcome, target.failures = INTROSPECTED, 0
        if tools or _lists_all(outcome, malformed):
            target.listed_at = outcome.started_at
    else:
        target.outcome = outcome.reason.value
        target.failures += not is_fault_of_ours(outcome)
    target.due_at = outcome.started_at + wait(outcome, target.failures)
