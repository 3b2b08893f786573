"""`catalogue mcp`: the catalogue as an MCP server, for agents."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from catalogue.cli.options import DEFAULT_DATABASE, Database
from catalogue.cli.terminal import say
from catalogue.errors import CatalogueError

Http: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--http",
        metavar="[HOST:]PORT",
        help="Serve streamable HTTP there instead of stdio; a port alone is one of 127.0.0.1, and 0 takes a free one.",
    ),
]

Audited: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--audit", metavar="PATH", help="Let agents audit this repository or configuration; may be repeated."),
]


def mcp(http: Http = None, audit: Audited = None, database: Database = DEFAULT_DATABASE) -> None:
    """Serve the catalogue to agents as an MCP server, over stdio or streamable HTTP.

    Its tools only read: search tools, look up a server, a tool's verdict, a recommended policy (also in the words of a
    client or gateway), a server's flow, what changed, audit a configuration. Everybody who reaches the address may ask.
    No file is read but those that --audit names.
    """
    if find_spec("mcp") is None:
        raise CatalogueError("this needs the Python package mcp, which is missing", "install mcp-risk-catalogue[mcp]")
    from catalogue.agents.holdings import Holdings
    from catalogue.agents.server import make_server
    from catalogue.agents.serving import read_address, serve_http, serve_stdio
    from catalogue.database import open_database

    address = read_address(http) if http is not None else None
    for path in audit or ():
        if not path.exists():
            raise CatalogueError(f"{path} is not there", "give a folder, or a client's configuration")
    server = make_server(Holdings(open_database(database, migrate=False), audit or ()))
    if address is None:
        serve_stdio(server)
    else:
        serve_http(server, address, lambda url: say(f"serving agents at {url} (Ctrl-C ends it)"))
