"""`catalogue classify`: judge what is new in the database, or the tools of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Code, Database, Format, Rules
from catalogue.cli.terminal import json_text, write

if TYPE_CHECKING:
    from classifier.ruleset import RuleSet


def classify(
    tools: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Judge the tools of this file and use no database: JSON Lines with one tool a line (and an optional "
            "`server` key), a JSON array of tools, or a tools/list result or response.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --tools: write the JSON Lines here, not to stdout.")
    ] = None,
    rules: Rules = None,
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Judge tools by the rules.

    Without --tools: every definition in the database that these rules have not judged yet. With --tools: every tool of
    the file, in its order, as JSON Lines; a line that is no tool yields a line with `error` and exit code 4.
    """
    from classifier.ruleset import load

    if output is not None and tools is None:
        raise typer.BadParameter("--output goes with --tools")
    ruleset = load(rules)
    raise typer.Exit(_classify_file(tools, output, ruleset) if tools else _classify_new(database, ruleset, as_format))


def _classify_file(tools: Path, output: Path | None, ruleset: RuleSet) -> Code:
    from catalogue.classification import classify_file

    tally = _Tally()
    write((json_text(line, indent=None) for line in tally.count(classify_file(tools, ruleset))), output)
    return tally.code()


class _Tally:
    """Counts lines as they pass, so that none needs to be kept."""

    def __init__(self) -> None:
        self._lines = 0
        self._bad = 0

    def count(self, lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for line in lines:
            self._lines += 1
            self._bad += "error" in line
            yield line

    def code(self) -> Code:
        if not self._lines:
            return Code.NOTHING_TO_DO
        return Code.PARTLY_FAILED if self._bad else Code.DONE


def _classify_new(database: str, ruleset: RuleSet, as_format: Format) -> Code:
    from catalogue.classification import classify_new
    from catalogue.cli.progress import progress
    from catalogue.cli.summary import show_summary
    from catalogue.database import open_database

    with progress() as report:
        summary = classify_new(open_database(database, make=False), ruleset, report)
    show_summary("classify", summary, as_format)
    return Code.DONE if summary.judged else Code.NOTHING_TO_DO
