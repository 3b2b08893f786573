"""`catalogue changes`: what became of tools, graded by effect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Code, Database, Format
from catalogue.cli.summary import to_json
from catalogue.cli.terminal import json_text, say, show_table, write
from catalogue.drift import Grade

if TYPE_CHECKING:
    from catalogue.drift import Drift

Since: TypeAlias = Annotated[
    datetime | None,
    typer.Option(metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Only what changed since then (UTC)."),
]
Least: TypeAlias = Annotated[
    Grade, typer.Option("--grade", help="Leave out what matters less: form, text, interface, effect.")
]


def changes(
    server: Annotated[str | None, typer.Argument(metavar="SERVER", help="Only the tools of this server.")] = None,
    since: Since = None,
    least: Least = Grade.TEXT,
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Say which tools appeared, changed or went since their server was first listed.

    Each change is graded by its effect, so that a comma is not an alarm and Read becoming Execute is. Both sides are
    judged by today's rules. A server that every source has deleted is told, too.
    """
    from catalogue.database import open_database, reading
    from catalogue.history import drifts
    from catalogue.lookup import server_named
    from catalogue.repository import Repository
    from classifier import ruleset

    moment = since.replace(tzinfo=UTC) if since else None
    named = None if server is None else [server]
    with reading(open_database(database, make=False)) as session:
        if server is not None:
            server_named(Repository(session), server)
        found = list(drifts(session, ruleset.load(), servers=named, since=moment, least=least))
    if as_format is Format.JSON:
        write([json_text(to_json(found))])
    elif found:
        show_table(("when", "grade", "server", "tool", "what"), [_row(one) for one in found])
    else:
        say("nothing changed, as far as was asked")
    raise typer.Exit(Code.DONE if found else Code.NOTHING_TO_DO)


def _row(drift: Drift) -> tuple[str, ...]:
    when = drift.at.strftime("%Y-%m-%d %H:%M")
    return when, drift.grade.value, drift.server, drift.tool or "", "; ".join(drift.what)
