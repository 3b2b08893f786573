"""`catalogue policy`: recommend a policy, export, check or try it, compare two. A server's name alone recommends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer
from typer.core import TyperGroup

from catalogue.cli import policy_export, policy_files
from catalogue.cli.options import DEFAULT_DATABASE, Database

if TYPE_CHECKING:
    from catalogue.policies.document import Policy
    from catalogue.policies.placeholders import Filling

Posture: TypeAlias = Literal["recommended", "strict", "permissive"]
Plain: TypeAlias = Annotated[
    bool, typer.Option("--plain", help="For readers of version 1 alone: deny what a person would be asked.")
]
Site: TypeAlias = Annotated[
    str | None, typer.Option(metavar="URL", help="Take it from this published site instead of the database.")
]
Fill: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Fill in a placeholder, such as root=/srv/data; may be repeated."),
]
Target: TypeAlias = Annotated[
    str | None,
    typer.Option("--target", metavar="NAME", help="Write it for this client or gateway; --targets lists them."),
]
KnownAs: TypeAlias = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="The server's name there; without it, the last part of SERVER."),
]
Merge: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write it into this file of that client or gateway, and keep the rest of it."),
]
Out: TypeAlias = Annotated[Path | None, typer.Option(metavar="FILE", help="Write to this new file, not to stdout.")]
_DEFAULT = "recommend"
_LIST = "targets"


class _Commands(TyperGroup):
    """Takes `catalogue policy SERVER` for `catalogue policy recommend SERVER`, and `--targets` for `targets`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args[:1] == [f"--{_LIST}"]:
            args = [_LIST, *args[1:]]
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named or not args else [_DEFAULT, *args])


app = typer.Typer(
    cls=_Commands,
    help="Recommend a policy, export it to clients and gateways, check, try and compare.\n\n"
    "`catalogue policy SERVER` is short for `catalogue policy recommend SERVER`, and `catalogue policy --targets` for"
    " `catalogue policy targets`.",
)


@app.command(_DEFAULT)
def recommend(
    server: Annotated[str, typer.Argument(metavar="SERVER", help="The server's name in the catalogue.")],
    tool: Annotated[
        str | None, typer.Argument(metavar="TOOL", help="One of its tools; without it, the whole server's policy.")
    ] = None,
    posture: Annotated[Posture, typer.Option(help="How much to let through.")] = "recommended",
    fill: Fill = None,
    plain: Plain = False,
    target: Target = None,
    known_as: KnownAs = None,
    merge: Merge = None,
    out: Out = None,
    site: Site = None,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Print the recommended policy as JSON, or in the words of a client or a gateway.

    A tool's policy rules that tool and leaves the rest of its server alone; a server's names every tool and denies what
    it does not name. What a person has to fill in is said on stderr; until then it denies.
    """
    from catalogue.policies.placeholders import read_filling

    filling = read_filling(fill or [])
    destination = policy_export.destination(target, known_as, server, merge, out)
    if site is not None and posture == "recommended" and not fill:
        found = _published(site, server, tool)
    else:
        found = _recommend(site, database, server, tool, posture, filling)
    policy_export.write_policy(found, destination, approvals=not plain)
    policy_files.say_unfilled(found)


app.command(_LIST)(policy_export.targets)
app.command("check")(policy_files.check)
app.command("try")(policy_files.try_)
app.command("diff")(policy_files.diff)


def _published(site: str, server: str, tool: str | None) -> Policy:
    from catalogue.cli.published import fetch_policy

    return fetch_policy(site, server, tool)


def _recommend(
    site: str | None, database: str, server: str, tool: str | None, posture: Posture, filling: Filling
) -> Policy:
    """By the rules of this version; a site is only asked for definitions."""
    from catalogue.policies.recommend import requested_policy
    from classifier.ruleset import load

    ruleset = load()
    if site is not None:
        from catalogue.cli.published import fetch_definitions

        found = fetch_definitions(site, server, tool)
        judged = [(name, definition, ruleset.judge(definition)) for name, definition in found]
    else:
        from catalogue.cli.lookup import find_tools

        rows = find_tools(database, ruleset, server, tool)
        judged = [(row.name, row.definition, row.verdict) for row in rows if row.verdict]
    return requested_policy(judged, tool, posture, filling)
