"""What pages about the whole catalogue need beside its servers and tools: sources, figures and latest changes.

All of it is bounded, however large the catalogue is. Knows no page and no database.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalogue.drift import Drift
from catalogue.values import SourceRow, Statistic


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """What the crawler knows of a source: a line about it, its licence and terms, where it is asked, keys it needs."""

    about: str
    licence: str
    address: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """What the catalogue says as a whole. `changes` are the latest, newest first; `terms` go by a source's name."""

    sources: tuple[SourceRow, ...] = ()
    terms: tuple[tuple[str, SourceTerms], ...] = ()
    statistics: tuple[Statistic, ...] = ()
    changes: tuple[Drift, ...] = ()
