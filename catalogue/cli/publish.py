"""`catalogue publish`: build the static site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Database, Format
from catalogue.cli.progress import progress
from catalogue.cli.summary import show_summary


def publish(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to build in: new, empty, or a site of ours.")],
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The site's public address, for its sitemap and canonical links.")
    ] = None,
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Build the static site from the database.

    Everything is built and checked before it takes the place of the site that is there; a build that fails changes
    nothing.
    """
    from catalogue.database import open_database
    from catalogue.site.build import publish as build
    from classifier.ruleset import load

    with progress() as report:
        summary = build(open_database(database), load(), out, base_url=base_url, report=report)
    show_summary("publish", summary, as_format)
