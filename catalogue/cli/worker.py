"""`catalogue worker`: one of many machines that do what `catalogue crawl --enqueue` put into the queue."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypeAlias

import typer

from catalogue.cli.options import (
    DEFAULT_DATABASE,
    AllowPrivate,
    AsFormat,
    Code,
    Database,
    Format,
    OptOut,
    Sandbox,
)
from catalogue.queue import Queue

Queues: TypeAlias = Annotated[
    list[Queue] | None,
    typer.Option(
        "--queue",
        metavar="<remote|package|image|classify>",
        help="Do the jobs of this queue; may be repeated. Without it, of all.",
    ),
]
UntilEmpty: TypeAlias = Annotated[
    bool, typer.Option("--until-empty", help="End when no job is left, with other workers neither.")
]
Places: TypeAlias = Annotated[
    int,
    typer.Option(
        "--concurrency",
        min=1,
        metavar="N",
        help="How many jobs to do at a time; a server that hangs holds its place for half a minute.",
    ),
]
Silence: TypeAlias = Annotated[
    float,
    typer.Option(
        "--dead-after",
        min=5,
        metavar="SECONDS",
        help="Take back the jobs of workers that give no sign of life so long.",
    ),
]


def worker(
    queues: Queues = None,
    until_empty: UntilEmpty = False,
    allow_private: AllowPrivate = False,
    opt_out: OptOut = None,
    concurrency: Places = 8,
    dead_after: Silence = 30,
    sandbox: Sandbox = "auto",
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Do the work that `crawl --enqueue` put into the queue, beside any number of others.

    Ends on SIGINT or SIGTERM: sessions get ten seconds to end, then their jobs go back into the queue.
    """
    from catalogue.cli.machine import prepared
    from catalogue.cli.progress import progress
    from catalogue.cli.summary import show_summary
    from catalogue.database import open_database
    from catalogue.queue.place import expect_usable
    from crawler.introspector import introspect
    from crawler.opt_out import read_opt_out
    from crawler.records import Level

    engine = open_database(database)
    expect_usable(engine)
    from catalogue.queue.worker import work

    chosen = list(dict.fromkeys(queues or Queue))
    level = prepared(sandbox) if {Queue.PACKAGE, Queue.IMAGE} & set(chosen) else Level.BUBBLEWRAP
    with progress() as report:
        done = work(
            engine,
            partial(introspect, level=level),
            queues=chosen,
            allow_private=allow_private,
            opt_out=read_opt_out(opt_out),
            concurrency=concurrency,
            until_empty=until_empty,
            silence=dead_after,
            report=report,
        )
    show_summary("worker", done, as_format)
    raise typer.Exit(Code.DONE if done.outcomes or done.judged else Code.NOTHING_TO_DO)
