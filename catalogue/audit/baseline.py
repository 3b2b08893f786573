"""The remarks that somebody looked at and accepts, with a reason and a day on which they want to look again.

A baseline is TOML: a table `[[accepted]]` for each entry, with `server`, `remark` (a kind of remark, a category or a
signal), `reason`, `expires` and, to mean one tool or one client alone, `tool` and `client`. What is not about one
server, as a flow, is accepted by an entry without `server`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from catalogue.audit.report import Accepted, Kind, Remark
from catalogue.errors import CatalogueError
from classifier.verdict import SIGNALS, Category
from crawler.records import SourceError
from crawler.spiders.toml_text import read_toml

_NEEDED = ("remark", "reason", "expires")
_MORE = ("server", "tool", "client")
_KNOWN = (*(kind.value for kind in Kind), *(category.value for category in Category), *SIGNALS)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry; `tool` and `client` are `None` where it means all of them."""

    number: int
    server: str
    remark: str
    reason: str
    expires: date
    tool: str | None
    client: str | None

    def covers(self, remark: Remark) -> bool:
        return (
            self.server == remark.server
            and self.remark in remark.words
            and self.tool in (None, remark.tool)
            and self.client in (None, remark.client)
        )


class Baseline:
    """What is accepted."""

    def __init__(self, entries: Sequence[_Entry] = ()) -> None:
        self._entries = entries

    def divide(self, remarks: Sequence[Remark], today: date) -> tuple[list[Remark], list[Accepted], list[str]]:
        """Divide remarks into those that stand and those that are accepted.

        The sentences are about entries that have expired, or that nothing matches any more.
        """
        valid = [entry for entry in self._entries if entry.expires >= today]
        accepted = {remark: entry for remark in remarks for entry in reversed(valid) if entry.covers(remark)}
        standing = [remark for remark in remarks if remark not in accepted]
        taken = [Accepted(remark, entry.reason, entry.expires) for remark, entry in accepted.items()]
        return standing, taken, list(self._notes(remarks, today))

    def _notes(self, remarks: Sequence[Remark], today: date) -> Iterator[str]:
        for entry in self._entries:
            whose = entry.server or entry.client or "no server"
            named = f"entry {entry.number} of the baseline ({whose}: {entry.remark})"
            if entry.expires < today:
                yield f"{named} expired on {entry.expires.isoformat()} and suppresses nothing"
            elif not any(entry.covers(remark) for remark in remarks):
                yield f"{named} matches nothing any more"


def read_baseline(file: Path) -> Baseline:
    """Read a baseline. Raises `CatalogueError` that names the first entry that is wrong, and how."""
    try:
        document = read_toml(file.read_bytes(), file.name)
    except OSError as error:
        raise CatalogueError(f"{file.name} cannot be read: {error.strerror or error}") from error
    except (SourceError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(str(error)) from error
    entries = document.get("accepted", [])
    if document.keys() - {"accepted"} or not isinstance(entries, list):
        raise CatalogueError(f"{file.name} has something beside [[accepted]]: expected a list of tables of that name")
    return Baseline([_entry(entry, number, file.name) for number, entry in enumerate(entries, 1)])


def _entry(entry: Any, number: int, file: str) -> _Entry:
    where = f"{file}: entry {number}"
    if not isinstance(entry, dict):
        raise CatalogueError(f"{where} is no table, expected {', '.join(_NEEDED)}")
    for key in (*_NEEDED, *(key for key in _MORE if key in entry)):
        if key != "expires" and (not isinstance(entry.get(key), str) or (not entry[key].strip() and key == "reason")):
            raise CatalogueError(f"{where} has no {key}, expected a text")
    if unknown := sorted(entry.keys() - {*_NEEDED, *_MORE}):
        raise CatalogueError(f"{where} has {', '.join(unknown)}, expected {', '.join((*_NEEDED, *_MORE))}")
    if entry["remark"] not in _KNOWN:
        raise CatalogueError(f"{where}: {entry['remark']!r} is no remark, expected one of {', '.join(_KNOWN)}")
    expires = entry.get("expires")
    if isinstance(expires, datetime) or not isinstance(expires, date):
        raise CatalogueError(f"{where} has no expires, expected a date such as 2027-01-31 without quotation marks")
    words = (entry.get("server", ""), entry["remark"], entry["reason"])
    return _Entry(number, *words, expires, entry.get("tool"), entry.get("client"))
