"""`catalogue crawl`: read sources, and list the tools of what they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from catalogue.cli.machine import prepared
from catalogue.cli.options import (
    DEFAULT_DATABASE,
    AllowPrivate,
    AsFormat,
    Code,
    Concurrency,
    Database,
    Format,
    OptOut,
    Sandbox,
)
from catalogue.cli.progress import progress
from catalogue.cli.summary import say_each, show_summary, to_json
from catalogue.cli.terminal import json_text, say, show_table, write
from crawler.records import Level

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from catalogue.intake import CrawlSummary, Planned
    from crawler.run import Source, SourceRequest

_DEFAULT_SOURCE = "official"
_HARMLESS = "superseded"  # another version of the server was taken
_EVERY = "all"
_NOBODY_DUE = "no target is due as of now; `catalogue status` says how many are due when"

Sources: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="NAME[=ADDRESS]",
        help="A source, such as docker, registry=URL or file=FILE, or all that need nothing more; may be repeated.",
    ),
]
Without: TypeAlias = Annotated[
    list[str] | None, typer.Option("--without", metavar="NAME", help="Leave this source out; may be repeated.")
]
ShowSources: TypeAlias = Annotated[
    bool, typer.Option("--sources", help="List the sources with their licence and what they lack, and read none.")
]
Only: TypeAlias = Annotated[
    Literal["discover", "introspect"] | None,
    typer.Option(help="Do one half: read sources, or list tools of what is due."),
]
Limit: TypeAlias = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Stop after this many records of a source and this many targets.")
]
Everyone: TypeAlias = Annotated[
    bool,
    typer.Option("--all", help="Ask those too that are not due yet, but for who asked to be left alone till then."),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Say which sources would be read and which targets asked, and ask nobody.")
]
Enqueue: TypeAlias = Annotated[
    bool,
    typer.Option("--enqueue", help="Leave the targets to `catalogue worker` on other machines (PostgreSQL only)."),
]


def crawl(
    sources: Sources = None,
    without: Without = None,
    show_sources: ShowSources = False,
    only: Only = None,
    limit: Limit = None,
    everyone: Everyone = False,
    allow_private: AllowPrivate = False,
    opt_out: OptOut = None,
    dry_run: DryRun = False,
    enqueue: Enqueue = False,
    sandbox: Sandbox = "auto",
    concurrency: Concurrency = 8,
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Find servers and list their tools.

    Reads the sources (default: the official registry), then asks every target that is due for its tools. A crawl that
    was stopped goes on where it was.
    """
    from catalogue import intake
    from catalogue.database import open_database

    if show_sources:
        raise typer.Exit(_show_sources(as_format))
    requests = [] if only == "introspect" else _requests(sources or [_DEFAULT_SOURCE], without or ())
    if dry_run:
        due = partial(intake.plan, limit=limit, opt_out=opt_out, everyone=everyone)
        planned = [] if only == "discover" else list(due(open_database(database)))
        raise typer.Exit(_show_plan(requests, planned, as_format))
    engine = open_database(database)
    if enqueue:
        _expect_queue(engine, only, opt_out, sandbox)
        only = "discover"  # the targets are left to workers
    level = Level.BUBBLEWRAP if only == "discover" else _prepared_to_ask(engine, sandbox)
    with progress() as report:
        summary = intake.crawl(
            engine,
            requests,
            only=only,
            level=level,
            limit=limit,
            everyone=everyone,
            allow_private=allow_private,
            opt_out=opt_out,
            concurrency=concurrency,
            report=report,
        )
    if enqueue:
        summary = replace(summary, enqueued=_enqueue(engine, limit, allow_private=allow_private, everyone=everyone))
    _show(summary, as_format)
    raise typer.Exit(_code(summary))


def _prepared_to_ask(engine: Engine, sandbox: str) -> Level:
    """Return the level at which packages run, when all is said that is to be said beforehand."""
    from catalogue.queue.place import expect_idle

    expect_idle(engine)
    return prepared(sandbox)


