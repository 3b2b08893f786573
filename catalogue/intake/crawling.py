"""One crawl: reads the sources, then asks what is due. Knows neither how sources are read nor how targets are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Engine

from catalogue.intake.summary import CrawlSummary, Failure
from catalogue.values import Report

if TYPE_CHECKING:
    from crawler.records import Dropped
    from crawler.run import Discovery, SourceRequest


def crawl(
    engine: Engine,
    requests: Sequence[SourceRequest],
    *,
    only: Literal["discover", "introspect"] | None,
    limit: int | None,
    allow_private: bool,
    concurrency: int,
    report: Report,
) -> CrawlSummary:
    """Read the sources of `requests` and introspect every target that is due, or `only` one of the two.

    `limit` bounds the listings taken from each source and the introspections made. A crawl that is killed is resumed by
    the next one. Raises `SourceError` for a source that nobody knows.
    """
    discoveries: Sequence[Discovery] = ()
    dropped: Sequence[Dropped] = ()
    if only != "introspect":
        from catalogue.intake.discovery import discover_into
        from crawler.run import discover

        discoveries, dropped = discover_into(
            engine, discover, requests, limit=limit, allow_private=allow_private, report=report
        )
    outcomes: Mapping[str, int] = {}
    tools = 0
    failures: tuple[Failure, ...] = ()
    if only != "discover":
        from catalogue.intake.introspection import introspect_due
        from crawler.introspector import introspect

        outcomes, tools, failures = introspect_due(
            engine, introspect, limit=limit, allow_private=allow_private, concurrency=concurrency, report=report
        )
    return CrawlSummary(tuple(discoveries), tuple(dropped), outcomes, tools, failures)
