"""`catalogue policy`: the recommended policy of a server or of one tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from catalogue.cli.options import DEFAULT_DATABASE, Database
from catalogue.cli.terminal import json_text, write

if TYPE_CHECKING:
    from catalogue.policies.document import Policy


Posture: TypeAlias = Literal["recommended", "strict", "permissive"]


def policy(
    server: Annotated[str, typer.Argument(metavar="SERVER", help="The server's name in the catalogue.")],
    tool: Annotated[
        str | None, typer.Argument(metavar="TOOL", help="One of its tools; without it, the whole server's policy.")
    ] = None,
    posture: Annotated[Posture, typer.Option(help="How much to let through.")] = "recommended",
    site: Annotated[
        str | None, typer.Option(metavar="URL", help="Take it from this published site instead of the database.")
    ] = None,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Print the recommended policy as JSON.

    A tool's policy rules that tool and leaves the rest of its server alone; a server's names every tool and denies what
    it does not name.
    """
    from catalogue.policies.document import to_json

    if site is not None:
        from catalogue.cli.published import fetch_policy

        if posture != "recommended":
            raise typer.BadParameter("a site publishes only the recommended posture", param_hint="--posture")
        found = fetch_policy(site, server, tool)
    else:
        found = _recommend(database, server, tool, posture)
    write([json_text(to_json(found))])


def _recommend(database: str, server: str, tool: str | None, posture: Posture) -> Policy:
    from catalogue.cli.lookup import find_tools
    from catalogue.policies.recommend import server_policy, tool_policy
    from classifier.ruleset import load

    rows = find_tools(database, load(), server, tool)
    judged = [(row.name, row.definition, row.verdict) for row in rows if row.verdict]
    if tool is None:
        return server_policy(judged, posture)
    one, *twins = judged
    return tool_policy(*one, [(definition, verdict) for _, definition, verdict in twins], posture)
