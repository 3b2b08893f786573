"""An export target as data, for the list of them and for the documentation: what it can say, and what else it does."""

from __future__ import annotations

from typing import Any

from catalogue.policies.targets.needs import MEANINGS, Need, instead_of
from catalogue.policies.targets.target import ExportTarget


def described(target: ExportTarget) -> dict[str, Any]:
    """What a person has to know of a target before they use it, all of it from its own declaration."""
    can_say, unnamed = target.abilities.can_say, target.abilities.unnamed
    return {
        "name": target.name,
        "title": target.title,
        "kind": target.kind.value,
        "file": target.file,
        "format": target.form.value,
        "source": target.source,
        "checked_with": target.checked_with or None,
        "can_say": [need.value for need in Need if can_say(need)],
        "cannot_say": {need.value: _instead(need, target) for need in Need if not can_say(need)},
        "notes": {need.value: target.notes[need] for need in Need if need in target.notes},
        "tools_not_named": unnamed.name.lower(),
    }


def _instead(need: Need, target: ExportTarget) -> dict[str, str]:
    instead = instead_of(need, target.abilities.says, target.abilities.unnamed)
    return {"meaning": MEANINGS[need], "instead": instead.value if instead else ""}


def cell(target: ExportTarget, need: Need) -> str:
    """What the target does about a need, in a word or two; "yes": it can say it."""
    abilities = target.abilities
    instead = None if abilities.can_say(need) else instead_of(need, abilities.says, abilities.unnamed)
    return instead.short if instead else "yes"
