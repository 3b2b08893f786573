"""`catalogue export`: write the open data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Database, Format
from catalogue.cli.progress import progress
from catalogue.cli.summary import show_summary


def export(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for servers.jsonl and tools.jsonl.")],
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Write the open data: servers.jsonl and tools.jsonl."""
    from catalogue import export as service
    from catalogue.database import open_database
    from classifier.ruleset import load

    with progress() as report:
        summary = service.export(open_database(database, make=False), load(), out, report)
    show_summary("export", summary, as_format)
