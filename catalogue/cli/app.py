"""The command tree: which module answers to which name. Imports nothing heavy, so that help is instant."""

from __future__ import annotations

from typing import Annotated

import typer

from catalogue.cli import (
    audit,
    changes,
    claims,
    classify,
    crawl,
    database,
    explain,
    export,
    flows,
    imports,
    mcp,
    policy,
    publish,
    rules,
    serve,
    status,
    worker,
)
from catalogue.cli.terminal import write

app = typer.Typer(
    name="catalogue",
    help="An open, reproducible catalogue of what the tools of MCP servers can do, and the policies to put in front of "
    "them.",
    add_completion=False,
    rich_markup_mode=None,  # plain help: the same text in a terminal, in a log and in the README
    pretty_exceptions_enable=False,  # errors end in catalogue.cli.run
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        write([f"catalogue {version('mcp-risk-catalogue')}"])
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options that stand before a command."""


app.command("crawl")(crawl.crawl)
app.command("worker")(worker.worker)
app.command("import")(imports.import_)
app.command("classify")(classify.classify)
app.command("explain")(explain.explain)
app.command("flows")(flows.flows)
app.command("claims")(claims.claims)
app.command("changes")(changes.changes)
app.command("audit")(audit.audit)
app.add_typer(policy.app, name="policy")
app.command("publish")(publish.publish)
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.command("mcp")(mcp.mcp)
app.command("status")(status.status)
app.add_typer(rules.app, name="rules")
app.add_typer(database.app, name="db")
