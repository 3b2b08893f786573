"""The audit: reads configurations, looks servers up, has them asked if told to, and says what is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeAlias

from catalogue.audit import places, reading
from catalogue.audit.baseline import Baseline
from catalogue.audit.changes import Earlier
from catalogue.audit.identity import identify
from catalogue.audit.remarks import flows_of, remarks_of
from catalogue.audit.report import SEVERITIES, AuditedServer, AuditReport, Configured, Fault, Known, Remark, worst
from catalogue.audit.shelves import Shelf
from catalogue.errors import CatalogueError
from classifier.verdict import Severity

Ask: TypeAlias = Callable[[Sequence[AuditedServer]], Sequence[AuditedServer]]
"""Has the servers list their tools (`asking.ask`), or returns them as they are."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an audit holds servers to: what to fail on, what is accepted (as of a day), and what was there before."""

    fail_on: frozenset[str] = frozenset()
    baseline: Baseline = field(default_factory=Baseline)
    earlier: Earlier | None = None
    today: date = field(default_factory=date.today)  # the user's own day


def find(paths: Sequence[Path], home: Path, environment: Mapping[str, str] = os.environ) -> tuple[places.Place, ...]:
    """The places to look at: this machine's and the current folder's, or those of `paths` alone; each file once.

    Raises `CatalogueError` for a path that is not there.
    """
    found: list[places.Place] = []
    for path in paths:
        if not os.path.lexists(path):
            raise CatalogueError(f"{path} is not there", "give a folder, or a client's configuration")
        found += places.in_folder(path) if path.is_dir() else [places.named(path)]
    if not paths:
        found += places.on_machine(home, environment, places.system())
        found += places.in_folder(Path(), deep=False)
    unique = {os.path.realpath(place.path) + place.client: place for place in reversed(found)}
    return tuple(place for place in found if unique[os.path.realpath(place.path) + place.client] is place)


def read(found: Iterable[places.Place], home: Path) -> list[Configured | Fault]:
    """What stands at these places, for an audit."""
    return [one for place in found for one in reading.read(place, home)]


def audit(
    read: Sequence[Configured | Fault], shelf: Shelf | None, ask: Ask, wanted: Wanted, ruleset: str
) -> AuditReport:
    """Audit what was read of configurations. Raises `CatalogueError` when the shelf cannot be read."""
    faults = tuple(one for one in read if isinstance(one, Fault))
    servers = tuple(ask(look_up([one for one in read if isinstance(one, Configured)], shelf)))
    flows = tuple(flows_of(servers))
    remarks = [*remarks_of(servers, flows, faults)]
    gone: list[str] = []
    if wanted.earlier is not None:
        remarks += wanted.earlier.changes(servers)
        gone += wanted.earlier.gone(servers)
    standing, accepted, notes = wanted.baseline.divide(list(dict.fromkeys(remarks)), wanted.today)
    failed = frozenset(remark for remark in standing if fails(remark, wanted.fail_on))
    told = tuple(worst(standing))
    return AuditReport(servers, flows, faults, told, tuple(accepted), failed, (*notes, *sorted(gone)), ruleset)


def look_up(configured: Sequence[Configured], shelf: Shelf | None) -> list[AuditedServer]:
    """Tell who the servers are, and what the catalogue knows of their tools; without a shelf nobody is known."""
    keys = {candidate.key for one in configured for candidate in one.candidates}
    names = shelf.names(keys) if shelf else None
    identities = [identify(one, names) for one in configured]
    known = dict.fromkeys(one.server for one in identities if one.known is not Known.UNKNOWN)
    tools = {name: shelf.tools(name) for name in known} if shelf else {}
    return [
        AuditedServer(one, who, tools.get(who.server, ()), "catalogue" if who.known is not Known.UNKNOWN else "")
        for one, who in zip(configured, identities, strict=True)
    ]


def fails(remark: Remark, words: frozenset[str]) -> bool:
    """Whether a remark is one of those that `--fail-on` names: by a word of it, or by a severity that it reaches."""
    levels = [SEVERITIES[severity] for severity in Severity if severity.value in words]
    return bool(remark.words & words) or bool(levels and SEVERITIES[remark.severity] >= min(levels))
