"""`catalogue flows`: which servers' tools together let a stranger's text carry private data out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Code, Database, Format
from catalogue.cli.terminal import json_text, say, show_table, visible, write

if TYPE_CHECKING:
    from catalogue.flows import Flow, Part


def flows(
    server: Annotated[
        str | None, typer.Argument(metavar="SERVER", help="Show this server's legs, whether they close a flow or not.")
    ] = None,
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """List the servers whose tools together can carry private data out.

    That takes three legs: a tool that returns text of strangers, one that returns private data, and a way out. A way
    out is certain for a tool that sends messages or goes to any URL, and possible for one that runs code.
    """
    from catalogue.cli.lookup import read_tools
    from catalogue.flows import State, flows_of, to_json
    from classifier.ruleset import load

    found = dict(flows_of(read_tools(database, load(), server)))
    if not found:
        say(f"{server or 'the catalogue'} has no tools")
        raise typer.Exit(Code.NOTHING_TO_DO)
    shown = {name: flow for name, flow in found.items() if server or flow.state is not State.OPEN}
    if as_format is Format.JSON:
        write([json_text([{"server": name, **to_json(flow)} for name, flow in shown.items()])])
    elif server:
        _show_one(shown[server])
    elif not shown:
        say("no server's tools close a flow by themselves")
    else:
        rows = [(name, flow.state.value, *map(_names, flow.legs.values())) for name, flow in shown.items()]
        show_table(("server", "flow", "strangers' text", "private data", "way out"), rows)


def _names(parts: Iterable[Part]) -> str:
    from catalogue.flows import names_of

    return names_of([part.tool for part in parts])


def _show_one(flow: Flow) -> None:
    from catalogue.flows import sentences

    rows = [
        (leg.value, part.tool, part.signal, " … ".join(one.quote for one in part.evidence if one.quote))
        for leg, parts in flow.legs.items()
        for part in parts
    ]
    show_table(("leg", "tool", "signal", "words"), rows)
    write(map(visible, sentences(flow)))
