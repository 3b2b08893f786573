"""`catalogue claims`: the servers' hints beside what the words of their tools say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Code, Database, Format
from catalogue.cli.terminal import json_text, say, show_table, write

if TYPE_CHECKING:
    from catalogue.claims import Claims


def claims(database: Database = DEFAULT_DATABASE, as_format: AsFormat = Format.TABLE) -> None:
    """List the tools whose hints are milder than their own words.

    Counts first how the hints compare. Absent is no claim, and open are the hints that nothing in a verdict tells.
    """
    from catalogue.claims import claims_of, to_json
    from catalogue.cli.lookup import read_tools
    from classifier.ruleset import load

    found = claims_of(read_tools(database, load()))
    if not found.tools:
        say("the catalogue has no tools")
        raise typer.Exit(Code.NOTHING_TO_DO)
    if as_format is Format.JSON:
        write([json_text(to_json(found))])
    else:
        _show(found)


def _show(found: Claims) -> None:
    from classifier.claims import Standing

    counts = [(hint, *(standings[one] for one in Standing)) for hint, standings in found.standings().items()]
    show_table(("hint", *(one.value for one in Standing)), counts, found.heading())
    rows = [
        (one.server, one.tool, f"{one.hint}: {str(one.claimed).lower()}", one.category.value, one.quotes())
        for one in found.milder
    ]
    show_table(("server", "tool", "claimed", "found", "words"), rows, "Milder than the tool's own words")