def _expect_queue(engine: Engine, only: str | None, opt_out: Path | None, sandbox: str) -> None:
    from catalogue.queue.place import expect_usable

    if only == "discover":
        raise typer.BadParameter("--enqueue goes with --only introspect, or without --only")
    if opt_out is not None:
        raise typer.BadParameter("--opt-out goes with those who ask: give it to `catalogue worker`")
    if sandbox != "auto":
        raise typer.BadParameter("--sandbox goes with those who run packages: give it to `catalogue worker`")
    expect_usable(engine)


def _enqueue(engine: Engine, limit: int | None, *, allow_private: bool, everyone: bool) -> Mapping[str, int]:
    from catalogue.queue.jobs import enqueue
    from classifier.ruleset import load

    digest = load().digest
    return enqueue(engine, limit=limit, allow_private=allow_private, ruleset=digest, everyone=everyone)


def _requests(chosen: Sequence[str], without: Collection[str]) -> list[SourceRequest]:
    """The sources that were chosen, each once at each address, without those that were not."""
    from crawler.run import SourceRequest, expect_known
    from crawler.run import sources as all_sources

    known = all_sources()
    for name in without:
        if name not in known:
            raise typer.BadParameter(
                f"{name} is no source, expected one of: {', '.join(known)}", param_hint="--without"
            )
    ready = [name for name, source in known.items() if not source.lacks]
    named = [name for each in chosen for name in (ready if each == _EVERY else [each])]
    split = dict.fromkeys(each.partition("=")[::2] for each in named)
    for name, _ in split:
        expect_known(name)  # before anything is said of this machine
    return [SourceRequest(name, address or None) for name, address in split if name not in without]


def _show_sources(as_format: Format) -> Code:
    from crawler.run import sources

    known = list(sources().values())
    if as_format is Format.JSON:
        write([json_text(to_json(known))])
    else:
        rows = [(one.name, one.about, one.address, one.licence, one.lacks) for one in known]
        show_table(("source", "what it is", "address", "licence and terms", "lacks"), rows)
    return Code.DONE


def _show_plan(requests: Sequence[SourceRequest], planned: Sequence[Planned], as_format: Format) -> Code:
    """Print what a crawl would begin with; what the sources would add to it is not known before they are read."""
    from crawler.run import sources

    known = sources()
    would_read = [f"{one.source}: {one.address or _where(known.get(one.source))}" for one in requests]
    if as_format is Format.JSON:
        write([json_text({"sources": would_read, "targets": to_json(planned)})])
        return Code.DONE
    if would_read:
        show_table(("would read",), [(source,) for source in would_read])
    if planned:
        show_table(("server", "would ask"), [(one.server, one.target) for one in planned])
    else:
        say(_NOBODY_DUE)
    return Code.DONE if would_read or planned else Code.NOTHING_TO_DO


def _where(source: Source | None) -> str:
    if source is None:
        return "no such source"
    return ", ".join(filter(None, (source.about, source.address, source.lacks and f"lacks {source.lacks}")))


def _show(summary: CrawlSummary, as_format: Format) -> None:
    if as_format is Format.TABLE and summary.discoveries:
        read = [(one.label, one.listings, one.candidates, sum(one.dropped.values())) for one in summary.discoveries]
        show_table(("source", "listings", "candidates", "dropped"), read)
    show_summary("crawl", summary, as_format)
    if not summary.discoveries and not summary.outcomes and not summary.enqueued:
        say(_NOBODY_DUE)
    for source in summary.discoveries:
        if source.error:
            say(f"error: source {source.source}: {source.error}")
    dropped = (f"dropped: {one.source}: {one.source_id}: {one.reason}: {one.detail}" for one in summary.dropped)
    say_each(dropped, sum(sum(source.dropped.values()) for source in summary.discoveries), "--format json has them")
    failed = (f"not introspected: {one.server}: {one.target}: {one.reason}: {one.detail}" for one in summary.failures)
    say_each(failed, len(summary.failures), "catalogue status --failed")


def _code(summary: CrawlSummary) -> Code:
    found = sum(source.listings + source.candidates for source in summary.discoveries)
    errors = any(source.error for source in summary.discoveries)
    if not found and not summary.outcomes and not summary.enqueued:
        return Code.FAILED if errors else Code.NOTHING_TO_DO
    unusable = any(reason != _HARMLESS for source in summary.discoveries for reason in source.dropped)
    return Code.PARTLY_FAILED if errors or unusable or summary.failures else Code.DONE
