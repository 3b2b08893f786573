"""`catalogue explain`: why a tool has its verdict, part by part, with the words in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Database, Format, Rules
from catalogue.cli.terminal import json_text, write
from catalogue.lookup import unknown

if TYPE_CHECKING:
    from classifier.ruleset import RuleSet


Tools: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take the tool from this file (see classify), not the database.")
]


def explain(
    server: Annotated[
        str | None, typer.Argument(metavar="SERVER", help="The server's name; with --tools, the tool's name.")
    ] = None,
    tool: Annotated[str | None, typer.Argument(metavar="TOOL", help="The tool's name.")] = None,
    tools: Tools = None,
    rules: Rules = None,
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Show why a tool has its verdict.

    The verdict, the rules that fired and those that one part more would have made fire, part by part, and the words
    that matched, in place.
    """
    from catalogue.cli.explanation import show_explanation, to_json
    from classifier import explain as service
    from classifier.ruleset import load

    if (tools is None) == (server is None or tool is None) or (tools is not None and tool is not None):
        raise typer.BadParameter("give SERVER TOOL, or --tools FILE [NAME]")
    ruleset = load(rules)
    found = _in_file(tools, server) if tools else _in_database(database, ruleset, server or "", tool or "")
    explanations = [(name, service.explain(ruleset, wire)) for name, wire in found]
    if as_format is Format.JSON:
        write([json_text([{"server": name, **to_json(one)} for name, one in explanations])])
    else:
        for name, one in explanations:
            show_explanation(name, one)


def _in_database(database: str, ruleset: RuleSet, server: str, tool: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    from catalogue.cli.lookup import find_tools

    for row in find_tools(database, ruleset, server, tool):
        yield row.server, row.definition


def _in_file(file: Path, name: str | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tools of a file; those of one name when it is given."""
    from catalogue.tool_files import read_entries, to_saved_tool

    tools = [to_saved_tool(entry.value) for entry in read_entries(file) if entry.error is None]
    named = [tool for tool in tools if isinstance(tool.wire, Mapping) and isinstance(tool.wire.get("name"), str)]
    chosen = [tool for tool in named if name is None or tool.wire["name"] == name]
    if not chosen:
        raise unknown(
            f"tool in {file}", name or "", get_close_matches(name or "", [tool.wire["name"] for tool in named])
        )
    for tool in chosen:
        yield tool.server, tool.wire
