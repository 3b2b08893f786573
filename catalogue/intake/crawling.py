"""One crawl: reads the sources, then asks what is due. Knows neither how sources are read nor how targets are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Engine

from catalogue.database import reading
from catalogue.intake.summary import CrawlSummary, Failure, Planned
from catalogue.repository import Work
from catalogue.repository.statements import batches
from catalogue.values import Report
from crawler.opt_out import read_opt_out
from crawler.records import Level

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
    opt_out: Path | None = None,
    level: Level = Level.BUBBLEWRAP,
    everyone: bool = False,
    concurrency: int,
    report: Report,
) -> CrawlSummary:
    """Read the sources of `requests` and introspect every target that is due, or `only` one of the two.

    `everyone` introspects those that are not due yet, too.

    `limit` bounds the listings taken from each source and the introspections made; `opt_out` is a list of the
    operator's own of whom not to ask, beside that of `crawler.opt_out`. A crawl that is killed is resumed by the next
    one. Raises `SourceError` for a source that nobody knows, `OptOutError` for a list that cannot be read.
    """
    left_alone = read_opt_out(opt_out)
    discoveries: Sequence[Discovery] = ()
    dropped: Sequence[Dropped] = ()
    if only != "introspect":
        from catalogue.intake.discovery import discover_into
        from crawler.run import discover

        discoveries, dropped = discover_into(
            engine, discover, requests, limit=limit, allow_private=allow_private, report=report
        )
    outcomes: Mapping[str, int] = {}
    tools = postponed = 0
    failures: tuple[Failure, ...] = ()
    if only != "discover":
        from catalogue.intake.introspection import introspect_due
        from crawler.introspector import introspect

        outcomes, tools, failures, postponed = introspect_due(
            engine,
            partial(introspect, level=level),
            limit=limit,
            allow_private=allow_private,
            opt_out=left_alone,
            concurrency=concurrency,
            report=report,
            everyone=everyone,
        )
    return CrawlSummary(tuple(discoveries), tuple(dropped), outcomes, tools, failures, postponed)


def plan(
    engine: Engine, *, limit: int | None, opt_out: Path | None = None, everyone: bool = False
) -> Iterator[Planned]:
    """Yield the targets that `crawl` would ask now, in its order. Raises `OptOutError`."""
    left_alone, now = read_opt_out(opt_out), datetime.now(UTC)
    with reading(engine) as session:  # which leaves nothing of what is written in it
        work = Work(session)
        if everyone:
            work.make_all_due(now)
        due = work.due(now)[:limit]
        for batch in batches([target.id for target in due]):
            targets = work.targets(batch)
            for server, target in map(targets.__getitem__, batch):
                if not left_alone.covers(target):
                    yield Planned(server, str(target))
