"""`catalogue policy --target` and `--targets`: a policy in the words of a client or a gateway, and which there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from catalogue.cli.options import AsFormat, Format
from catalogue.cli.terminal import json_text, say, show_table, write
from catalogue.editing.edits import EditError
from catalogue.errors import CatalogueError

if TYPE_CHECKING:
    from catalogue.policies.document import Policy
    from catalogue.policies.targets.export import Export
    from catalogue.policies.targets.needs import Loss
    from catalogue.policies.targets.target import ExportTarget

_MOST_NAMED = 3


class Destination(NamedTuple):
    """Where a policy goes: into a file that is there, into a new one, or to stdout.

    `target` is the client or gateway (`None`: the document goes as it is), `server` the server's name there.
    """

    target: ExportTarget | None
    server: str
    merge: Path | None
    out: Path | None


def destination(
    target: str | None, known_as: str | None, server: str, merge: Path | None, out: Path | None
) -> Destination:
    """What the options say. Raises CatalogueError for an unknown target, before anything is read."""
    if target is None and (merge or known_as is not None):
        raise typer.BadParameter("it says which client or gateway is meant", param_hint="--target")
    if target is None:
        return Destination(None, server, merge, out)
    from catalogue.policies.targets.export import usual_name
    from catalogue.policies.targets.table import target_named

    name = usual_name(server) if known_as is None else known_as
    return Destination(target_named(target), name, merge, out)


def write_policy(policy: Policy, to: Destination, *, approvals: bool) -> None:
    """Print the policy, or write it, and say on stderr what its target cannot say."""
    from catalogue.policies import document

    if to.target is None:
        written = document.to_json(policy if approvals else document.plain(policy))
        _write_new(json_text(written), to.out)
        return
    from catalogue.policies.targets.export import export

    made = export(policy, to.target, to.server, approvals=approvals)
    if to.merge is not None:
        _merge(made, to.target, to, to.merge)
    else:
        _write_new(made.text(to.target), to.out)
    for loss in made.losses:
        say(f"cannot say {loss_line(loss)}")
    if to.merge is None:
        say(f"belongs in {to.target.file}")


def _write_new(text: str, out: Path | None) -> None:
    if out is not None and out.is_file():
        raise CatalogueError(f"{out} is there already; expected a new file", "--merge FILE keeps what stands in it")
    write(text.removesuffix("\n").split("\n"), out)


def _merge(made: Export, target: ExportTarget, to: Destination, file: Path) -> None:
    from catalogue.editing import files
    from catalogue.policies.place import shown
    from catalogue.policies.targets.merge import merge

    before = files.read(file)
    try:
        after, loose = merge(made, target, to.server, before)
    except EditError as error:
        raise CatalogueError(f"nothing is merged into {file}: {error}", error.tip) from error
    if to.out is not None:
        files.create(to.out, after)
    elif after == before:
        say(f"{file} says this already")
    else:
        files.replace(file, before, after)
        say(f"merged into {file}")
    for one in loose:
        say(f"{file} has {one.place} {shown(one.entry)} besides, which lets pass {one.passes}")


def loss_line(loss: Loss) -> str:
    """One line for a loss: what, what is done instead, and to which tools."""
    from catalogue.policies.targets.needs import MEANINGS

    named = ", ".join(loss.tools[:_MOST_NAMED])
    more = f" and {len(loss.tools) - _MOST_NAMED:,} more" if len(loss.tools) > _MOST_NAMED else ""
    return f"{loss.need} ({MEANINGS[loss.need]}): {loss.instead}{f' ({named}{more})' if named else ''}"


def targets(as_format: AsFormat = Format.TABLE) -> None:
    """List the clients and gateways that a policy can be exported to, and what they cannot say.

    A word in a column is what happens there instead of what the policy says, and never looser than that; where a person
    can let something pass that the policy denies, or a tool is left to the target's own ways, the word ends with a !.
    The last column but one names the package that our tests run the files in, if there is one.
    """
    from catalogue.policies.targets.description import cell, described
    from catalogue.policies.targets.needs import Need
    from catalogue.policies.targets.table import TARGETS

    if as_format is Format.JSON:
        write([json_text([described(target) for target in TARGETS.values()])])
        return
    rows = [
        (target.name, *(cell(target, need) for need in Need), target.checked_with, target.file)
        for target in TARGETS.values()
    ]
    show_table(("target", *Need, "checked with", "file"), rows)
