"""`catalogue policy check`, `try` and `diff`: what stands in a policy file, what it does, and what changed in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from catalogue.cli.options import DEFAULT_DATABASE, AsFormat, Code, Database, Format
from catalogue.cli.summary import to_json
from catalogue.cli.terminal import json_text, say, show_table, visible, write
from catalogue.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalogue.policies.document import Policy

_File: TypeAlias = Annotated[Path, typer.Argument(metavar="FILE", help="A policy; - reads stdin.")]
_STDIN = Path("-")


def check(
    file: _File,
    server: Annotated[
        str | None, typer.Option("--server", metavar="NAME", help="Check it against the tools of this server, too.")
    ] = None,
    database: Database = DEFAULT_DATABASE,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Name every fault of a policy, each with its place.

    Unknown fields, wrong values, rules that can never match, limits above wider ones, patterns that can run away; with
    --server also tools that the server lost or gained, and arguments that its tools do not take.
    """
    from catalogue.policies.parsing import load
    from catalogue.policies.validation import validate

    data = _read(file)
    found = validate(data, _tools(database, server) if server is not None else None)
    if as_format is Format.JSON:
        write([json_text(to_json(found))])
    else:  # lines and no table: a hostile file may have a hundred thousand faults
        write([visible(f"{fault.pointer or '(document)'}: {fault.message}") for fault in found] or ["no fault"])
    if not found:
        say_unfilled(load(data))
    raise typer.Exit(Code.FAILED if found else Code.DONE)


def try_(
    file: _File,
    call: Annotated[str, typer.Option("--call", metavar="TOOL", help="The tool that is called.")],
    arguments: Annotated[str, typer.Option(metavar="JSON", help="The arguments of the call, an object.")] = "{}",
    approved: Annotated[bool, typer.Option("--approved", help="As if a person had approved this call.")] = False,
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Say what a policy does to one call.

    The decision, the rule that made it as a JSON pointer, and the message. No limit is used up beforehand.
    """
    from catalogue.policies.evaluate import Evaluator

    policy = _load(file)
    decision = Evaluator(policy).decide(call, _arguments(arguments), approved=approved)
    said = {"decision": decision.outcome.value, "rule": decision.rule, "message": decision.message}
    if as_format is Format.JSON:
        write([json_text(said)])
    else:
        show_table(("decision", "rule", "message"), [tuple(said.values())])


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The policy as it was.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The policy as it is now.")],
    as_format: AsFormat = Format.TABLE,
) -> None:
    """Say what changed from one policy to another.

    A sentence for each tool and argument, and whether the change is looser or stricter.
    """
    from catalogue.policies.difference import differences

    found = differences(_load(old), _load(new))
    if as_format is Format.JSON:
        write([json_text(to_json(found))])
    elif found:
        rows = [(one.direction.value, one.tool or "(all)", one.argument, one.sentence) for one in found]
        show_table(("direction", "tool", "argument", "what"), rows)
    else:
        say("both do the same")
    raise typer.Exit(Code.DONE if found else Code.NOTHING_TO_DO)


def say_unfilled(policy: Policy) -> None:
    """Say on stderr what a person has to fill in, each name once."""
    from catalogue.policies.placeholders import MEANINGS, unfilled

    waiting = unfilled(policy)
    for blank, meaning in MEANINGS.items():
        places = [one for one in waiting if one.blank is blank]
        tools = list(dict.fromkeys(one.tool for one in places))
        if tools:
            more = f" and {len(tools) - 1:,} more" if len(tools) > 1 else ""
            say(f"to fill in: {blank}, {meaning}; until then calls of {tools[0]}{more} are denied")


def _read(file: Path) -> bytes:
    from catalogue.policies.decoding import LARGEST_FILE

    try:
        if file == _STDIN:
            return typer.get_binary_stream("stdin").read(LARGEST_FILE + 1)
        with file.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CatalogueError(f"cannot read {file}: {error.strerror or error}") from error


def _load(file: Path) -> Policy:
    from catalogue.policies.document import PolicyError
    from catalogue.policies.parsing import load

    try:
        return load(_read(file))
    except PolicyError as error:
        raise CatalogueError(f"{file}: {error}", f"`catalogue policy check {file}` lists all faults") from error


def _arguments(text: str) -> Any:
    from catalogue.policies.decoding import decode

    decoded = decode(text.encode("utf-8", "surrogateescape"))
    if decoded.faults or not isinstance(decoded.value, dict):
        reason = decoded.faults[0].message if decoded.faults else "expected an object"
        raise CatalogueError(
            f"the arguments cannot be used: {reason}", 'give them as JSON: --arguments \'{"path": "a"}\''
        )
    return decoded.value


def _tools(database: str, server: str) -> Mapping[str, Mapping[str, Any]]:
    from catalogue.cli.lookup import find_tools
    from classifier.ruleset import load

    return {row.name: row.definition for row in find_tools(database, load(), server)}
