"""Exports a policy to a target: the one way from a document to the content of a client's or a gateway's file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catalogue.editing.documents import written
from catalogue.errors import CatalogueError
from catalogue.policies.document import Policy
from catalogue.policies.place import shown
from catalogue.policies.targets.lowering import Abilities, lower
from catalogue.policies.targets.naming import name_tools
from catalogue.policies.targets.needs import Loss, Need
from catalogue.policies.targets.target import Content, ExportTarget, exact


@dataclass(frozen=True, slots=True)
class Export:
    """What goes into the target's file, the policy that this says, and what that says less than the one asked for."""

    content: Content
    policy: Policy
    losses: tuple[Loss, ...]

    def text(self, target: ExportTarget) -> str:
        """A new file of the target."""
        return self.content if isinstance(self.content, str) else written(target.form, self.content)


def export(policy: Policy, target: ExportTarget, server: str, *, approvals: bool = True) -> Export:
    """Write a policy for a target that knows its server as `server`.

    `approvals`: a person is there to be asked; else everything that would be asked is denied. Raises CatalogueError for
    a name that the target cannot have, and for a target that can only ask.
    """
    fault = target.server_fault(server) or (None if exact(server) else "expected a name of visible characters")
    if fault:
        raise CatalogueError(
            f"{target.title} cannot have a server called {shown(server)}: {fault}",
            "name it as the client does: --as NAME",
        )
    abilities = target.abilities if approvals else _alone(target)
    named = name_tools(policy, target.spell, abilities, target.title)
    lowered = lower(named.policy, abilities)
    return Export(target.write(lowered.policy, server), lowered.policy, (*named.losses, *lowered.losses))


def usual_name(server: str) -> str:
    """What people call a server in a configuration: `io.github.acme/files` is `files` there."""
    return server.rstrip("/").rpartition("/")[2]


def _alone(target: ExportTarget) -> Abilities:
    says = target.abilities.says - {Need.APPROVAL}
    if Need.DENIAL not in says:
        raise CatalogueError(f"{target.title} cannot deny a tool, only ask a person about it", "leave out --plain")
    return replace(target.abilities, says=says)
