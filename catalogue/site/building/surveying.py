"""Reads the survey: every query about the whole catalogue that pages need beside its servers and tools."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from catalogue.history import latest_drifts
from catalogue.repository import SAVED, read_sources, read_statistics
from catalogue.site.pages.survey import SourceTerms, Survey
from classifier.ruleset import RuleSet

LATEST = 2_000
"""Changes that the change log holds: twenty pages of it. `catalogue changes` has all of them."""


def read_survey(session: Session, ruleset: RuleSet, counted: Mapping[str, Mapping[str, int]]) -> Survey:
    """Run every query of the survey, but those of the figures that are `counted` already."""
    return Survey(
        sources=read_sources(session),
        terms=_terms(),
        statistics=tuple(read_statistics(session, ruleset.digest, counted)),
        changes=tuple(latest_drifts(session, ruleset, LATEST)),
    )


def _terms() -> tuple[tuple[str, SourceTerms], ...]:
    from crawler.spiders import source_spiders  # half a second of imports

    known = {
        name: SourceTerms(spider.about, spider.licence, spider.default_address or "", spider.keys)
        for name, spider in source_spiders().items()
    }
    known[SAVED] = SourceTerms("saved listings of tools, taken by `catalogue import`", "their owners’", "", ())
    return tuple(sorted(known.items()))
