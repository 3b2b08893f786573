"""Merges an export into a file of its target that stands there already. Knows no disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from catalogue.editing.documents import merged, read_data
from catalogue.editing.edits import EditError
from catalogue.errors import CatalogueError
from catalogue.policies.place import closest, shown
from catalogue.policies.targets.export import Export
from catalogue.policies.targets.looseness import Loose
from catalogue.policies.targets.target import ExportTarget

_MOST_NAMED = 8


class Merged(NamedTuple):
    """A file with an export in it, and what else in it lets pass more than the export."""

    data: bytes
    loose: tuple[Loose, ...]


def merge(made: Export, target: ExportTarget, server: str, data: bytes) -> Merged:
    """The file with the export in it, and with everything else that it held. Merging again changes nothing.

    Raises `CatalogueError` for a file that is not of the target's form, and where the server is not in it.
    """
    if isinstance(made.content, str):
        raise CatalogueError(f"what {target.title} reads is a file of its own, nothing is merged into it", "--out FILE")
    if target.entry is not None:
        _find(read_data(target.form, data), target.entry(server), target)
    after = merged(target.form, data, made.content)
    return Merged(after, tuple(target.looser(read_data(target.form, after), made.policy, server)))


def _find(found: object, path: tuple[str, ...], target: ExportTarget) -> None:
    """Raise where the server has no entry: one that holds only its rules would be of no use to the client."""
    *above, server = path
    for key in above:
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    if isinstance(found, Mapping) and server in found:
        return
    names = [str(name) for name in found] if isinstance(found, Mapping) else []
    near = closest(server, tuple(names))
    known = ", ".join(shown(name) for name in ([near] if near else names[:_MOST_NAMED]))
    raise EditError(
        f"{'.'.join(above)} has no server {shown(server)}, so {target.title} would not know what to do with its rules",
        f"name the one that is meant: --as {known}" if known else "add the server to the client first",
    )
