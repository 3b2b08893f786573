"""What an export target is. Knows no particular one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from catalogue.editing.edits import Edit, Path
from catalogue.editing.forms import Form
from catalogue.invisible import HIDDEN
from catalogue.policies.document import Policy
from catalogue.policies.targets.looseness import Loose, nothing
from catalogue.policies.targets.lowering import Abilities
from catalogue.policies.targets.needs import Need

_HIDDEN = re.compile(HIDDEN)
Content: TypeAlias = tuple[Edit, ...] | str
"""What stands in the file: edits, for a file that others write in, too, or else the whole text of a file of its own."""


class Kind(StrEnum):
    """Where a target's rules hold."""

    CLIENT = "client"  # in the program that the agent runs in
    GATEWAY = "gateway"  # between any client and the server


def exact(name: str) -> str | None:
    """The name as it is; `None` for one that no file can hold for people to read."""
    return name if name and not _HIDDEN.search(name) and name.isprintable() else None


def any_server(_: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """One client or gateway.

    `write` gets a policy that `abilities` can say, with names as `spell` returns them, and the server's name there;
    what it returns says exactly that policy. `spell` gives the name under which the target knows a tool, `None` if it
    cannot name it; `server_fault` what is wrong with a server's name, `None` if nothing is. `notes` say what a person
    has to know about a need: what is said only in part, and what the target does of its own accord. `entry` is where
    the server itself stands in the file, for a target that has it there: without it, the file would be no good.
    `checked_with` is the package in which our tests run what is written: the target's own, or one of the language that
    its rules are in; "" where there is none to be had, and `source` is all that they go by.
    `looser` gets what stands in a file with the policy merged into it, and tells which other entries let pass more.
    """

    name: str
    title: str
    kind: Kind
    file: str
    form: Form
    source: str
    abilities: Abilities
    write: Callable[[Policy, str], Content]
    checked_with: str = ""
    spell: Callable[[str], str | None] = exact
    server_fault: Callable[[str], str | None] = any_server
    entry: Callable[[str], Path] | None = None
    looser: Callable[[Any, Policy, str], Iterable[Loose]] = nothing
    notes: Mapping[Need, str] = field(default_factory=dict)
