"""`catalogue audit`: what the MCP servers in the configurations of one's clients can do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AllowPrivate, Code, Database
from catalogue.cli.terminal import json_text, say, visible, write
from catalogue.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalogue.audit.auditing import Ask, Wanted
    from catalogue.audit.report import AuditedServer, AuditReport
    from catalogue.audit.shelves import Shelf
    from classifier.ruleset import RuleSet


class ReportFormat(StrEnum):
    """The forms of a report."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    MARKDOWN = "markdown"


Paths: TypeAlias = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH", help="Repositories or configurations; without any, this machine's and this folder's."
    ),
]
AuditSite: TypeAlias = Annotated[
    str | None, typer.Option(metavar="URL", help="Look servers up on this published site instead of the database.")
]
Introspect: TypeAlias = Annotated[
    bool, typer.Option("--introspect", help="Have the servers list their tools: says first whom it asks and starts.")
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", help="Do so without asking you first.")]
FailOn: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORD", help="Exit with 5 for a severity and above, a category, a signal, or a kind of remark."
    ),
]
BaselineFile: TypeAlias = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="What is accepted, why and until when (TOML).")
]
SinceFile: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Say what changed since this report, which --format json wrote.")
]
As: TypeAlias = Annotated[ReportFormat, typer.Option("--format", help="The form of the report.")]
Output: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the report to this file instead of stdout.")
]


def audit(
    paths: Paths = None,
    site: AuditSite = None,
    introspect: Introspect = False,
    yes: Yes = False,
    allow_private: AllowPrivate = False,
    fail_on: FailOn = None,
    baseline: BaselineFile = None,
    since: SinceFile = None,
    as_format: As = ReportFormat.TABLE,
    output: Output = None,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Say what the agents of this machine, or of a repository, can call.

    Reads the configurations of MCP clients, looks each server up, and tells its tools by category, flows across the
    servers of a client, hints that contradict, secrets that stand in a configuration, and packages without a version.
    Nothing leaves this machine unless you say --site or --introspect.
    """
    from catalogue.audit import auditing
    from classifier.rule_files import packaged_digest

    wanted = _wanted(fail_on or [], baseline, since)
    places = auditing.find(paths or [], Path.home())
    ask = _asker(yes=yes, allow_private=allow_private) if introspect else list
    read = auditing.read(places, Path.home())
    report = auditing.audit(read, _shelf(site, database), ask, wanted, packaged_digest())
    _write(report, as_format, output)
    raise typer.Exit(_code(report, gate=bool(fail_on)))


def _wanted(words: Sequence[str], baseline: Path | None, since: Path | None) -> Wanted:
    from catalogue.audit import auditing
    from catalogue.audit.baseline import Baseline, read_baseline
    from catalogue.audit.changes import read_earlier
    from catalogue.audit.report import Kind
    from classifier.verdict import SIGNALS, Category, Severity

    known = (*Severity, *Category, *SIGNALS, *Kind)
    for word in words:
        if word not in known:
            expected = "a severity, a category, a signal, or a kind of remark: " + ", ".join(Kind)
            raise typer.BadParameter(f"{word!r} is none of what it takes, {expected}", param_hint="--fail-on")
    if "change" in words and since is None:
        raise typer.BadParameter("change needs --since FILE to compare with", param_hint="--fail-on")
    accepted = read_baseline(baseline) if baseline else Baseline()
    return auditing.Wanted(frozenset(words), accepted, read_earlier(since) if since else None)


def _shelf(site: str | None, database: str) -> Shelf | None:
    from catalogue.audit.shelves import DatabaseShelf, SiteShelf
    from catalogue.database import open_database
    from classifier.rule_files import packaged_digest

    if site is not None:
        from catalogue.cli.published import fetcher

        return SiteShelf(fetcher(site))
    if database == DEFAULT_DATABASE and not Path(database.removeprefix("sqlite:///")).exists():
        say("note: there is no catalogue here to look servers up in; give --database or --site")
        return None
    return DatabaseShelf(open_database(database, make=False), packaged_digest(), _rules)


def _rules() -> RuleSet:
    from classifier.ruleset import load

    return load()


def _asker(*, yes: bool, allow_private: bool) -> Ask:
    from catalogue.audit import asking
    from catalogue.cli.machine import prepared
    from catalogue.cli.progress import progress
    from classifier.ruleset import load
    from crawler.records import Level

    def ask(servers: Sequence[AuditedServer]) -> Sequence[AuditedServer]:
        plan = list(asking.targets(servers).values())
        for what in plan:
            say(f"will {what}")
        level = prepared() if plan else Level.BUBBLEWRAP
        if not plan or not (yes or _agreed(len(plan))):
            return servers
        with progress() as told:
            return asking.ask(servers, load(), told, allow_private=allow_private, level=level)

    return ask


def _agreed(count: int) -> bool:
    try:
        return typer.confirm(f"Do that, {count:,} in all?", err=True)
    except typer.Abort as error:
        raise CatalogueError("nobody said whether that is to be done, so it was not", "--yes says so") from error


def _write(report: AuditReport, as_format: ReportFormat, output: Path | None) -> None:
    if as_format is ReportFormat.TABLE:
        from catalogue.cli.audit_table import lines

        write(lines(report), output)
    elif as_format is ReportFormat.JSON:
        from catalogue.audit.formats.document import to_json

        write([json_text(to_json(report))], output)
    elif as_format is ReportFormat.SARIF:
        from catalogue.audit.formats.sarif import to_sarif

        write([json_text(to_sarif(report))], output)
    else:
        from catalogue.audit.formats.annotations import to_annotations
        from catalogue.audit.formats.markdown import to_markdown

        make = to_annotations if as_format is ReportFormat.GITHUB else to_markdown
        write(map(visible, make(report)), output)
    for note in report.notes:
        say(f"note: {note}")


def _code(report: AuditReport, *, gate: bool) -> Code:
    """A gate (`--fail-on`) is open or shut, and what cannot be read shuts it where that was named."""
    if gate:
        return Code.NOT_ALLOWED if report.failed else Code.DONE
    if report.faults or any(server.configured.fault or server.note for server in report.servers):
        return Code.PARTLY_FAILED
    return Code.DONE if report.servers else Code.NOTHING_TO_DO
