"""`catalogue policy --target` and `--targets`: a policy in the words of a client or a gateway, and which there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catalogue.cli.options import AsFormat, Format
from catalogue.cli.terminal import json_text, say, show_table, write

if TYPE_CHECKING:
    from catalogue.policies.document import Policy
    from catalogue.policies.targets.needs import Loss

_MOST_NAMED = 3


def export_policy(
    policy: Policy, target: str, server: str, known_as: str | None, *, approvals: bool, out: Path | None
) -> None:
    """Print what a target's file has to say, or write it, and say on stderr what was lost."""
    from catalogue.policies.targets.export import export, file_text, usual_name
    from catalogue.policies.targets.table import target_named

    chosen = target_named(target)
    made = export(policy, chosen, known_as or usual_name(server), approvals=approvals)
    write(file_text(chosen, made).removesuffix("\n").split("\n"), out)
    for loss in made.losses:
        say(f"cannot say {loss_line(loss)}")
    say(f"belongs in {chosen.file}")


def loss_line(loss: Loss) -> str:
    """One line for a loss: what, what is done instead, and to which tools."""
    from catalogue.policies.targets.needs import MEANINGS

    named = ", ".join(loss.tools[:_MOST_NAMED])
    more = f" and {len(loss.tools) - _MOST_NAMED:,} more" if len(loss.tools) > _MOST_NAMED else ""
    return f"{loss.need} ({MEANINGS[loss.need]}): {loss.instead}{f' ({named}{more})' if named else ''}"


def targets(as_format: AsFormat = Format.TABLE) -> None:
    """List the clients and gateways that a policy can be exported to: its file, and what it cannot say."""
    from catalogue.policies.targets.description import described
    from catalogue.policies.targets.table import TARGETS

    found = [described(target) for target in TARGETS.values()]
    if as_format is Format.JSON:
        write([json_text(found)])
        return
    rows = [(one["name"], one["kind"], one["file"], ", ".join(one["cannot_say"]) or "nothing") for one in found]
    show_table(("target", "kind", "file", "cannot say"), rows)
