"""`catalogue db`: the database's schema."""

from __future__ import annotations

import typer

from catalogue.cli.options import DEFAULT_DATABASE, Database
from catalogue.cli.terminal import visible, write

app = typer.Typer(help="Look after the database's schema.")


@app.command()
def upgrade(database: Database = DEFAULT_DATABASE) -> None:
    """Bring the schema up to this version's.

    Every command that opens the database does so too; this one does nothing else.
    """
    from catalogue import database as service

    before, after = service.upgrade(database)
    write([visible(f"already at revision {after}" if before == after else f"{before or 'nothing'} -> {after}")])


@app.command()
def check(database: Database = DEFAULT_DATABASE) -> None:
    """Compare the schema with what this version declares."""
    from catalogue import database as service

    service.check(database)
    write(["the schema is as declared"])
