"""`catalogue publish`: build the static site, and send it to where it is hosted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalogue.cli.options import DEFAULT_DATABASE, Database, Format
from catalogue.cli.progress import progress
from catalogue.cli.summary import show_summary
from catalogue.cli.terminal import json_text, say, show_table, write
from catalogue.site.addresses import SiteFormat

if TYPE_CHECKING:
    from catalogue.site.files.destination import SendSummary
    from catalogue.values import Report


def publish(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to build in: new, empty, or a site of ours.")],
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The site's public address, for its sitemap and canonical links.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|s3://BUCKET/PREFIX",
            help="Send what differs there, by the keys of the environment (AWS_...).",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Build, say what would be sent and deleted at --to, and do neither.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every file that is there, and make anew what someone wrote over.")
    ] = False,
    layout: Annotated[
        SiteFormat, typer.Option("--format", help="A page for each tool, or few files for hosts that limit them.")
    ] = SiteFormat.HTML,
    database: Database = DEFAULT_DATABASE,
    summary: Annotated[Format, typer.Option(help="How to print on stdout what was done.")] = Format.TABLE,
) -> None:
    """Build the static site from the database.

    Everything is built and checked before it takes the place of the site that is there; a build that fails changes
    nothing. At a destination only files of an earlier sending of ours are replaced or deleted.
    """
    from catalogue.database import open_database
    from catalogue.site.building.build import publish as build
    from catalogue.site.files.destination import expect_address
    from classifier.ruleset import load

    if dry_run and to is None:
        raise typer.BadParameter("--dry-run is about what would be sent: give --to, too")
    if to is not None:
        expect_address(to)
    with progress() as report:
        engine, rules = open_database(database, make=False), load()
        built = build(engine, rules, out, base_url=base_url, verify=verify, layout=layout, report=report)
        sent = _send(out, to, report) if to and not dry_run else None
    if to and dry_run:
        _show_differences(out, to, summary)
    else:
        show_summary("publish", replace(built, sent=sent), summary)


def _send(out: Path, to: str, report: Report) -> SendSummary:
    from catalogue.site.files.destination import open_destination

    with open_destination(to) as destination:
        return destination.send(out, report)


def _show_differences(out: Path, to: str, summary: Format) -> None:
    from catalogue.site.files.destination import open_destination

    with open_destination(to) as destination:
        found = list(destination.differences(out))
    if summary is Format.JSON:
        write([json_text([one._asdict() for one in found])])
    elif found:
        show_table(("difference", "file", "bytes"), found)
    else:
        say(f"nothing differs at {to}")
