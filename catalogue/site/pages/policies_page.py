"""The context of the page about policies: postures, what a person fills in, and what each target can say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalogue.policies.placeholders import MEANINGS as BLANKS
from catalogue.policies.recommend import Posture
from catalogue.policies.targets.description import cell
from catalogue.policies.targets.needs import MEANINGS as NEEDS
from catalogue.policies.targets.needs import Instead, Need
from catalogue.policies.targets.table import TARGETS
from catalogue.policies.targets.target import ExportTarget, Kind
from catalogue.site import urls
from catalogue.site.context import Crumb
from catalogue.site.pages.server_page import web

POSTURES: Mapping[Posture, str] = {
    "strict": "shows what only reads, and hides the rest",
    "recommended": "also lets what changes or runs things be called so many times a minute, and only where it may; "
    "what destroys is hidden, and what costs money or runs the caller’s code waits for a person",
    "permissive": "the same without rates and places, and what destroys is shown and waits for a person too",
}
"""Each allows what the one before it allows, and more."""

_KINDS: Mapping[Kind, str] = {
    Kind.CLIENT: "Clients, in which the agent runs",
    Kind.GATEWAY: "Gateways, between any client and the server",
}


@dataclass(frozen=True, slots=True)
class TargetLine:
    """An export target: its name on the command line, where its rules belong, and what it does about each need.

    `cells` are words in the order of the page's `needs`; "yes": it can say it. `notes` are sentences.
    """

    id: str
    name: str
    title: str
    file: str
    source: str
    cells: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    """Everything on the page; its prose is the template's."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    crumbs: tuple[Crumb, ...]
    description: str  # of the page, for search engines
    postures: tuple[tuple[str, str], ...]  # name and what it does, strictest first
    blanks: tuple[tuple[str, str], ...]  # what a person fills in: name and meaning
    needs: tuple[tuple[str, str], ...]  # what a policy can say: word and meaning
    instead: tuple[tuple[str, str], ...]  # of what cannot be said: the word in a cell, and its meaning
    targets: tuple[tuple[str, tuple[TargetLine, ...]], ...]  # by kind


def policies_page() -> PoliciesPage:
    """Make the context."""
    return PoliciesPage(
        path=urls.POLICIES,
        twin=urls.twin(urls.POLICIES),
        crumbs=(Crumb("", "Policies"),),
        description="What a policy can say, what a person fills in, and which clients and gateways hold it.",
        postures=tuple(POSTURES.items()),
        blanks=tuple((blank.value, meaning) for blank, meaning in BLANKS.items()),
        needs=tuple((need.value, meaning) for need, meaning in NEEDS.items()),
        instead=tuple((one.short, one.value) for one in Instead),
        targets=tuple(
            (title, tuple(_line(target) for target in TARGETS.values() if target.kind is kind))
            for kind, title in _KINDS.items()
        ),
    )


def _line(target: ExportTarget) -> TargetLine:
    return TargetLine(
        id=urls.policy_target(target.name).partition("#")[2],
        name=target.name,
        title=target.title,
        file=target.file,
        source=web(target.source),
        cells=tuple(cell(target, need) for need in Need),
        notes=tuple(f"{need}: {target.notes[need]}" for need in Need if need in target.notes),
    )
