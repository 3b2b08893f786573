"""`catalogue import`: keep the tools of a saved listing, as declared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Code, Database, Format
from catalogue.cli.progress import progress
from catalogue.cli.summary import say_each, show_summary

if TYPE_CHECKING:
    from catalogue.intake import ImportSummary


def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON Lines with a `server` key, such as export writes; may be .gz.")
    ],
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Keep the tools of a saved listing.

    They are kept as declared: a file says that they exist, no server has confirmed it here.
    """
    from catalogue import intake
    from catalogue.database import open_database

    with progress() as report:
        summary = intake.import_file(open_database(database), file, report)
    show_summary("import", summary, as_format)
    bad = summary.bad_lines
    say_each((f"{file}:{line.line}: {line.reason}" for line in bad), len(bad), "--format json has them all")
    raise typer.Exit(_code(summary))


def _code(summary: ImportSummary) -> Code:
    if summary.tools:
        return Code.PARTLY_FAILED if summary.bad_lines else Code.DONE
    return Code.FAILED if summary.bad_lines else Code.NOTHING_TO_DO
