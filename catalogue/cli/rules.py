"""`catalogue rules`: check the rules, show them, begin a new one."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from catalogue.cli.options import AsFormat, Format, Rules
from catalogue.cli.terminal import json_text, show_table, visible_lines, write
from catalogue.errors import CatalogueError
from catalogue.lookup import unknown

app = typer.Typer(help="Check the rules, show them, begin one.")


@app.command()
def check(rules: Rules = None) -> None:
    """Check every rule and run its examples.

    All problems are reported at once, each with file, line and key.
    """
    from classifier.lint import check as check_rules

    found = check_rules(rules)
    stable = sum(rule.status == "stable" for rule in found.rules)
    write([f"{len(found.rules)} rules ({stable} stable), no problem; ruleset {found.digest}"])


@app.command("show")
def show_rules(
    rule: Annotated[
        str | None, typer.Argument(metavar="RULE", help="A rule's id; without it, all rules are listed.")
    ] = None,
    rules: Rules = None,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """List the rules, or print one rule's file."""
    from classifier.ruleset import load

    found = load(rules)
    one = found.by_id(rule) if rule else None
    if rule and one is None:
        raise unknown("rule", rule, get_close_matches(rule, [each.id for each in found.rules]))
    if one and as_format is Format.TABLE:
        write([visible_lines(one.source.rstrip("\n"))])
        return
    keys = ("id", "asserts", "signals", "strength", "status", "title")
    listed = [{key: getattr(each, key) for key in keys} for each in ([one] if one else found.rules)]
    if as_format is Format.JSON:
        write([json_text(listed)])
    else:
        show_table(keys, [[value or "" for value in each.values()] for each in listed])


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="ID", help="The rule's id: lower case words joined by hyphens.")],
    asserts: Annotated[str | None, typer.Option(metavar="CATEGORY", help="The category that it asserts.")] = None,
    signals: Annotated[str | None, typer.Option(metavar="SIGNAL", help="The signal that it raises instead.")] = None,
    rules: Annotated[Path, typer.Option("--rules", metavar="DIR", help="The folder of rules.")] = Path(
        "classifier/rules"
    ),
) -> None:
    """Write a new rule file to fill in; it never replaces one."""
    from catalogue.cli.rule_template import template

    if (asserts is None) == (signals is None):
        raise typer.BadParameter("give either --asserts or --signals")
    text = template(name, asserts, signals)
    file = rules / (asserts or "signals") / f"{name}.yaml"
    if not rules.is_dir():
        raise CatalogueError(f"{rules} is not a folder of rules", "give it with --rules DIR")
    _create(file, text)
    write([str(file)])


@app.command()
def score(
    gold: Annotated[list[Path], typer.Option(metavar="LABELS", help="Labels as JSON Lines; may be repeated.")],
    tools: Annotated[
        list[Path], typer.Option(metavar="FILE", help="The labelled tools, with their servers; may be repeated.")
    ],
    rules: Rules = None,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Measure the rules on tools that were labelled by hand.

    Prints the confusion matrix, and precision and recall for each category, signal and rule, each with its n and its
    95 % interval.
    """
    from catalogue.cli.scores import show_score
    from catalogue.scoring import score_files
    from classifier.ruleset import load
    from classifier.score import to_json

    measured = score_files(load(rules), gold, tools)
    if as_format is Format.JSON:
        write([json_text(to_json(measured))])
    else:
        show_score(measured)


def _create(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise CatalogueError(f"{file} exists already", "choose another id, or edit that file") from error
    except OSError as error:
        raise CatalogueError(f"cannot write {file}: {error.strerror}") from error
