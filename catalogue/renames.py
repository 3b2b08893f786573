"""Which tools of a server went and came at the same moment under another name. Pure: knows no database and no rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from catalogue.values import ToolEvent
from classifier.tool import definition_digest

_Key: TypeAlias = tuple[bool, datetime, str]


def with_other_names(events: Sequence[ToolEvent]) -> Iterator[ToolEvent]:
    """Yield the events of one server, those of a renamed tool with its other name.

    A tool is renamed when all but its name is as it was. Where several are alike, none is taken for another.
    """
    keys = [_key(event) for event in events]
    named: dict[_Key, list[str]] = defaultdict(list)
    for event, key in zip(events, keys, strict=True):
        if key is not None:
            named[key].append(event.tool)
    for event, key in zip(events, keys, strict=True):
        others = named.get((not key[0], *key[1:]), []) if key is not None else []
        alone = key is not None and len(named[key]) == len(others) == 1
        yield replace(event, other_name=others[0]) if alone else event


def _key(event: ToolEvent) -> _Key | None:
    """Return whether the tool came, when, and what it is but for its name; `None` for one that stays."""
    there = event.after or event.before
    if there is None or (event.before and event.after):
        return None
    return event.after is not None, event.at, definition_digest({**there.definition, "name": ""})
